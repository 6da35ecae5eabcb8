"""The worker takes each event until its leaks are open, and no tenant waits for another's trouble."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from pydantic import SecretStr

from dagster_project import worker as module
from dagster_project.batch import BatchOutcome
from dagster_project.batch_log import BatchLog
from dagster_project.worker import GIVEN_UP_AFTER, SUSPECT_AFTER, Worker
from ingestion.errors import StripeUnavailableError
from ingestion.profile import Profile
from ingestion.stripe.events.delivered import BatchReport
from revops.bootstrap import worker as parts_of
from revops.domain.connect import ConnectedAccount
from revops.domain.received import ReceivedEvent
from revops.settings import Settings
from revops.store import Store
from revops.store.errors import StoreUnavailableError
from revops.store.inbox import Inbox
from revops.store.integrations import Integrations
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLog
from revops.store.tenants import Tenants
from tests.revops.store.test_inbox import states

AT = datetime(2026, 10, 1, 12, tzinfo=UTC)
Taking = Callable[[str, list[str]], None]


class Taken:
    """Stands in for landing and building: notes who brought which events, and does what a test wants."""

    def __init__(self, do: Taking = lambda _tenant, _ids: None) -> None:
        self.batches: list[tuple[str, list[str]]] = []
        self._do = do

    def take(self, profile: Profile, _source: Any, bodies: Sequence[bytes], step: Callable[[str], None]) -> Any:
        ids = [body.decode() for body in bodies]
        self.batches.append((profile.tenant_id, ids))
        self._do(profile.tenant_id, ids)
        step("landed")
        return BatchOutcome(BatchReport(), None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, leaks_home=tmp_path / "home")


def receive(store: Store, *ids: str, tenant: str = "default") -> None:
    Inbox(store).append(
        [ReceivedEvent(tenant, "live", "stripe", one, "invoice.paid", None, None, AT, AT, one.encode()) for one in ids]
    )


def working(settings: Settings, store: Store, taken: Taken, **more: Any) -> Worker:
    return Worker(settings, parts_of(store, settings), taken, **more)  # type: ignore[arg-type]


def test_a_batch_is_what_waits_in_order_and_ends_done(settings: Settings, sqlite_store: Store) -> None:
    receive(sqlite_store, "a", "b")
    steps: list[tuple[str, str]] = []
    taken = Taken()
    working(settings, sqlite_store, taken, step=lambda *step: steps.append(step)).drain()
    assert taken.batches == [("default", ["a", "b"])]
    assert states(sqlite_store) == {"a": "done", "b": "done"}
    assert [name for _, name in steps] == ["claimed", "landed", "opened", "marked"]


def test_what_an_ended_worker_had_landed_is_taken_again(settings: Settings, sqlite_store: Store) -> None:
    receive(sqlite_store, "a")
    (one,) = Inbox(sqlite_store).claim("default", 1)
    Inbox(sqlite_store).mark_landed("default", [one.sequence], AT)
    taken = Taken()
    working(settings, sqlite_store, taken).drain()
    assert taken.batches == [("default", ["a"])]
    assert states(sqlite_store) == {"a": "done"}


def test_a_tenants_failure_leaves_its_events_and_holds_up_nobody(settings: Settings, sqlite_store: Store) -> None:
    def fail(tenant: str, _ids: list[str]) -> None:
        if tenant == "acme":
            raise StripeUnavailableError("Stripe is away")

    receive(sqlite_store, "a", tenant="acme")
    receive(sqlite_store, "b")
    working(settings, sqlite_store, Taken(fail)).drain()
    assert states(sqlite_store) == {"b": "done"}
    assert states(sqlite_store, "acme") == {"a": "received"}


def test_while_stripe_is_away_nothing_is_given_up(settings: Settings, sqlite_store: Store) -> None:
    def fail(_tenant: str, _ids: list[str]) -> None:
        raise StripeUnavailableError("Stripe is away")

    receive(sqlite_store, "a")
    away = working(settings, sqlite_store, Taken(fail))
    for _ in range(3 * GIVEN_UP_AFTER):
        away.drain()
    assert states(sqlite_store) == {"a": "received"}
    working(settings, sqlite_store, Taken()).drain()
    assert states(sqlite_store) == {"a": "done"}


def test_an_event_that_always_fails_is_found_alone_and_given_up(settings: Settings, sqlite_store: Store) -> None:
    def fail(_tenant: str, ids: list[str]) -> None:
        if "poison" in ids:
            raise RuntimeError("a fault of ours")

    receive(sqlite_store, "a", "poison", "b")
    taken = Taken(fail)
    suffering = working(settings, sqlite_store, taken)
    for _ in range(4 * GIVEN_UP_AFTER):
        suffering.drain()
    assert states(sqlite_store) == {"a": "done", "poison": "failed", "b": "done"}
    assert len(taken.batches[0][1]) == 3
    assert all(len(ids) == 1 for _, ids in taken.batches[SUSPECT_AFTER + 1 :])


def test_tenants_are_taken_side_by_side(settings: Settings, sqlite_store: Store) -> None:
    """Each waits inside its batch until the other is in its own."""
    both = threading.Barrier(2, timeout=20)
    stop = threading.Event()
    done: set[str] = set()

    def step(tenant: str, name: str) -> None:
        if name == "marked":
            done.add(tenant)
            if len(done) == 2:
                stop.set()

    receive(sqlite_store, "a", tenant="acme")
    receive(sqlite_store, "b", tenant="rival")
    worker = working(settings, sqlite_store, Taken(lambda *_: both.wait() and None), step=step)
    worker.run(stop)
    assert done == {"acme", "rival"}


def test_a_tenant_that_fails_is_left_alone_for_a_while(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 3600.0)
    stop = threading.Event()

    def fail(tenant: str, _ids: list[str]) -> None:
        if tenant == "acme":
            raise StripeUnavailableError("Stripe is away")
        receive(sqlite_store, f"b{len(taken.batches)}", tenant="rival")
        if len(taken.batches) > 4:
            stop.set()

    receive(sqlite_store, "a", tenant="acme")
    receive(sqlite_store, "b", tenant="rival")
    taken = Taken(fail)
    working(settings, sqlite_store, taken).run(stop)
    assert [tenant for tenant, _ in taken.batches].count("acme") == 1


def test_a_run_that_holds_the_warehouse_is_waited_for(settings: Settings, sqlite_store: Store) -> None:
    from ingestion.lock import writer_lock

    receive(sqlite_store, "a")
    taken = Taken()
    worker = working(settings, sqlite_store, taken)
    with writer_lock(Profile(settings.leaks_home)):
        waiting = threading.Thread(target=worker.drain)
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive()
        receive(sqlite_store, "b")
    waiting.join(timeout=20)
    assert taken.batches == [("default", ["a", "b"])], "what came meanwhile is in the same batch"


def connect(store: Store, at: datetime) -> None:
    Tenants(store).add("acme", None, actor="ada", at=at)
    account = ConnectedAccount("acct_1", "live")
    Integrations(store, Secrets(None)).connect_account("acme", account, actor="ada", at=at)


def deauthorise(store: Store, at: datetime) -> None:
    told = ("acme", "live", "stripe", "evt_1", "account.application.deauthorized", "ca_1", "acct_1", at, at, b"evt_1")
    Inbox(store).append([ReceivedEvent(*told)])


def test_an_account_whose_owner_ended_our_access_is_asked_nothing_more(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    class Looking(Taken):
        def take(self, profile: Profile, source: Any, bodies: Sequence[bytes], step: Callable[[str], None]) -> Any:
            asked.append(source.stripe_account)
            return super().take(profile, source, bodies, step)

    platform = settings.model_copy(update={"stripe_connect_api_key": SecretStr("sk_" + "live_of_the_platform")})
    connect(sqlite_store, AT)
    receive(sqlite_store, "a", tenant="acme")
    working(platform, sqlite_store, Looking()).drain()
    deauthorise(sqlite_store, AT)
    working(platform, sqlite_store, Looking()).drain()
    assert asked == ["acct_1", None]
    assert states(sqlite_store, "acme") == {"a": "done", "evt_1": "done"}
    newest = SecurityLog(sqlite_store).search("acme")[0]
    assert (newest.event, newest.detail["reason"]) == ("integration_disconnected", "deauthorised in Stripe")


def test_a_late_word_of_the_end_does_not_end_what_was_connected_since(settings: Settings, sqlite_store: Store) -> None:
    connect(sqlite_store, AT + timedelta(hours=1))
    deauthorise(sqlite_store, AT)
    working(settings, sqlite_store, Taken()).drain()
    assert [one.account_id for one in Integrations(sqlite_store, Secrets(None)).reading("acme")] == ["acct_1"]


def test_the_environments_account_is_the_default_tenants_alone(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "STRIPE_API_KEY": "rk_" + "live_of_default",
        "STRIPE_ACCOUNT": "acct_of_default",
        "STRIPE_EXPORT": "/exports/of/default",
    }.items():
        monkeypatch.setenv(name, value)
    sources: dict[str, Any] = {}

    class Looking(Taken):
        def take(self, profile: Profile, source: Any, bodies: Sequence[bytes], step: Callable[[str], None]) -> Any:
            sources[profile.tenant_id] = source
            return super().take(profile, source, bodies, step)

    receive(sqlite_store, "a", tenant="acme")
    receive(sqlite_store, "b")
    working(settings, sqlite_store, Looking()).drain()
    assert (sources["acme"].stripe_api_key, sources["acme"].stripe_account, sources["acme"].stripe_export) == (
        None,
        None,
        None,
    )
    assert sources["default"].stripe_account == "acct_of_default"


def test_dagster_shows_what_a_batch_did(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    receive(sqlite_store, "a", "b")
    with closing(BatchLog(settings.leaks_home)) as log:
        working(settings, sqlite_store, Taken(), report=log.note).drain()
        with dg.DagsterInstance.from_config(str(settings.leaks_home / "dagster")) as instance:
            noted = instance.get_latest_materialization_event(dg.AssetKey(["stripe", "batch"]))
    assert noted is not None
    assert noted.asset_materialization is not None
    assert noted.asset_materialization.partition == "default"
    assert noted.asset_materialization.metadata["events"].value == 2


def test_a_dagster_that_cannot_be_reached_ends_no_worker(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", "")
    receive(sqlite_store, "a")
    with closing(BatchLog(settings.leaks_home)) as log:

        def fail(_instance: object, _event: object) -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(dg.DagsterInstance, "report_runless_asset_event", fail)
        working(settings, sqlite_store, Taken(), report=log.note).drain()
    assert states(sqlite_store) == {"a": "done"}


def test_a_store_that_is_away_is_waited_for(
    settings: Settings, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_SECONDS", 0.01)
    look, answers = Inbox.tenants_waiting, [StoreUnavailableError("away"), StoreUnavailableError("still away")]

    def away(inbox: Inbox) -> list[str]:
        if answers:
            raise answers.pop()
        return look(inbox)

    monkeypatch.setattr(Inbox, "tenants_waiting", away)
    receive(sqlite_store, "a")
    stop = threading.Event()
    working(settings, sqlite_store, Taken(), step=lambda _, name: stop.set() if name == "marked" else None).run(stop)
    assert states(sqlite_store) == {"a": "done"}
