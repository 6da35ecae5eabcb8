"""Tables of a database are read on by their cursor; what is late or read twice lands once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from ingestion.errors import ProductUsageError
from ingestion.product_usage.mapping import LogMapping, UsageMapping
from ingestion.profile import Profile
from tests.ingestion.landed import rows
from tests.ingestion.product_usage.logs import NOON, count, land, login, logins, refused

HOUR = 3600


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An application's database of logins."""
    connection = sqlite3.connect(tmp_path / "app.db")
    connection.execute("create table logins (customer text, user_id text, ts integer, method text, secret text)")
    yield connection
    connection.close()


def insert(database: sqlite3.Connection, *found: dict[str, Any]) -> None:
    """Adds logins."""
    database.executemany("insert into logins values (:customer, :user_id, :ts, :method, 'x')", found)
    database.commit()


def test_a_table_lands_and_is_read_on_from_its_newest_row(
    profile: Profile, tmp_path: Path, database: sqlite3.Connection
) -> None:
    place = f"sqlite:///{tmp_path}/app.db#logins"
    insert(database, login(1), login(2))
    assert land(profile, place).rows["login"] == 2
    insert(database, login(3))
    assert land(profile, place).rows["login"] == 1
    assert [row[0] for row in logins(profile)] == ["cus_1", "cus_2", "cus_3"]
    (status,) = rows(profile, "select origin, cursor, landed_count from product.file_status")
    assert status == {"origin": place, "cursor": str(NOON + 3), "landed_count": 3}


def test_rows_that_come_late_are_found_within_the_lag_and_not_beyond_it(
    profile: Profile, tmp_path: Path, database: sqlite3.Connection
) -> None:
    place = f"sqlite:///{tmp_path}/app.db#logins"
    insert(database, login(5 * HOUR))
    land(profile, place)
    insert(database, login(5 * HOUR - 59 * 60), login(5 * HOUR - 61 * 60))
    assert land(profile, place).rows["login"] == 1
    assert land(profile, place, mapping=UsageMapping(late_minutes=120)).rows["login"] == 1


def test_equal_rows_of_a_table_are_as_many_facts_however_often_it_is_read(
    profile: Profile, tmp_path: Path, database: sqlite3.Connection
) -> None:
    place = f"sqlite:///{tmp_path}/app.db#logins"
    insert(database, login(1), login(1), login(2))
    land(profile, place)
    insert(database, login(2))
    land(profile, place)
    land(profile, place)
    assert [row[0] for row in logins(profile)] == ["cus_1", "cus_1", "cus_2", "cus_2"]


def test_times_may_be_text_and_the_cursor_another_column(profile: Profile, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "app.db") as database:
        database.execute("create table events (id integer primary key, org text, at text, created_at timestamp)")
        database.execute("insert into events values (1, 'o_1', '2026-09-21 14:13:20', '2026-09-21 15:00:00.000000')")
    mapping = UsageMapping(
        login=LogMapping(files=("events",), fields={"account": ("org",), "id": ("id",)}),
        cursor="created_at",
    )
    place = f"sqlite:///{tmp_path}/app.db#events"
    with pytest.raises(ProductUsageError, match=r"at: ts\). Its fields are: id, org, at, created_at"):
        land(profile, place, mapping=mapping)
    named = UsageMapping(
        login=LogMapping(files=("events",), fields={**mapping.login.fields, "at": ("at",)}), cursor="created_at"
    )
    assert land(profile, place, mapping=named).rows["login"] == 1
    with sqlite3.connect(tmp_path / "app.db") as database:
        database.execute("insert into events values (2, 'o_1', '2026-09-01 00:00:00', '2026-09-21 14:30:00.000000')")
        database.execute("insert into events values (3, 'o_1', '2026-09-01 00:00:00', '2026-09-21 13:30:00.000000')")
    assert land(profile, place, mapping=named).rows["login"] == 1


def test_rows_of_a_table_that_cannot_be_understood_are_kept(
    profile: Profile, tmp_path: Path, database: sqlite3.Connection
) -> None:
    insert(database, login(1), login(2, customer=None))
    land(profile, f"sqlite:///{tmp_path}/app.db#logins")
    ((_, why, text),) = refused(profile)
    assert why == "it names no account"
    assert '"user_id": "u_2"' in text
    assert "secret" not in text, "only mapped columns are read"


def test_a_table_or_column_that_is_not_there_is_an_error(
    profile: Profile, tmp_path: Path, database: sqlite3.Connection
) -> None:
    with pytest.raises(ProductUsageError, match="there is no table sessions"):
        land(profile, f"sqlite:///{tmp_path}/app.db#sessions")
    with pytest.raises(ProductUsageError, match=r"product_usage.cursor: .* has no column inserted_at"):
        land(profile, f"sqlite:///{tmp_path}/app.db#logins", mapping=UsageMapping(cursor="inserted_at"))


def test_an_empty_table_is_no_error(profile: Profile, tmp_path: Path, database: sqlite3.Connection) -> None:
    assert land(profile, f"sqlite:///{tmp_path}/app.db#logins").rows["login"] == 0
    insert(database, login(1))
    assert land(profile, f"sqlite:///{tmp_path}/app.db#logins").rows["login"] == 1
    assert count(profile) == 1


@pytest.fixture(scope="module")
def postgres(postgres_server: str) -> str:
    """The address of an application's database with a table of logins, at a server that other tests use as well."""
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("create database app_with_logins")
    address = urlsplit(postgres_server)._replace(path="/app_with_logins").geturl()
    with psycopg.connect(address) as connection:
        connection.execute("create schema app")
        connection.execute(
            "create table app.sign_ins (customer text, user_id int, ts timestamptz, method text, meta jsonb)"
        )
        connection.execute(
            "insert into app.sign_ins select 'cus_' || n % 50, n, "
            "timestamptz '2026-09-21 16:13:20+02' + n * interval '1 second', 'saml', '{}' "
            "from generate_series(1, 120000) n"
        )
    return address


def test_a_table_of_postgresql_lands_and_is_read_on(profile: Profile, tmp_path: Path, postgres: str) -> None:
    place = f"{postgres}#app.sign_ins"
    mapping = UsageMapping(login=LogMapping(files=("sign_ins",)))
    assert land(profile, place, mapping=mapping).rows["login"] == 120_000
    with psycopg.connect(postgres) as connection:
        connection.execute("insert into app.sign_ins values ('cus_new', 1, '2026-09-30 00:00:00+00', 'saml', null)")
    assert land(profile, place, mapping=mapping).rows["login"] == 1
    (found,) = rows(profile, "select count(*) as n, min(occurred_at)::varchar as first from product.login")
    assert found == {"n": 120_001, "first": "2026-09-21 14:13:21"}
    with pytest.raises(ProductUsageError, match=r"there is no table nothing"):
        land(profile, f"{postgres}#app.nothing")


def test_a_password_is_in_no_table_and_no_message(profile: Profile, tmp_path: Path) -> None:
    with pytest.raises(ProductUsageError, match="cannot be read") as error:
        land(profile, "postgresql://reader:tops3cret@127.0.0.1:1/app#app.sign_ins")
    assert "tops3cret" not in str(error.value)
    assert "postgresql://reader@127.0.0.1:1/app#app.sign_ins" in str(error.value)
