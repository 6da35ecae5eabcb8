"""A file that is written anew is the same file, but for the person."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.erasure.duckdb_files import rewrite
from ingestion.erasure.erased import Erased
from ingestion.erasure.person import Person
from ingestion.erasure.rows import Rows
from ingestion.errors import IngestionError
from tests.ingestion.erasure.conftest import AT, SALT

EMAIL, PSEUDONYM = "jane@roe.example", "erased-x@roe.example"
JANE = Person(
    customer_id="cus_1",
    words={EMAIL: PSEUDONYM, "Jane Roe": "[erased]", "Jane": "[erased]"},
    sought={EMAIL: PSEUDONYM, "Jane Roe": "[erased]"},
    accounts=("a-1",),
    emails=(EMAIL,),
    hidden_domains=(),
    also=(),
    object_ids=frozenset({"cus_1", "in_1", "a-1"}),
    charges=(),
)
IDS = sorted(JANE.object_ids)


@pytest.fixture
def rows() -> Rows:
    return Rows(Erased([JANE.erasure(SALT, AT)]), JANE)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as warehouse (storage_version 'latest')")
        connection.execute("create schema warehouse.stripe; use warehouse")
        connection.execute("create table stripe.t (id varchar not null, payload varchar using compression zstd)")
        connection.execute("insert into stripe.t select 'x' || i, repeat('abc' || i, 300) from range(30_000) t(i)")
        connection.execute("comment on table stripe.t is 'what landed'")
        connection.execute("create view main.v as select id from warehouse.stripe.t")
        connection.execute(
            """
            create table main.customers as select * from (values
                ('cus_1', 'Jane', 'jane@roe.example', '{"a": "Jane"}', 'Jane'),
                ('cus_2', 'Jane', 'Jane@Roe.example', '{"a": "Jane"}', 'ask Jane Roe')
            ) as t (customer_id, name, email, metadata, note)
            """
        )
    return path


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_tables_views_comments_and_compression_stay(file: Path, rows: Rows) -> None:
    size = file.stat().st_size
    before = read(file, "select * from stripe.t order by id")
    rewrite(file, rows, IDS)
    assert read(file, "select * from stripe.t order by id") == before
    assert read(file, "select count(*) from v") == [(30_000,)]
    assert read(file, "select comment from duckdb_tables() where table_name = 't'") == [("what landed",)]
    assert read(file, "select distinct compression from pragma_storage_info('stripe.t') where column_name = 'payload' "
                "and segment_type = 'VARCHAR'") == [("ZSTD",)]  # fmt: skip
    assert file.stat().st_size < 1.3 * size
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_the_persons_rows_lose_every_word_and_others_those_of_theirs_alone(file: Path, rows: Rows) -> None:
    assert rewrite(file, rows, IDS) == 2
    assert read(file, "select * from customers order by customer_id") == [
        ("cus_1", "[erased]", PSEUDONYM, '{"a": "[erased]"}', "[erased]"),
        ("cus_2", "Jane", PSEUDONYM, '{"a": "Jane"}', "ask [erased]"),
    ]


def test_a_reader_reads_on_while_the_file_is_replaced(file: Path, rows: Rows) -> None:
    with duckdb.connect(str(file), read_only=True) as reader:
        rewrite(file, rows, IDS)
        assert reader.execute("select name from customers where customer_id = 'cus_1'").fetchall() == [("Jane",)]
    assert rewrite(file, rows, IDS) == 0


def test_what_stands_in_the_journal_is_not_lost(file: Path, rows: Rows) -> None:
    with duckdb.connect(str(file), config={"checkpoint_threshold": "1GB"}) as writer:
        writer.execute("pragma disable_checkpoint_on_shutdown")
        writer.execute("insert into customers values ('cus_3', 'Ann', null, null, 'Jane Roe')")
    assert file.with_name(f"{file.name}.wal").exists()
    rewrite(file, rows, IDS)
    assert read(file, "select note from customers where customer_id = 'cus_3'") == [("[erased]",)]
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_a_file_that_cannot_be_written_stays_as_it_was(file: Path, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(IngestionError, match="nothing of it was changed"):
        rewrite(file, rows, IDS)
    monkeypatch.undo()
    assert read(file, "select count(*) from customers where name = 'Jane'") == [(2,)]
    assert [path.name for path in file.parent.iterdir()] == [file.name]
