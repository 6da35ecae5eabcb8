"""What nobody does at once is done on schedule: an expiry that is configured and never runs is none."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.outgoing import Outgoing
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from revops.bootstrap_outgoing import TakingOut, taking_out
from revops.domain.action import Draft
from revops.service.dispatch import Dispatched
from revops.settings import Settings
from revops.store import Store
from revops.store.actions import Actions
from revops.store.errors import StoreUnavailableError
from revops.store.leaks import Leaks
from revops.store.signing_keys import load_signer
from revops.store.tenants import Tenants
from tests.revops.owing import new_leak

pytestmark = [
    pytest.mark.pipeline,
    # Dagster reads pydantic's old names.
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20"),
]

DRAFT = Draft(
    kind="retry_invoice",
    moves_money=True,
    amount_minor=2900,
    currency="usd",
    customer_id="cus_1",
    not_before=None,
    body={"invoice": "in_1"},
    facts={},
    why=(),
    what_happens="",
    amount_reporting_minor=2900,
)


@pytest.fixture
def home(sqlite_store: Store, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Actions:
    """A proposal that expired an hour ago."""
    key = sqlite_settings.leaks_secret_key
    assert key is not None
    monkeypatch.setenv("LEAKS_HOME", str(sqlite_settings.leaks_home))
    monkeypatch.setenv("LEAKS_SECRET_KEY", key.get_secret_value())
    now = datetime.now(UTC)
    Tenants(sqlite_store).add("acme", None, actor="test", at=now)
    leaks, actions = Leaks(sqlite_store), Actions(sqlite_store, load_signer(sqlite_settings))
    [opened] = leaks.open("acme", [new_leak("in_1")], actor="test", at=now)
    [leak] = leaks.get("acme", [opened.leak_id])
    assert actions.draft(leak, DRAFT, expires_at=now - timedelta(hours=1), at=now - timedelta(days=7))
    return actions


def parts(
    take_out: Callable[[str], Dispatched] = lambda _tenant: Dispatched(),
    open_leaks: Callable[[str], object] = lambda _tenant: None,
    tenants: Callable[[], list[str]] = list,
) -> TakingOut:
    """What goes out, of which a test looks at one part."""
    return TakingOut(take_out, open_leaks, lambda: None, tenants)


def status(actions: Actions) -> str:
    [action] = actions.read("acme")
    return action.status


def test_the_schedule_runs_by_default_and_expires_what_nobody_decided_on(home: Actions) -> None:
    from dagster_project.definitions import defs

    schedule = defs.resolve_schedule_def("half_hourly_outgoing")
    assert (schedule.job_name, schedule.default_status) == ("outgoing", dg.DefaultScheduleStatus.RUNNING)
    assert defs.resolve_job_def("outgoing").execute_in_process().success
    assert status(home) == "expired"


def test_the_worker_does_so_at_once(home: Actions, sqlite_store: Store, sqlite_settings: Settings) -> None:
    told: list[str] = []
    Outgoing(
        taking_out(sqlite_store, sqlite_settings), sqlite_settings.leaks_home, lambda: told.append("people")
    ).once()
    assert status(home) == "expired"
    assert told == ["people", "people"]


def test_leaks_that_waited_for_an_answer_end_when_it_is_there_and_the_warehouse_is_free(tmp_path: Path) -> None:
    looked: list[str] = []
    answers = [Dispatched({"done": 1}), Dispatched({"unknown": 1}), Dispatched()]
    outgoing = Outgoing(parts(lambda _tenant: answers.pop(0), looked.append, lambda: ["acme"]), tmp_path)
    with writer_lock(Profile(tmp_path, tenant_id="acme")):
        assert outgoing.once() == []
        assert looked == []
    outgoing.once()
    outgoing.once()
    assert looked == ["acme"]


def test_one_tenants_failure_holds_up_no_other_and_is_tried_again(tmp_path: Path) -> None:
    done: list[str] = []

    def take_out(tenant_id: str) -> Dispatched:
        done.append(tenant_id)
        if tenant_id == "broken":
            raise ValueError("bad row")
        return Dispatched()

    outgoing = Outgoing(parts(take_out, tenants=lambda: ["broken", "sound"]), tmp_path)
    assert outgoing.once() == ["tenant broken"]
    assert outgoing.once() == ["tenant broken"]
    assert done == ["broken", "sound", "sound"], "what failed waits a moment"


def test_a_store_that_is_away_ends_nothing(tmp_path: Path) -> None:
    def away() -> list[str]:
        raise StoreUnavailableError("gone")

    assert Outgoing(parts(tenants=away), tmp_path).once() == ["store"]


def test_a_run_of_the_backstop_that_could_not_do_all_says_so(home: Actions, monkeypatch: pytest.MonkeyPatch) -> None:
    from dagster_project.definitions import defs

    monkeypatch.setattr(Outgoing, "once", lambda _self: ["tenant acme"])
    with pytest.raises(dg.Failure, match="Failed: tenant acme"):
        defs.resolve_job_def("outgoing").execute_in_process()


def test_it_ends_when_it_is_told_to(tmp_path: Path) -> None:
    stop = threading.Event()
    outgoing = Outgoing(parts(), tmp_path, stop.set)
    outgoing.run(stop)
    assert stop.is_set()
