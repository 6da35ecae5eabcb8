"""On PostgreSQL a tenant's transaction sees and changes its own rows, whatever the statement says."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from revops.settings import Settings
from revops.store import Store, open_store
from revops.store.decision_tables import decision_personal
from revops.store.metadata import file_of, metadata
from revops.store.tables import actions, leak_reasons
from tests.revops.store.filled import TABLES, fill, put, row
from tests.revops.store.fixtures import make_settings, new_database

PROTECTED = [name for name, table in TABLES.items() if "tenant_id" in table.c]
CHANGEABLE = [name for name in PROTECTED if not TABLES[name].info.get("append_only")]


@pytest.fixture(scope="module")
def filled_address(postgres_server: str, postgres_template: str) -> str:
    """A database for all tests here: what they change they change back."""
    return new_database(postgres_server, "isolation", postgres_template)


@pytest.fixture(scope="module")
def filled(filled_address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two tenants with a row in every table."""
    with open_store(make_settings(tmp_path_factory.mktemp("home"), "", filled_address)) as store:
        fill(store, "acme")
        fill(store, "rival")
        yield store


def seen(connection: Connection, name: str) -> set[str]:
    return set(connection.scalars(select(TABLES[name].c.tenant_id)))


def test_every_table_with_a_tenant_has_a_forced_policy(postgres_store: Store) -> None:
    query = text(
        "select c.relname from pg_class c join pg_policies p on p.tablename = c.relname and p.schemaname = 'public' "
        "where c.relrowsecurity and c.relforcerowsecurity and p.cmd = 'ALL' and p.permissive = 'PERMISSIVE' "
        "group by c.relname having count(*) = 1"
    )
    with postgres_store.everyone(is_read_only=True) as connection:
        assert set(connection.scalars(query)) == set(PROTECTED)


@pytest.mark.parametrize("name", PROTECTED)
def test_a_query_without_a_filter_shows_no_other_tenant(filled: Store, name: str) -> None:
    file = file_of(TABLES[name])
    with filled.tenant("acme", file=file, is_read_only=True) as connection:
        assert seen(connection, name) == {"acme"}
    with filled.tenant("nobody", file=file, is_read_only=True) as connection:
        assert seen(connection, name) == set()
    with filled.everyone(file=file, is_read_only=True) as connection:
        assert seen(connection, name) >= {"acme", "rival"}


@pytest.mark.parametrize("name", CHANGEABLE)
def test_no_statement_changes_another_tenants_row(filled: Store, name: str) -> None:
    table = TABLES[name]
    with filled.tenant("acme") as connection:
        assert connection.execute(update(table).values(tenant_id="acme")).rowcount == 1
        other = table.c.tenant_id == "rival"
        assert connection.execute(update(table).where(other).values(tenant_id="acme")).rowcount == 0
        assert connection.execute(delete(table).where(other)).rowcount == 0


@pytest.mark.parametrize("name", PROTECTED)
def test_nobody_writes_a_row_into_another_tenant(filled: Store, name: str) -> None:
    with (
        pytest.raises(DBAPIError, match="row-level security"),
        filled.tenant("acme") as connection,
    ):
        connection.execute(insert(TABLES[name]).values(row(TABLES[name], "third")))


def test_a_connection_that_names_no_tenant_sees_nothing(filled: Store, filled_address: str) -> None:
    engine = _engine(filled_address)
    with engine.connect() as connection:
        assert {name: seen(connection, name) for name in PROTECTED} == {name: set() for name in PROTECTED}
    engine.dispose()


def test_the_tenant_is_forgotten_with_the_transaction(filled: Store) -> None:
    """The pool gives the next transaction the same connection."""
    with filled.tenant("acme") as connection:
        before = connection.connection.dbapi_connection
    with filled.tenant("", is_read_only=True) as connection:
        assert connection.connection.dbapi_connection is before
        assert seen(connection, "leaks") == set()
    with pytest.raises(ZeroDivisionError), filled.tenant("acme"):
        raise ZeroDivisionError
    with filled.tenant("", is_read_only=True) as connection:
        assert seen(connection, "leaks") == set()


def test_a_reading_transaction_writes_nothing(filled: Store) -> None:
    with pytest.raises(DBAPIError, match="read-only"), filled.tenant("acme", is_read_only=True) as connection:
        connection.execute(delete(leak_reasons))


def test_no_row_refers_into_another_tenant(store: Store) -> None:
    fill(store, "acme")
    fill(store, "rival")
    for table, values in (
        (leak_reasons, {"leak_id": "acme-leak_id", "finding_id": "f"}),
        (actions, {"leak_id": "acme-leak_id", "action_id": "a", "root_cause": "r"}),
        (decision_personal, {"number": 7, "part": "note"}),
    ):
        with pytest.raises(DBAPIError, match=r"(?i)foreign key"), store.everyone() as connection:
            put(connection, table, "rival", **values)


def test_a_superuser_is_warned_of(
    postgres_server: str,
    postgres_store: Store,
    postgres_settings: Settings,
    capsys: pytest.CaptureFixture[str],
    secret_key: str,
) -> None:
    assert postgres_settings.database_url is not None
    name = postgres_settings.database_url.get_secret_value().split("/")[3].split("?")[0]
    as_root = postgres_server.replace("/postgres?", f"/{name}?")
    with (
        open_store(make_settings(postgres_settings.leaks_home, "", as_root)) as store,
        store.tenant("nobody", is_read_only=True) as connection,
    ):
        assert connection.scalar(select(func.count()).select_from(metadata.tables["tenants"])) == 1
    assert "superuser" in capsys.readouterr().out


def _engine(address: str) -> Engine:
    return create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
