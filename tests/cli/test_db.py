"""`leaks db` makes, checks, copies and brings back the operational store, and says what to do."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from revops.store.schema import head
from tests.cli.conftest import Leaks


@pytest.fixture
def store(leaks: Leaks, tmp_path: Path) -> Path:
    """A home with a store."""
    assert leaks("db", "upgrade", LEAKS_HOME=str(tmp_path / "home")).returncode == 0
    return tmp_path / "home"


def set_revision(home: Path, revision: str) -> None:
    for name in ("operations.db", "inbox.db"):
        with closing(sqlite3.connect(home / name)) as connection, connection:
            connection.execute("update alembic_version set version_num = ?", (revision,))


def test_upgrade_makes_the_store_once(leaks: Leaks, tmp_path: Path) -> None:
    first = leaks("db", "upgrade", LEAKS_HOME=str(tmp_path / "new"))
    assert (first.returncode, first.stdout, first.stderr) == (0, f"The store was made, schema {head()}.\n", "")
    second = leaks("db", "upgrade", LEAKS_HOME=str(tmp_path / "new"))
    assert (second.returncode, second.stdout) == (0, f"Nothing to do: the store has schema {head()}.\n")


def test_check_is_exit_code_1_without_a_store_and_makes_none(leaks: Leaks, tmp_path: Path) -> None:
    done = leaks("db", "check", LEAKS_HOME=str(tmp_path / "new"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "leaks db upgrade" in done.stderr
    assert not (tmp_path / "new").exists()


def test_check_says_what_is_wrong(leaks: Leaks, store: Path) -> None:
    good = leaks("db", "check", LEAKS_HOME=str(store))
    assert (good.returncode, good.stdout) == (0, f"The store is as it must be, schema {head()}.\n")
    (store / "inbox.db").chmod(0o644)
    bad = leaks("db", "check", LEAKS_HOME=str(store))
    assert (bad.returncode, bad.stdout) == (1, "")
    assert "chmod 600" in bad.stderr


def test_an_older_and_a_newer_schema_say_what_to_do(leaks: Leaks, store: Path) -> None:
    set_revision(store, "0001")
    older = leaks("tenants", "list", LEAKS_HOME=str(store))
    assert (older.returncode, older.stdout) == (1, "")
    assert "leaks db upgrade" in older.stderr
    set_revision(store, "0999")
    newer = leaks("tenants", "list", LEAKS_HOME=str(store))
    assert newer.returncode == 1
    assert "Install the newer version" in newer.stderr
    assert "Traceback" not in newer.stderr


def test_a_backup_brings_back_what_was_removed(leaks: Leaks, store: Path, tmp_path: Path) -> None:
    leaks("tenants", "add", "acme", LEAKS_HOME=str(store))
    file = leaks("db", "backup", LEAKS_HOME=str(store)).stdout.strip()
    assert Path(file).parent == store / "backups"
    leaks("tenants", "remove", "acme", LEAKS_HOME=str(store))
    done = leaks("db", "restore", file, LEAKS_HOME=str(store))
    assert (done.returncode, done.stdout) == (0, f"The store is that of {file}.\n")
    assert "before-restore" in done.stderr
    assert "acme" in leaks("tenants", "list", LEAKS_HOME=str(store)).stdout


def test_a_backup_overwrites_nothing(leaks: Leaks, store: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.tar").write_text("mine")
    done = leaks("db", "backup", str(tmp_path / "mine.tar"), LEAKS_HOME=str(store))
    assert done.returncode == 2
    assert (tmp_path / "mine.tar").read_text() == "mine"
    absent = leaks("db", "restore", str(tmp_path / "absent.tar"), LEAKS_HOME=str(store))
    assert absent.returncode == 2
    assert "no such file" in absent.stderr


def test_postgres_is_named_its_own_commands(leaks: Leaks, postgres_address: str, tmp_path: Path) -> None:
    where = {"LEAKS_HOME": str(tmp_path / "home"), "DATABASE_URL": postgres_address}
    assert leaks("db", "upgrade", **where).returncode == 0
    assert leaks("db", "check", **where).returncode == 0
    done = leaks("db", "backup", **where)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pg_dump" in done.stderr
    assert "default" in leaks("tenants", "list", **where).stdout


def test_a_superuser_is_refused(leaks: Leaks, postgres_server: str, postgres_address: str, tmp_path: Path) -> None:
    name = postgres_address.split("@/")[1].split("?")[0]
    as_root = postgres_server.replace("@/postgres?", f"@/{name}?")
    where = {"LEAKS_HOME": str(tmp_path / "home"), "DATABASE_URL": as_root}
    assert leaks("db", "upgrade", **where).returncode == 0
    done = leaks("db", "check", **where)
    assert done.returncode == 1
    assert "CREATE ROLE" in done.stderr


def test_a_wrong_address_is_bad_input_and_not_repeated(leaks: Leaks, tmp_path: Path) -> None:
    done = leaks("db", "check", LEAKS_HOME=str(tmp_path), DATABASE_URL="mysql://me:hunter2@host/db")
    assert done.returncode == 2
    assert "DATABASE_URL" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_key_is_made_and_changed(leaks: Leaks, store: Path) -> None:
    home = str(store)
    old, new = (leaks("db", "new-key").stdout.strip() for _ in range(2))
    Fernet(old)
    added = leaks("tenants", "add", "acme", "--api-key-env", "K", LEAKS_HOME=home, LEAKS_SECRET_KEY=old, K="rk_live_1")
    assert added.returncode == 0, added.stderr
    wrong = leaks("db", "rotate-key", LEAKS_HOME=home, LEAKS_SECRET_KEY=new)
    assert wrong.returncode == 2
    assert "Put the former key back" in wrong.stderr
    done = leaks("db", "rotate-key", LEAKS_HOME=home, LEAKS_SECRET_KEY=f"{new},{old}")
    assert (done.returncode, done.stdout.partition(".")[0]) == (0, "Encrypted anew: 1 integrations, 0 signing keys")
    assert leaks("db", "rotate-key", LEAKS_HOME=home, LEAKS_SECRET_KEY=new).returncode == 0


def test_prune_says_what_is_older_than_the_days_that_are_set(leaks: Leaks, store: Path) -> None:
    with closing(sqlite3.connect(store / "inbox.db")) as connection, connection:
        connection.execute(
            "insert into inbox (sequence, tenant_id, integration_mode, source, event_id, event_type, received_at, "
            "state, attempts) values (1, 'default', 'live', 'stripe', 'evt_1', 'x', '2020-01-01 00:00:00.000000', "
            "'done', 1)"
        )
        connection.execute("insert into inbox_bodies (sequence, tenant_id, body) values (1, 'default', '{}')")
    done = leaks("db", "prune", LEAKS_HOME=str(store), LEAKS_KEEP_BODIES_DAYS="30")
    assert (done.returncode, done.stdout.partition(": ")[2]) == (0, "1 bodies of events and 0 refused rows' texts.\n")
    refused = leaks("db", "prune", LEAKS_HOME=str(store), LEAKS_KEEP_BODIES_DAYS="0")
    assert refused.returncode == 2
    assert "LEAKS_KEEP_BODIES_DAYS" in refused.stderr
