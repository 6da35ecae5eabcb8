"""The schema is made where there is none, upgraded when asked after a backup, and never touched otherwise."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text

from revops.settings import Settings
from revops.store import (
    BackupError,
    SchemaNewerError,
    SchemaOlderError,
    Store,
    StoreError,
    StoreMissingError,
    StoreUnavailableError,
    open_store,
    schema,
)
from revops.store.backup import restore
from revops.store.engine import sqlite_path
from revops.store.metadata import FILES, file_of
from revops.store.migrations import ddl
from revops.store.upgrade import Upgraded, problems, upgrade
from tests.revops.store.filled import AT, TABLES, put
from tests.revops.store.fixtures import ROLE, make_settings

EARLIER = schema.known_revisions()[:-1]
OpenNew = Callable[[Settings], Store]


def everything(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the store."""
    found = {}
    with open_store(settings) as store:
        for name, table in TABLES.items():
            with store.everyone(file=file_of(table), is_read_only=True) as connection:
                found[name] = [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
    return found


def set_revision(store: Store, revision: str) -> None:
    for file in FILES:
        with store.everyone(file=file) as connection:
            connection.execute(text("update alembic_version set version_num = :revision"), {"revision": revision})


def fill_what_is_there(settings: Settings) -> None:
    """A row in every table that an earlier schema has."""
    for file, engine in schema.make_engines(settings).items():
        with engine.begin() as connection:
            schema.show_tenant(connection, "*")
            names = inspect(connection).get_table_names()
            for name, table in TABLES.items():
                # No release wrote actions before 0006, whose columns those of today are.
                is_as_today = {column.name for column in table.columns} <= _columns(connection, name, names)
                if is_as_today and file_of(table) == file:
                    put(connection, table, "acme")
        engine.dispose()


def _columns(connection: Connection, name: str, names: list[str]) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(name)} if name in names else set()


def test_the_revisions_are_one_chain_that_the_file_names_tell() -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.SCRIPTS))
    chain = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert chain[::-1] == [*schema.known_revisions()]


def test_opening_makes_nothing_unless_it_is_asked_to(store_settings: Settings) -> None:
    with pytest.raises(StoreMissingError, match="leaks db upgrade"):
        open_store(store_settings)
    assert not store_settings.leaks_home.exists()
    open_store(store_settings, upgrade=True).close()
    open_store(store_settings).close()


def test_an_upgrade_from_nothing_makes_the_store_and_a_second_one_does_nothing(store_settings: Settings) -> None:
    assert upgrade(store_settings, AT) == Upgraded(None, schema.head(), None)
    before = everything(store_settings)
    assert upgrade(store_settings, AT) == Upgraded(schema.head(), schema.head(), None)
    assert everything(store_settings) == before


@pytest.mark.parametrize("revision", EARLIER)
def test_an_older_schema_says_what_to_do_and_is_left_alone(store_settings: Settings, revision: str) -> None:
    schema.migrate(store_settings, revision)
    for is_making in (False, True):
        with pytest.raises(SchemaOlderError, match=rf"has operations {revision}.*needed is.*`leaks db upgrade`"):
            open_store(store_settings, upgrade=is_making)
    assert set(schema.read_schema(store_settings).revisions.values()) == {revision}


@pytest.mark.parametrize("revision", EARLIER)
def test_an_upgrade_from_each_earlier_schema_keeps_every_row(store_settings: Settings, revision: str) -> None:
    schema.migrate(store_settings, revision)
    fill_what_is_there(store_settings)
    done = upgrade(store_settings, AT, with_backup=store_settings.database_url is None)
    assert (done.revision_before, done.revision) == (revision, schema.head())
    rows = everything(store_settings)
    assert len(rows["tenants"]) == 2
    assert [len(rows[name]) for name in ("integrations", "audit", "inbox", "inbox_bodies")] == [1, 1, 1, 1]
    assert list(problems(store_settings)) == []


