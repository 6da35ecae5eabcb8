"""The policy says which field means what; times and accounts are read as it says."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.errors import ProductUsageError
from ingestion.product_usage.mapping import LogMapping, UsageMapping
from ingestion.profile import Profile
from tests.ingestion.landed import rows
from tests.ingestion.product_usage.logs import count, land, lines, login, logins, refused, table, usage, write


def times(profile: Profile, tmp_path: Path, values: list[Any], zone: str = "UTC") -> list[str]:
    """The UTC times that values of `ts` became."""
    path = write(tmp_path / "login.jsonl", lines(login(n, ts=value) for n, value in enumerate(values)))
    land(profile, path, mapping=UsageMapping(time_zone=zone))
    found = rows(profile, "select occurred_at from product.login order by user_id")
    return [datetime.isoformat(row["occurred_at"]) for row in found]


def test_times_are_seconds_milliseconds_or_iso_with_an_offset(profile: Profile, tmp_path: Path) -> None:
    values = [
        1_790_000_000,
        1_790_000_000_500,
        "1790000000",
        1_790_000_000.25,
        "2026-09-21T14:13:20Z",
        "2026-09-21T16:13:20+02:00",
        "2026-09-21 10:13:20.5-0400",
        "2026-09-21T14:13Z",
        "2026-09-21T06:13:20-08",
    ]
    assert times(profile, tmp_path, values) == [
        "2026-09-21T14:13:20",
        "2026-09-21T14:13:20.500000",
        "2026-09-21T14:13:20",
        "2026-09-21T14:13:20.250000",
        "2026-09-21T14:13:20",
        "2026-09-21T14:13:20",
        "2026-09-21T14:13:20.500000",
        "2026-09-21T14:13:00",
        "2026-09-21T14:13:20",
    ]
    assert rows(profile, "select count(*) as n from product.login where is_zone_assumed")[0]["n"] == 0


def test_a_time_without_zone_is_taken_in_the_zone_of_the_policy_and_says_so(profile: Profile, tmp_path: Path) -> None:
    values = ["2026-09-21T14:13:20", "2026-01-21 14:13:20", "2026-09-21", "2026-09-21T14:13", 1_790_000_000]
    assert times(profile, tmp_path, values, "Europe/Berlin") == [
        "2026-09-21T12:13:20",
        "2026-01-21T13:13:20",
        "2026-09-20T22:00:00",
        "2026-09-21T12:13:00",
        "2026-09-21T14:13:20",
    ]
    assert rows(profile, "select count(*) as n from product.login where is_zone_assumed")[0]["n"] == 4


@pytest.mark.parametrize("value", ["20261001", 0, -5, "1e30", True, "2026-13-01", {"seconds": 5}])
def test_what_is_no_time_is_refused(profile: Profile, tmp_path: Path, value: Any) -> None:
    assert times(profile, tmp_path, [value, 1_790_000_000]) == ["2026-09-21T14:13:20"]
    assert "its time is not understood" in refused(profile)[0][1]


def test_fields_have_the_names_that_the_mapping_gives(profile: Profile, tmp_path: Path) -> None:
    mapping = UsageMapping(
        login=LogMapping(
            files=("auth-*",),
            fields={"account": ("context.workspace.id", "org"), "user": ("sub",), "at": ("when",), "method": ("via",)},
        )
    )
    content = [
        {"context": {"workspace": {"id": 7}}, "sub": "u_1", "when": 1_790_000_001, "via": "saml"},
        {"org": "eight", "sub": "u_2", "when": 1_790_000_002, "via": "saml"},
    ]
    land(profile, write(tmp_path / "auth-1.jsonl", lines(content)), mapping=mapping)
    assert logins(profile) == [("7", "u_1", "saml", 1), ("eight", "u_2", "saml", 2)]


def test_an_account_may_be_known_by_e_mail_alone(profile: Profile, tmp_path: Path) -> None:
    content = [{"email": " Ada@Example.COM ", "ts": 1_790_000_000}, {"email": "", "ts": 1_790_000_000}]
    land(profile, write(tmp_path / "login.jsonl", lines(content)))
    assert rows(profile, "select account_id, user_email from product.login") == [
        {"account_id": None, "user_email": "ada@example.com"}
    ]
    assert [why for _, why, _ in refused(profile)] == ["it names no account"]


def test_another_mapping_reads_the_same_files_anew(profile: Profile, tmp_path: Path) -> None:
    path = write(tmp_path / "login.csv", table([login(1, ts="2026-09-21T14:13:20", org="o_1")]))
    other = write(tmp_path / "usage.jsonl", lines([usage(1)]))
    land(profile, path, other)
    mapping = UsageMapping(login=LogMapping(fields={"account": ("org",)}))
    report = land(profile, path, other, mapping=mapping)
    assert report.rows == {"login": 1, "usage": 0}
    assert [row[0] for row in logins(profile)] == ["o_1"]
    zoned = UsageMapping(login=mapping.login, time_zone="Asia/Tokyo")
    assert land(profile, path, other, mapping=zoned).rows == {"login": 1, "usage": 1}
    assert rows(profile, "select occurred_at from product.login")[0]["occurred_at"] == datetime(2026, 9, 21, 5, 13, 20)  # noqa: DTZ001
    assert count(profile, "usage") == 1


def test_a_mapping_table_becomes_account_links(profile: Profile, tmp_path: Path) -> None:
    links = tmp_path / "accounts.csv"
    links.write_text("workspace,stripe,note\nw_1,cus_1,\nw_2,cus_2,x\nw_2,cus_2,y\n,cus_3,\n")
    mapping = UsageMapping(account_links=str(links), link_account="workspace", link_customer="stripe")
    assert land(profile, mapping=mapping).links == 2
    found = rows(profile, "select account_id, customer_id from product.account_link order by all")
    assert found == [{"account_id": f"w_{n}", "customer_id": f"cus_{n}"} for n in (1, 2)]
    links.write_text("workspace,stripe\nw_9,cus_9\n")
    assert land(profile, mapping=mapping).links == 1
    assert [row["account_id"] for row in rows(profile, "select account_id from product.account_link")] == ["w_9"]


def test_a_mapping_table_without_its_columns_is_an_error(profile: Profile, tmp_path: Path) -> None:
    links = tmp_path / "accounts.csv"
    links.write_text("a,b\n1,2\n")
    with pytest.raises(ProductUsageError, match=r"has no account_id and no customer; its fields are: a, b"):
        land(profile, mapping=UsageMapping(account_links=str(links)))
