"""What the revisions make is what the tables say, on both engines, and each table belongs to a tenant."""

from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text

from revops.store import Store
from revops.store.metadata import FILES, file_of, metadata
from revops.store.tables import tenants
from tests.revops.store.filled import AT, TABLES, fill, row


def test_the_revisions_make_the_tables(store: Store) -> None:
    for file in FILES:
        mine = {name for name, table in TABLES.items() if store.is_postgres or file_of(table) == file}

        def is_mine(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
            return kind != "table" or name not in TABLES or name in mine  # noqa: B023 - used within the loop

        with store.everyone(file=file) as connection:
            context = MigrationContext.configure(connection, opts={"include_object": is_mine})
            assert compare_metadata(context, metadata) == []
            assert set(inspect(connection).get_table_names()) == mine | {"alembic_version"}


def test_the_checks_are_those_of_the_tables(store: Store) -> None:
    for name, table in TABLES.items():
        declared = {str(check.name) for check in table.constraints if str(check.name).startswith("ck_")}
        with store.everyone(file=file_of(table)) as connection:
            assert {check["name"] for check in inspect(connection).get_check_constraints(name)} == declared, name


@pytest.mark.parametrize("name", TABLES)
def test_every_table_belongs_to_a_tenant_and_never_without_one(name: str) -> None:
    assert not TABLES[name].c.tenant_id.nullable


@pytest.mark.parametrize("name", TABLES)
def test_references_stay_within_the_tenant_and_the_file(name: str) -> None:
    for constraint in TABLES[name].foreign_key_constraints:
        assert "tenant_id" in constraint.column_keys
        assert file_of(constraint.referred_table) == file_of(TABLES[name])


def test_rows_come_back_as_they_went_in(store: Store) -> None:
    fill(store, "acme")
    for name, table in TABLES.items():
        with store.tenant("acme", file=file_of(table), is_read_only=True) as connection:
            stored = connection.execute(select(table).where(table.c.tenant_id == "acme")).mappings().one()
        expected = row(table, "acme")
        assert {key: stored[key] for key in expected} == expected, name
        times = [value for value in stored.values() if isinstance(value, datetime)]
        assert {moment.tzinfo for moment in times} <= {UTC}, name


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    row = {"tenant_id": "acme", "name": "Acme", "created_at": AT.replace(tzinfo=None)}
    with pytest.raises(Exception, match="without a zone"), store.tenant("acme") as connection:
        connection.execute(tenants.insert().values(row))


def test_the_tenant_default_is_always_there(store: Store) -> None:
    with store.tenant("default", is_read_only=True) as connection:
        assert connection.scalars(select(tenants.c.tenant_id)).all() == ["default"]


@pytest.mark.parametrize("file", FILES)
def test_sqlite_survives_a_power_cut_and_checks_references(sqlite_store: Store, file: str) -> None:
    with sqlite_store.everyone(file=file, is_read_only=True) as connection:
        values = {name: connection.scalar(text(f"pragma {name}")) for name in ("journal_mode", "synchronous")}
        assert values == {"journal_mode": "wal", "synchronous": 2}
        assert connection.scalar(text("pragma foreign_keys")) == 1
        assert connection.scalar(text("pragma busy_timeout")) == 5000