@pytest.mark.parametrize("revision", EARLIER)
def test_a_backup_precedes_an_upgrade_and_brings_the_older_store_back(sqlite_settings: Settings, revision: str) -> None:
    schema.migrate(sqlite_settings, revision)
    fill_what_is_there(sqlite_settings)
    done = upgrade(sqlite_settings, AT)
    after = everything(sqlite_settings)
    assert done.backup == sqlite_settings.leaks_home / "backups" / f"store-20261101T123000Z-before-{schema.head()}.tar"
    restore(sqlite_settings, done.backup, AT)
    assert set(schema.read_schema(sqlite_settings).revisions.values()) == {revision}
    upgrade(sqlite_settings, AT)
    assert everything(sqlite_settings) == after


def test_postgres_is_not_upgraded_before_its_owner_made_a_backup(postgres_settings: Settings) -> None:
    schema.migrate(postgres_settings, EARLIER[0])
    with pytest.raises(BackupError, match=r"(?s)pg_dump.*leaks db upgrade --no-backup"):
        upgrade(postgres_settings, AT)
    assert schema.read_schema(postgres_settings).is_older


def test_a_newer_schema_says_what_to_do_and_is_left_alone(store: Store, store_settings: Settings) -> None:
    set_revision(store, "9999")
    store.close()
    for act in (open_store, lambda settings: upgrade(settings, AT), lambda settings: list(problems(settings))):
        with pytest.raises(SchemaNewerError, match=r"has operations 9999.*Install the newer version.*leaks db restore"):
            act(store_settings)


def test_a_lost_inbox_is_not_replaced_silently(sqlite_store: Store, sqlite_settings: Settings) -> None:
    sqlite_store.close()
    sqlite_path(sqlite_settings.leaks_home, "inbox").unlink()
    with pytest.raises(SchemaOlderError, match=r"inbox none.*leaks db upgrade"):
        open_store(sqlite_settings, upgrade=True)
    upgrade(sqlite_settings, AT)
    assert everything(sqlite_settings)["inbox"] == []


def test_an_older_store_that_lost_its_inbox_is_backed_up_and_upgraded(sqlite_settings: Settings) -> None:
    schema.migrate(sqlite_settings, EARLIER[0])
    sqlite_path(sqlite_settings.leaks_home, "inbox").unlink()
    done = upgrade(sqlite_settings, AT)
    assert done.backup is not None
    assert list(problems(sqlite_settings)) == []
    restore(sqlite_settings, done.backup, AT)


def test_an_inbox_in_use_without_the_other_file_is_no_new_home(sqlite_store: Store, sqlite_settings: Settings) -> None:
    with sqlite_store.everyone(file="inbox") as connection:
        put(connection, TABLES["inbox"], "acme")
    sqlite_store.close()
    sqlite_path(sqlite_settings.leaks_home, "operations").unlink()
    with pytest.raises(StoreMissingError, match=r"operations\.db is gone.*leaks db restore"):
        open_store(sqlite_settings, upgrade=True)
    assert not sqlite_path(sqlite_settings.leaks_home, "operations").exists()


def test_a_store_whose_making_was_cut_short_is_made(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    real = schema._run

    def cut_short(connection: Any, revision: str, files: tuple[str, ...]) -> None:
        if "operations" in files:
            raise KeyboardInterrupt
        real(connection, revision, files)  # type: ignore[arg-type]

    monkeypatch.setattr(schema, "_run", cut_short)
    with pytest.raises(KeyboardInterrupt):
        open_store(sqlite_settings, upgrade=True)
    monkeypatch.undo()
    open_store(sqlite_settings, upgrade=True).close()


def test_an_upgrade_that_fails_changes_nothing(store_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    schema.migrate(store_settings, EARLIER[-1])
    fill_what_is_there(store_settings)
    before = _tables(store_settings)

    def fail(*_tables: str) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(ddl, "hide_other_tenants", fail)
    with pytest.raises(RuntimeError, match="on fire"):
        upgrade(store_settings, AT, with_backup=False)
    monkeypatch.undo()
    assert schema.read_schema(store_settings).revisions["operations"] == EARLIER[-1]
    assert _tables(store_settings) == before
    upgrade(store_settings, AT, with_backup=False)
    assert _tables(store_settings) > before
    assert len(everything(store_settings)["audit"]) == 1


def _tables(settings: Settings) -> set[str]:
    engine = schema.make_engines(settings)["operations"]
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_several_may_make_the_store_at_once(store_settings: Settings) -> None:
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: open_store(store_settings, upgrade=True), range(6)))
    for store in stores:
        store.close()
    assert len(everything(store_settings)["tenants"]) == 1


