"""Readers see one whole publication, whatever the publisher does meanwhile."""

import json
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from revops.warehouse import NothingPublishedError, Published, PublishedFileError, QueryError

AS_OF = datetime(2026, 10, 1, tzinfo=UTC)


def publish(home: Path, n: int, as_of: datetime = AS_OF) -> None:
    folder = home / "default"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(folder / f"published-{n}.duckdb")) as connection:
        connection.execute(
            f"create table leak_findings as select {n} as n, 1999::bigint as amount_minor, "
            "timestamp '2026-09-01 10:00:00' as found_at, 12.50::decimal(10, 2) as rate"
        )
    text = {"file": f"published-{n}.duckdb", "n": n, "as_of": as_of.isoformat(), "published_at": "2026-10-02"}
    (folder / "published.json").write_text(json.dumps(text))


def test_a_reader_gets_rows_number_and_time_of_the_newest_file(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    publish(tmp_path, 2)
    with Published.open(tmp_path) as published:
        assert (published.n, published.as_of, published.path.name) == (2, AS_OF, "published-2.duckdb")
        (row,) = published.query("select * from leak_findings where n = ?", [2])
    assert row["amount_minor"] == 1999
    assert row["found_at"] == datetime(2026, 9, 1, 10)  # noqa: DTZ001 - as stored
    assert str(row["rate"]) == "12.50"


def test_a_page_keeps_its_file_through_publishes_and_its_deletion(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with Published.open(tmp_path) as page:
        publish(tmp_path, 2)
        publish(tmp_path, 3)
        (tmp_path / "default" / "published-1.duckdb").unlink()
        assert page.query("select n from leak_findings") == [{"n": 1}]
    with Published.open(tmp_path) as next_page:
        assert next_page.query("select n from leak_findings") == [{"n": 3}]


def test_two_readers_open_the_same_file(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with Published.open(tmp_path) as one, Published.open(tmp_path) as other:
        assert one.query("select n from leak_findings") == other.query("select n from leak_findings")


def test_nothing_published_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match="leaks run"), Published.open(tmp_path):
        pass


@pytest.mark.parametrize("text", ["", "{", "{}", '{"file": "x", "n": "one", "as_of": "", "published_at": ""}'])
def test_a_broken_pointer_says_what_to_run(tmp_path: Path, text: str) -> None:
    publish(tmp_path, 1)
    (tmp_path / "default" / "published.json").write_text(text)
    with pytest.raises(PublishedFileError, match="leaks run"), Published.open(tmp_path):
        pass


def test_a_missing_file_says_what_to_run(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    (tmp_path / "default" / "published-1.duckdb").unlink()
    with pytest.raises(PublishedFileError, match="leaks run"), Published.open(tmp_path):
        pass


def test_a_past_moment_is_read_from_its_own_file(tmp_path: Path) -> None:
    publish(tmp_path, 7, datetime(2026, 9, 1, tzinfo=UTC))
    folder = tmp_path / "default"
    (folder / "published-7.duckdb").rename(folder / "as-of-20260901T000000Z.duckdb")
    publish(tmp_path, 1)
    with Published.open(tmp_path, datetime(2026, 9, 1, tzinfo=UTC)) as past:
        assert past.query("select n from leak_findings") == [{"n": 7}]
        assert past.as_of == datetime(2026, 9, 1, tzinfo=UTC)
    with Published.open(tmp_path, AS_OF) as present:
        assert present.n == 1


def test_a_moment_nobody_built_names_those_that_exist(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with (
        pytest.raises(NothingPublishedError, match=r"there is: 2026-10-01T00:00:00Z.*--as-of 2026-08-01"),
        Published.open(tmp_path, datetime(2026, 8, 1, tzinfo=UTC)),
    ):
        pass


@pytest.mark.parametrize(
    "sql",
    [
        "create table stolen (a int)",
        "delete from leak_findings",
        "copy leak_findings to '{out}'",
        "select * from read_csv('/etc/hosts')",
        "attach '{out}'",
        "install httpfs",
        "set enable_external_access = true",
        "select * from nowhere",
        "selekt",
    ],
)
def test_nothing_but_reading_the_file_is_possible(tmp_path: Path, sql: str) -> None:
    publish(tmp_path, 1)
    out = tmp_path / "out.duckdb"
    with Published.open(tmp_path) as published, pytest.raises(QueryError):
        published.query(sql.format(out=out))
    assert not out.exists()


def test_a_reader_can_open_again_what_it_had_open(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with Published.open(tmp_path) as published:
        pointer = published.pointer
    publish(tmp_path, 2)
    with Published.reopen(pointer) as published:
        assert published.query("select n from leak_findings") == [{"n": 1}]
    pointer.path.unlink()
    with pytest.raises(PublishedFileError, match="published anew"), Published.reopen(pointer):
        pass


def test_rows_of_one_open_file_can_be_asked_again_in_the_next(tmp_path: Path) -> None:
    publish(tmp_path, 1)
    with Published.open(tmp_path) as published:
        table = published.arrow("select amount_minor from leak_findings")
        with pytest.raises(QueryError):
            published.arrow("select nonsense")
    with Published.open(tmp_path) as published:
        published.add("kept", table)
        assert published.query("select amount_minor from kept") == [{"amount_minor": 1999}]
