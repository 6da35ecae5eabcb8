"""Logs land from whatever they are written in."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.errors import ProductUsageError
from ingestion.profile import Profile
from tests.ingestion.landed import rows
from tests.ingestion.product_usage.logs import NOON, count, land, lines, login, logins, refused, table, usage, write

THREE = [login(1), login(2), login(3)]
EXPECTED = [(f"cus_{n}", f"u_{n}", "password", n) for n in (1, 2, 3)]


@pytest.mark.parametrize("name", ["login.jsonl", "login.jsonl.gz", "login.jsonl.zst", "login.ndjson"])
def test_json_lines_land(profile: Profile, tmp_path: Path, name: str, through_dlt: None) -> None:
    report = land(profile, write(tmp_path / name, lines(THREE)))
    assert report.rows == {"login": 3, "usage": 0}
    assert logins(profile) == EXPECTED


@pytest.mark.parametrize("name", ["login.csv", "login.csv.gz", "login.csv.zst"])
def test_csv_lands(profile: Profile, tmp_path: Path, name: str) -> None:
    land(profile, write(tmp_path / name, table(THREE)))
    assert logins(profile) == EXPECTED


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_csv_may_have_other_delimiters_windows_lines_and_a_byte_order_mark(
    profile: Profile, tmp_path: Path, delimiter: str
) -> None:
    content = table(THREE).decode().replace(",", delimiter).replace("\n", "\r\n")
    land(profile, write(tmp_path / "login.csv", b"\xef\xbb\xbf" + content.encode()))
    assert logins(profile) == EXPECTED
    assert refused(profile) == []


def test_a_quoted_field_may_hold_a_line_break(profile: Profile, tmp_path: Path) -> None:
    land(profile, write(tmp_path / "login.csv", table([login(1, method="single\nsign-on"), login(2)])))
    assert [row[2] for row in logins(profile)] == ["single\nsign-on", "password"]
    assert refused(profile) == []


def test_a_csv_may_have_columns_without_a_name_or_with_the_same(profile: Profile, tmp_path: Path) -> None:
    content = b",customer,user_id,ts,method,ID,id,,id\n" + b"0,cus_1,u_1,%d,password,1,2,3,4\n" % (NOON + 1)
    land(profile, write(tmp_path / "login.csv", content))
    assert logins(profile) == EXPECTED[:1]


def test_parquet_lands_with_typed_times(profile: Profile, tmp_path: Path) -> None:
    moments = pa.array([(NOON + n) * 1_000_000 for n in (1, 2, 3)], pa.timestamp("us", tz="UTC"))
    columns = {name: [row[name] for row in THREE] for name in ("customer", "user_id", "method")}
    pq.write_table(pa.table({**columns, "ts": moments}), tmp_path / "login.parquet")
    land(profile, tmp_path / "login.parquet")
    assert logins(profile) == EXPECTED
    assert rows(profile, "select count(*) as n from product.login where is_zone_assumed")[0]["n"] == 0


def test_usage_keeps_its_quantity_to_six_decimals(profile: Profile, tmp_path: Path, through_dlt: None) -> None:
    quantities = [12, "0.000001", 1e3, -2.5, "123456789012345678901234.5"]
    land(profile, write(tmp_path / "usage.jsonl", lines(usage(n, quantity=q) for n, q in enumerate(quantities))))
    found = rows(profile, "select quantity from product.usage order by occurred_at")
    expected = [12, Decimal("0.000001"), 1000, Decimal("-2.5"), Decimal("123456789012345678901234.5")]
    assert [row["quantity"] for row in found] == expected


def test_globs_and_folders_name_many_files(profile: Profile, tmp_path: Path) -> None:
    write(tmp_path / "2026" / "09" / "login-1.jsonl", lines([login(1)]))
    write(tmp_path / "2026" / "10" / "login-2.jsonl.gz", lines([login(2)]))
    write(tmp_path / "today" / "login-3.csv", table([login(3)]))
    write(tmp_path / "today" / "notes.txt", b"not a log")
    report = land(profile, f"{tmp_path}/2026/**/login-*", f"{tmp_path}/today")
    assert (report.found, report.read) == (3, 3)
    assert logins(profile) == EXPECTED


def test_many_small_files_are_read_together(profile: Profile, tmp_path: Path) -> None:
    for number in range(200):
        write(tmp_path / f"login-{number:03}.jsonl", lines([login(number), login(number + 1)]))
    assert land(profile, f"{tmp_path}/login-*.jsonl").rows["login"] == 201
    assert len({row["origin"] for row in rows(profile, "select origin from product.file_status")}) == 200


def test_a_file_is_known_by_its_fields_where_its_name_says_nothing(profile: Profile, tmp_path: Path) -> None:
    one = write(tmp_path / "events-1.jsonl", lines([login(1)]))
    two = write(tmp_path / "events-2.jsonl", lines([usage(2)]))
    land(profile, one, two)
    assert (count(profile, "login"), count(profile, "usage")) == (1, 1)


def test_what_is_neither_logins_nor_usage_is_refused_with_its_fields(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "invoice.jsonl", lines([{"id": "in_1", "amount_due": 5}]))
    with pytest.raises(
        ProductUsageError, match=r"neither logins nor usage .*id, amount_due.*product_usage\.login\.files"
    ):
        land(profile, path)


def test_a_json_array_is_refused(profile: Profile, tmp_path: Path) -> None:
    with pytest.raises(ProductUsageError, match="one object per line"):
        land(profile, write(tmp_path / "login.json", b'[{"customer": "cus_1"}]'))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("absent.jsonl", "does not exist"),
        ("none-*.jsonl", "no file matches"),
        ("login.xlsx", "in no format that we read"),
        ("mysql://host/db#t", "no database we can read"),
        ("sqlite:///nowhere.db#t", "there is no file"),
        ("sqlite:///nowhere.db", "names no table"),
    ],
)
def test_a_place_that_leads_nowhere_is_an_error(profile: Profile, tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "login.xlsx").write_bytes(b"PK")
    named = place if "://" in place else str(tmp_path / place)
    with pytest.raises(ProductUsageError, match=said):
        land(profile, named)


def test_without_a_log_every_table_is_there_and_empty(profile: Profile) -> None:
    report = land(profile)
    assert report.rows == {"login": 0, "usage": 0}
    for name in ("login", "usage", "account_link", "file_status", "quarantine"):
        assert rows(profile, f"select * from product.{name}") == []
    assert [row["is_configured"] for row in rows(profile, "select is_configured from product.rules")] == [False]