def test_making_a_store_waits_for_nobody_who_uses_one(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch, open_new: OpenNew
) -> None:
    """Who saw no store, and finds it made and open when his turn comes, goes on."""
    nothing = schema.read_schema(sqlite_settings)
    open_new(sqlite_settings)
    answers = [nothing]
    real = schema.read_schema
    monkeypatch.setattr(schema, "read_schema", lambda settings: answers.pop() if answers else real(settings))
    assert schema.create(sqlite_settings) is False


def test_files_in_use_are_not_upgraded(sqlite_settings: Settings, open_new: OpenNew) -> None:
    store = open_new(sqlite_settings)
    set_revision(store, EARLIER[-1])
    with pytest.raises(StoreUnavailableError, match="Stop `leaks serve`"):
        upgrade(sqlite_settings, AT)
    set_revision(store, schema.head())


def test_files_with_credentials_are_for_their_owner_alone(sqlite_store: Store, sqlite_settings: Settings) -> None:
    for file in FILES:
        assert sqlite_path(sqlite_settings.leaks_home, file).stat().st_mode & 0o777 == 0o600
    assert list(problems(sqlite_settings)) == []
    sqlite_path(sqlite_settings.leaks_home, "operations").chmod(0o644)
    (problem,) = problems(sqlite_settings)
    assert "chmod 600" in problem


def test_check_finds_a_table_without_row_level_security(postgres_store: Store, postgres_settings: Settings) -> None:
    assert list(problems(postgres_settings)) == []
    with postgres_store.everyone() as connection:
        connection.execute(text("alter table leaks no force row level security"))
    (problem,) = problems(postgres_settings)
    assert "ALTER TABLE leaks FORCE ROW LEVEL SECURITY" in problem


def test_check_refuses_a_role_that_passes_by_row_level_security(
    postgres_store: Store, postgres_settings: Settings, postgres_server: str
) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"alter role {ROLE} bypassrls")
        try:
            (problem,) = problems(postgres_settings)
        finally:
            connection.execute(f"alter role {ROLE} nobypassrls")
    assert "CREATE ROLE" in problem


def test_a_role_that_may_not_make_tables_says_who_can_mend_it(
    postgres_server: str, postgres_template: str, sqlite_settings: Settings
) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("create database not_ours")
    address = postgres_server.replace("postgres:@/postgres", f"{ROLE}:@/not_ours")
    with pytest.raises(StoreError, match="ALTER DATABASE"):
        upgrade(make_settings(sqlite_settings.leaks_home, "", address), AT)


def test_check_finds_a_damaged_file(sqlite_store: Store, sqlite_settings: Settings) -> None:
    with sqlite_store.everyone() as connection:
        for number in range(200):
            put(connection, TABLES["audit"], "acme", detail="x" * 500 + str(number))
    sqlite_store.close()
    path = sqlite_path(sqlite_settings.leaks_home, "operations")
    content = bytearray(path.read_bytes())
    content[-8192:] = b"\xff" * 8192
    path.write_bytes(content)
    found = list(problems(sqlite_settings))
    assert found
    assert "leaks db restore" in found[0]
