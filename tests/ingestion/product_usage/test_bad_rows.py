"""What cannot be understood goes to quarantine with its file and line; the rest lands."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from ingestion.errors import DiskFullError, ProductUsageError
from ingestion.product_usage.mapping import LogMapping, UsageMapping
from ingestion.profile import Profile
from tests.ingestion.landed import rows
from tests.ingestion.product_usage.logs import count, land, lines, login, logins, refused, table, usage, write


@pytest.mark.parametrize("name", ["login.jsonl", "login.csv", "login.jsonl.gz", "usage.csv.zst", "login.parquet"])
def test_an_empty_log_is_no_error(profile: Profile, tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, b"")
    if name.endswith("parquet"):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"customer": pa.array([], pa.string()), "ts": pa.array([], pa.int64())}), path)
    assert sum(land(profile, path).rows.values()) == 0
    assert refused(profile) == []


def test_a_csv_of_a_header_alone_is_no_error(profile: Profile, tmp_path: Path) -> None:
    land(profile, write(tmp_path / "login.csv", b"customer,user_id,ts,method\n"))
    assert count(profile) == 0


def test_unknown_fields_are_ignored(profile: Profile, tmp_path: Path) -> None:
    more = {"ip": "10.0.0.1", "nested": {"deep": [1, 2]}, "müll": None}
    land(profile, write(tmp_path / "login.jsonl", lines([login(1, **more), login(2)])))
    assert [row[0] for row in logins(profile)] == ["cus_1", "cus_2"]


def test_rows_of_json_that_cannot_be_understood_are_kept_with_their_line(profile: Profile, tmp_path: Path) -> None:
    content = [
        login(1),
        b"not json",
        b"",
        login(2, customer=None),
        login(3, ts="soon"),
        login(4, ts=None),
        b"[1, 2]",
        b'{"customer": "cus_5", "ts": 17900',
        b'{"customer": "\xff\xfe", "ts": 1790000000}',
        login(6),
    ]
    report = land(profile, write(tmp_path / "login.jsonl", lines(content)))
    assert [row[0] for row in logins(profile)] == ["cus_1", "cus_6"]
    assert [(where, why) for where, why, _ in refused(profile)] == [
        ("login.jsonl:2", "it is not JSON"),
        ("login.jsonl:4", "it names no account"),
        ("login.jsonl:5", "its time is not understood: soon"),
        ("login.jsonl:6", "it has no time"),
        ("login.jsonl:7", "it is no JSON object"),
        ("login.jsonl:8", "it is not JSON"),
        ("login.jsonl:9", "it is not UTF-8"),
    ]
    assert refused(profile)[0][2] == "not json"
    assert report.quarantined == 7


def test_rows_of_usage_need_a_metric_and_a_number(profile: Profile, tmp_path: Path) -> None:
    bad = [usage(1, metric=""), usage(2, quantity="many"), usage(3, quantity=None), usage(4, quantity="nan"), usage(5)]
    land(profile, write(tmp_path / "usage.jsonl", lines(bad)))
    assert count(profile, "usage") == 1
    assert [why for _, why, _ in refused(profile)] == [
        "it names no metric",
        "its quantity is no number: many",
        "it has no quantity",
        "its quantity is no number: nan",
    ]


def test_a_csv_with_broken_rows_lands_all_others(profile: Profile, tmp_path: Path) -> None:
    whole = table([login(n) for n in range(1, 6)]).splitlines()
    whole[2:2] = [b"cus_8,u_8,17", b"cus_9,u_9,1790000009,password,extra"]
    report = land(profile, write(tmp_path / "login.csv", b"\n".join(whole) + b"\n"))
    assert [row[0] for row in logins(profile)] == [f"cus_{n}" for n in range(1, 6)]
    assert refused(profile) == [
        ("login.csv:3", "3 columns; expected 4 columns", "cus_8,u_8,17"),
        ("login.csv:4", "5 columns; expected 4 columns", "cus_9,u_9,1790000009,password,extra"),
    ]
    assert report.quarantined == 2


def test_a_quote_that_never_closes_swallows_one_row_and_not_the_rest(profile: Profile, tmp_path: Path) -> None:
    whole = table([login(n) for n in range(1, 6)]).splitlines()
    whole[2] = b'"cus_2,u_2,1790000002,password'
    land(profile, write(tmp_path / "login.csv", b"\n".join(whole) + b"\n"))
    assert [row[0] for row in logins(profile)] == ["cus_1", "cus_3", "cus_4", "cus_5"]
    assert [(where, why.partition(";")[0]) for where, why, _ in refused(profile)] == [
        ("login.csv:3", "its quotes do not close")
    ]


def test_a_csv_may_be_broken_in_structure_and_in_values_at_once(profile: Profile, tmp_path: Path) -> None:
    whole = table([login(n) for n in range(1, 6)]).splitlines()
    whole[1] = b"cus_1"
    whole[4] = b"cus_4,u_4,yesterday,password"
    land(profile, write(tmp_path / "login.csv", b"\n".join(whole) + b"\n"))
    assert [row[0] for row in logins(profile)] == ["cus_2", "cus_3", "cus_5"]
    assert [(where, why) for where, why, _ in refused(profile)] == [
        ("login.csv:2", "1 columns; expected 4 columns"),
        ("login.csv:5", "its time is not understood: yesterday"),
    ]


def test_every_row_is_accounted_for(profile: Profile, tmp_path: Path) -> None:
    content = [login(n) if n % 3 else login(n, ts="?") for n in range(3_000)]
    land(profile, write(tmp_path / "login.jsonl", lines(content)))
    (status,) = rows(profile, "select row_count, landed_count, quarantined_count from product.file_status")
    assert status == {"row_count": 3_000, "landed_count": 2_000, "quarantined_count": 1_000}


def test_a_file_without_end_of_bad_rows_keeps_some_and_counts_all(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.product_usage.refusals.KEPT", 10)
    content = [login(n, ts="?") if n else login(n) for n in range(100)]
    assert land(profile, write(tmp_path / "login.jsonl", lines(content))).quarantined == 99
    found = refused(profile)
    assert len(found) == 11
    assert ("login.jsonl:0", "89 more rows could not be read", "") in found


@pytest.mark.parametrize("name", ["login.jsonl.gz", "login.jsonl.zst", "login.parquet"])
def test_a_damaged_file_is_named_and_the_others_land(profile: Profile, tmp_path: Path, name: str) -> None:
    damaged = write(tmp_path / name, lines(login(n) for n in range(10_000)))
    damaged.write_bytes(damaged.read_bytes()[:-50])
    whole = write(tmp_path / "login-2.jsonl", lines([login(1)]))
    assert land(profile, damaged, whole).rows["login"] == 1
    ((where, why, _),) = refused(profile)
    assert where == f"{name}:0"
    assert "the file: it is" in why


def test_a_damaged_file_that_is_delivered_again_lands_and_leaves_quarantine(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.jsonl.gz", lines(login(n) for n in range(10_000)))
    whole = path.read_bytes()
    path.write_bytes(whole[:-50])
    land(profile, path)
    path.write_bytes(whole)
    assert land(profile, path).rows["login"] == 10_000
    assert refused(profile) == []


def test_a_mapping_that_matches_nothing_names_the_fields_that_are_there(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.jsonl", lines([{"who": "a", "when": 1_790_000_000}]))
    with pytest.raises(ProductUsageError) as error:
        land(profile, path)
    assert "account or email: customer, account_id, email; at: ts" in str(error.value)
    assert "Its fields are: who, when." in str(error.value)
    assert "product_usage.login.fields" in str(error.value)
    assert count(profile) == 0


def test_a_mapping_of_the_policy_that_matches_nothing_is_an_error_too(profile: Profile, tmp_path: Path) -> None:
    mapping = UsageMapping(login=LogMapping(fields={"at": ("logged_in_at",)}))
    with pytest.raises(ProductUsageError, match=r"at: logged_in_at\). Its fields are: customer, user_id, ts, method"):
        land(profile, write(tmp_path / "login.csv", table([login(1)])), mapping=mapping)


def test_a_line_too_long_to_read_is_its_files_fault_and_no_others(profile: Profile, tmp_path: Path) -> None:
    long = write(tmp_path / "login-1.jsonl", lines([login(1), login(2, method="x" * 70_000_000)]))
    short = write(tmp_path / "login-2.jsonl", lines([login(3)]))
    assert land(profile, long, short).rows["login"] == 1
    ((where, why, _),) = refused(profile)
    assert where == "login-1.jsonl:0"
    assert "maximum_object_size" in why


def test_what_fails_for_other_reasons_is_not_blamed_on_a_file(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.product_usage.batch.MEMORY_LIMIT", "no number")
    with pytest.raises(duckdb.Error):
        land(profile, write(tmp_path / "login.jsonl", lines([login(1)])))
    assert refused(profile) == []


def test_a_file_of_nothing_but_rubbish_ends_nothing(profile: Profile, tmp_path: Path) -> None:
    rubbish = write(tmp_path / "login-1.jsonl", b"\x00\x01\nrubbish\n")
    assert land(profile, rubbish, write(tmp_path / "login-2.jsonl", lines([login(1)]))).rows["login"] == 1
    assert [where for where, _, _ in refused(profile)] == ["login-1.jsonl:1", "login-1.jsonl:2"]


def test_a_full_disk_says_so(profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr("ingestion.product_usage.batch._copy", full)
    with pytest.raises(DiskFullError, match="free some space"):
        land(profile, write(tmp_path / "login.jsonl", lines([login(1)])))
