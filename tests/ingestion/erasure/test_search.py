"""A word is found in whatever kind of file it stands, and files in use are rewritten in place."""

from __future__ import annotations

import gzip
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from ingestion.erasure import home_files
from ingestion.erasure.home_files import remove_working_files, wash_files
from ingestion.erasure.search import Search
from ingestion.errors import FileInUseError

WORD = "Jane@Roe.example"
TEXT = f"a letter to {WORD.lower()}\n" * 3


def plain(path: Path) -> Path:
    path.write_text(TEXT)
    return path


def packed(path: Path) -> Path:
    path.write_bytes(gzip.compress(TEXT.encode()))
    return path


def zstd(path: Path) -> Path:
    path.write_bytes(zstandard.compress(TEXT.encode()) + zstandard.compress(b"another frame"))
    return path


def tar(path: Path) -> Path:
    inner = plain(path.with_name("inner.txt"))
    with tarfile.open(path, "w") as archive:
        archive.add(inner, "inner.txt")
    inner.unlink()
    return path


def warehouse(path: Path) -> Path:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as new (storage_version 'latest')")
        connection.execute("create table new.main.t (payload varchar using compression zstd)")
        connection.execute(f"insert into new.main.t select '{TEXT}' || i from range(20_000) t(i)")
    return path


def parquet(path: Path) -> Path:
    pq.write_table(pa.table({"text": [TEXT]}), path, compression="zstd")
    return path


def database(path: Path, tenant: str = "default") -> Path:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table t (tenant_id text, body blob, note text)")
        connection.execute("insert into t values (?, ?, ?)", (tenant, TEXT.encode(), TEXT))
    return path


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.log", plain),
        ("a.jsonl.gz", packed),
        ("a.jsonl.zst", zstd),
        ("a.tar", tar),
        ("a.duckdb", warehouse),
        ("a.parquet", parquet),
        ("a.db", database),
    ],
)
def test_a_word_is_found_in_every_kind_of_file(tmp_path: Path, name: str, make: Callable[[Path], Path]) -> None:
    path = make(tmp_path / name)
    assert Search([WORD], "default").below(tmp_path) == [path]
    assert Search(["john@doe.example"], "default").below(tmp_path) == []


def test_a_word_across_two_blocks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.erasure.search._BLOCK", 20)
    assert Search([WORD], "default").is_in(plain(tmp_path / "a.log"))


def test_what_another_tenant_says_is_not_counted_and_nobodys_is(tmp_path: Path) -> None:
    assert not Search([WORD], "default").is_in(database(tmp_path / "other.db", "rival"))
    assert Search([WORD], "rival").is_in(tmp_path / "other.db")


def test_a_deleted_row_is_found_in_its_free_page(tmp_path: Path) -> None:
    path = database(tmp_path / "a.db")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("pragma secure_delete = off")
        connection.execute("delete from t")
    assert Search([WORD], "default").is_in(path)


def test_nothing_is_looked_for_without_words_or_in_folders_left_out(tmp_path: Path) -> None:
    (tmp_path / "rival").mkdir()
    plain(tmp_path / "rival" / "a.log")
    assert Search([], "default").below(tmp_path) == []
    assert Search([WORD], "default").below(tmp_path, left_out=[tmp_path / "rival"]) == []


def test_logs_and_databases_are_rewritten_and_others_left(tmp_path: Path) -> None:
    log, store = plain(tmp_path / "a.log"), tmp_path / "a.db"
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("create table t (note text, number integer)")
        connection.execute("insert into t values (?, 7)", (TEXT,))
    other = plain(tmp_path / "other.log")
    other.write_text("nothing of hers\n")
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00")
    stamp = other.stat().st_mtime_ns
    assert wash_files(tmp_path, lambda text: text.replace(WORD.lower(), "-")) == [store, log]
    assert log.read_text() == "a letter to -\n" * 3
    assert Search([WORD], "default").below(tmp_path) == []
    with closing(sqlite3.connect(store)) as connection:
        assert connection.execute("select * from t").fetchall() == [("a letter to -\n" * 3, 7)]
    assert other.stat().st_mtime_ns == stamp


def test_a_database_that_stays_locked_says_what_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home_files, "_BUSY_SECONDS", 0.05)
    path = database(tmp_path / "a.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("begin immediate")
        with pytest.raises(FileInUseError, match="stop what uses it"):
            wash_files(tmp_path, str.upper)


def test_working_folders_go_and_published_files_stay(tmp_path: Path) -> None:
    for name in ("spool/backfill", "dlt/x", "dbt/run", "dbt-batch"):
        (tmp_path / name).mkdir(parents=True)
        plain(tmp_path / name / "a.log")
    for name in (".publishing-a.duckdb", ".erasing-b.duckdb", "published.json", "published-1.duckdb"):
        plain(tmp_path / name)
    remove_working_files(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published-1.duckdb", "published.json"]
