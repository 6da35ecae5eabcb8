"""Transactions are short, whole, alone, and hold no I/O."""

import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing

import duckdb
import httpx
import psycopg
import pytest
from sqlalchemy import select

from revops.settings import Settings
from revops.store import InsideTransactionError, Store, StoreAddressError, StoreUnavailableError, engine, open_store
from revops.store.engine import make_engines, sqlite_path
from revops.store.tables import audit, tenants
from revops.store.transactions import forbid_inside
from tests.revops.store.filled import AT, put
from tests.revops.store.fixtures import make_settings


def ids(store: Store) -> list[str]:
    with store.everyone(is_read_only=True) as connection:
        return list(connection.scalars(select(tenants.c.tenant_id).order_by(tenants.c.tenant_id)))


def test_an_exception_takes_everything_back(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.tenant("acme") as connection:
        put(connection, tenants, "acme")
        raise ZeroDivisionError
    assert ids(store) == ["default"]


def test_what_was_committed_is_there_for_another_process(store: Store, store_settings: Settings) -> None:
    with store.tenant("acme") as connection:
        put(connection, tenants, "acme")
    with open_store(store_settings) as other:
        assert ids(other) == ["acme", "default"]


def test_there_is_no_transaction_inside_another(store: Store) -> None:
    with pytest.raises(InsideTransactionError, match="acme"), store.tenant("acme"), store.everyone(file="inbox"):
        pass
    assert ids(store) == ["default"]


def _connect() -> None:
    with closing(socket.socket()) as one:
        one.connect(("127.0.0.1", 9))


IO: dict[str, Callable[[], object]] = {
    "httpx": lambda: httpx.get("http://127.0.0.1:9/"),
    "socket": _connect,
    "process": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "duckdb": lambda: duckdb.connect(":memory:").close(),
}


@pytest.mark.parametrize("kind", IO)
def test_io_inside_a_transaction_raises(store: Store, no_io_inside_transactions: None, kind: str) -> None:
    with (
        pytest.raises(InsideTransactionError, match="write the outcome in another transaction"),
        store.tenant("acme"),
    ):
        IO[kind]()


@pytest.mark.parametrize("kind", ["process", "duckdb"])
def test_io_outside_a_transaction_is_as_ever(store: Store, no_io_inside_transactions: None, kind: str) -> None:
    with store.tenant("acme"):
        pass
    IO[kind]()
    with pytest.raises(ZeroDivisionError), store.tenant("acme"):
        raise ZeroDivisionError
    IO[kind]()


def test_a_statement_that_names_no_tenant_is_noticed_by_the_tests(
    store: Store, statements_name_their_tenant: None
) -> None:
    with pytest.raises(AssertionError, match="no tenant in"), store.tenant("acme") as connection:
        connection.execute(select(tenants))
    assert ids(store) == ["default"]


def test_the_mark_is_of_one_thread(store: Store) -> None:
    """A worker thread may do I/O while another has a transaction open."""
    raised: list[BaseException] = []

    def other() -> None:
        try:
            forbid_inside("anything")
        except InsideTransactionError as error:
            raised.append(error)

    with store.tenant("acme"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert raised == []


def test_reading_waits_for_no_writer_and_sees_what_was_committed(store: Store) -> None:
    found: list[str] = []
    with store.tenant("acme") as connection:
        put(connection, tenants, "acme")
        thread = threading.Thread(target=lambda: found.extend(ids(store)))
        thread.start()
        thread.join(timeout=3)
        assert not thread.is_alive()
    assert found == ["default"]


def test_the_inbox_waits_for_nobody_in_the_other_file(sqlite_store: Store) -> None:
    done = threading.Event()

    def receive() -> None:
        with sqlite_store.everyone(file="inbox"):
            done.set()

    with sqlite_store.tenant("acme"):
        thread = threading.Thread(target=receive)
        thread.start()
        assert done.wait(timeout=3)
        thread.join()


def test_a_locked_file_is_a_typed_error(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 50)
    with (
        open_store(sqlite_settings, upgrade=True) as store,
        closing(sqlite3.connect(sqlite_path(sqlite_settings.leaks_home, "operations"))) as other,
    ):
        other.execute("begin immediate")
        with pytest.raises(StoreUnavailableError, match=r"database is locked.*leaks db check"), store.tenant("acme"):
            pass
        other.rollback()
        with store.tenant("acme") as connection:
            put(connection, audit, "acme")


def test_a_full_disk_is_a_typed_error_and_leaves_what_was_there(sqlite_store: Store) -> None:
    with (
        pytest.raises(StoreUnavailableError, match=r"disk is full.*its disk has room"),
        sqlite_store.tenant("acme") as connection,
    ):
        connection.exec_driver_sql("pragma max_page_count = 1")
        put(connection, tenants, "acme", name="x" * 1_000_000)
    assert ids(sqlite_store) == ["default"]


def test_a_server_that_ends_in_the_middle_is_a_typed_error_and_nothing_was_done(
    postgres_store: Store, postgres_server: str
) -> None:
    kill = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'leaks'"
    with (
        psycopg.connect(postgres_server, autocommit=True) as root,
        pytest.raises(StoreUnavailableError, match="does not answer"),
        postgres_store.tenant("acme") as connection,
    ):
        put(connection, tenants, "acme")
        root.execute(kill)
        put(connection, audit, "acme")
    assert ids(postgres_store) == ["default"]


def test_a_locked_row_is_a_typed_error(postgres_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_MS", 50)
    lock = select(tenants).with_for_update()
    with postgres_store._engines["operations"].begin() as other:
        other.exec_driver_sql("select set_config('app.tenant_id', '*', true)")
        other.execute(lock)
        with (
            pytest.raises(StoreUnavailableError, match="lock timeout"),
            postgres_store.everyone() as connection,
        ):
            connection.execute(lock)


def test_a_server_that_is_not_there_is_a_typed_error_without_the_password(sqlite_settings: Settings) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"postgresql://leaks:hunter2@127.0.0.1:{port}/leaks"
    with pytest.raises(StoreUnavailableError, match="does not answer") as raised:
        open_store(make_settings(sqlite_settings.leaks_home, "", address))
    assert "hunter2" not in str(raised.value)


def test_a_connection_that_the_server_ended_is_replaced(postgres_store: Store, postgres_server: str) -> None:
    assert ids(postgres_store) == ["default"]
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'leaks'")
    assert ids(postgres_store) == ["default"]


@pytest.mark.parametrize("address", ["mysql://u:hunter2@h/d", "sqlite:///x.db", "hunter2", "postgresql+pg8000://h/d"])
def test_an_address_of_another_kind_says_what_to_write(sqlite_settings: Settings, address: str) -> None:
    with pytest.raises(StoreAddressError, match=r"postgresql://user:password@host:5432/database") as raised:
        open_store(make_settings(sqlite_settings.leaks_home, "", address))
    assert "hunter2" not in str(raised.value)
    assert raised.value.exit_code == 2


def test_an_engine_never_shows_its_password(sqlite_settings: Settings) -> None:
    settings = make_settings(sqlite_settings.leaks_home, "", "postgres://leaks:hunter2@127.0.0.1/leaks")
    assert "hunter2" not in repr(make_engines(settings)) + repr(settings)


def test_values_are_in_no_error(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)not.null|hidden") as raised, store.tenant("acme") as connection:
        put(connection, tenants, "acme", name=None, created_at=AT)
    assert "parameters hidden" in str(raised.value)
