"""What an export folder lands, and what a second look at it does."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import pytest

from ingestion.errors import ExportError
from ingestion.profile import Profile
from ingestion.stripe import export
from tests.contracts.fixtures import absent
from tests.contracts.openapi import specification_path
from tests.ingestion.landed import (
    customer,
    event,
    from_export,
    invoice,
    land,
    newest,
    quarantine,
    rows,
    states,
    version_count,
    versions,
    write_lines,
)


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_file_lands_the_same_however_it_is_compressed(profile: Profile, tmp_path: Path, suffix: str) -> None:
    write_lines(tmp_path / f"x/customer.jsonl{suffix}", [customer(1), customer(2, name="Zoë ✓")])
    report = land(profile, from_export(tmp_path / "x"))
    assert report.rows == {"customer": 2}
    assert newest(profile, "customer")["cus_2"]["name"] == "Zoë ✓"


def test_key_order_and_spacing_make_no_new_version(profile: Profile, tmp_path: Path) -> None:
    one = customer(1, name="A", metadata={"b": "2", "a": "1"})
    write_lines(tmp_path / "x/customer.jsonl", [one])
    land(profile, from_export(tmp_path / "x"))
    write_lines(tmp_path / "x/customer.jsonl", [json.dumps(dict(reversed(one.items())), indent=None).encode()])
    assert land(profile, from_export(tmp_path / "x")).rows == {}


def test_an_unchanged_export_lands_nothing_and_keeps_its_time(profile: Profile, company_folder: Path) -> None:
    first = land(profile, from_export(company_folder))
    before = version_count(profile)
    second = land(profile, from_export(company_folder))
    assert second.rows == {}
    assert second.source_now == first.source_now
    assert version_count(profile) == before


def test_a_settled_file_is_not_read_again_and_a_rewritten_one_is_whatever_its_times_say(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x/customer.jsonl"
    write_lines(path, [customer(1, name="old")])
    monkeypatch.setattr(export, "SETTLED_AFTER_SECONDS", 0)
    land(profile, from_export(path.parent))
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    hashed: list[str] = []
    file_digest = hashlib.file_digest

    def counting(file: BinaryIO, algorithm: str) -> Any:
        hashed.append(file.name)
        return file_digest(file, algorithm)

    monkeypatch.setattr(hashlib, "file_digest", counting)
    assert (land(profile, from_export(path.parent)).rows, hashed) == ({}, [])
    write_lines(path, [customer(1, name="new")])
    os.utime(path, ns=times)
    assert land(profile, from_export(path.parent)).rows == {"customer": 1}


def test_a_file_that_may_still_be_written_to_is_read_again(profile: Profile, tmp_path: Path) -> None:
    path = tmp_path / "x/customer.jsonl"
    write_lines(path, [customer(1)])
    land(profile, from_export(path.parent))
    assert rows(profile, "select mark from stripe.resource_status where resource = 'customer'") == [{"mark": None}]


def test_a_warehouse_of_a_version_without_marks_is_read_on(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1)])
    land(profile, from_export(tmp_path / "x"))
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute("alter table stripe.resource_status drop column mark")
    write_lines(tmp_path / "x/customer.jsonl", [customer(1), customer(2)])
    assert land(profile, from_export(tmp_path / "x")).rows == {"customer": 1}
    assert states(profile)["customer"]["row_count"] == 2


def test_a_changed_object_lands_as_a_further_version(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/invoice.jsonl", [invoice(1), invoice(2)])
    land(profile, from_export(tmp_path / "x"))
    write_lines(tmp_path / "x/invoice.jsonl", [invoice(1, status="paid", amount_remaining=0), invoice(2)])
    later = datetime(2026, 1, 1, tzinfo=UTC)
    assert land(profile, from_export(tmp_path / "x", stripe_export_at=later)).rows == {"invoice": 1}
    assert newest(profile, "invoice")["in_1"]["status"] == "paid"


def test_the_export_states_its_time_by_setting_manifest_or_newest_moment(profile: Profile, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    transitions = {"paid_at": 1_700_000_500, "voided_at": None}
    write_lines(
        folder / "invoice.jsonl",
        [invoice(1, status_transitions=transitions, next_payment_attempt=1_900_000_000, cancel_at=1_900_000_000)],
    )
    assert land(profile, from_export(folder)).source_now == datetime.fromtimestamp(1_700_000_500, UTC)
    (folder / "manifest.json").write_text('{"exported_at": "2025-01-02T03:04:05Z"}')
    other = Profile(tmp_path / "other")
    assert land(other, from_export(folder)).source_now == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
    stated = datetime(2025, 2, 1, tzinfo=UTC)
    third = Profile(tmp_path / "third")
    assert land(third, from_export(folder, stripe_export_at=stated)).source_now == stated


def test_rows_of_the_other_mode_are_left_out_and_counted(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1), customer(2, livemode=False)])
    report = land(profile, from_export(tmp_path / "x"))
    assert (set(newest(profile, "customer")), report.other_mode) == ({"cus_1"}, 1)
    test = Profile(tmp_path / "test")
    land(test, from_export(tmp_path / "x", stripe_mode="test"))
    assert set(newest(test, "customer")) == {"cus_2"}


def test_one_home_keeps_to_one_mode(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1), customer(2, livemode=False)])
    land(profile, from_export(tmp_path / "x"))
    with pytest.raises(ExportError, match="another LEAKS_HOME"):
        land(profile, from_export(tmp_path / "x", stripe_mode="test"))


def test_a_missing_file_is_a_switched_off_resource_and_no_empty_one(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1)])
    land(profile, from_export(tmp_path / "x"))
    assert not states(profile)["charge"]["is_on"]
    assert "charge.jsonl" in states(profile)["charge"]["reason"]
    write_lines(tmp_path / "x/charge.jsonl", [])
    land(profile, from_export(tmp_path / "x"))
    assert states(profile)["charge"]["is_on"]


def test_an_event_lands_its_envelope_and_the_version_it_carries(profile: Profile, tmp_path: Path) -> None:
    paid = invoice(1, status="paid", amount_remaining=0)
    write_lines(tmp_path / "x/event.jsonl", [event(1, 1_700_000_100, "invoice.paid", paid)])
    land(profile, from_export(tmp_path / "x"))
    (landed,) = rows(profile, "select * from stripe.invoice")
    assert (landed["source"], landed["event_id"], landed["version_at"].timestamp()) == (
        "event",
        "evt_1",
        datetime.fromtimestamp(1_700_000_100, UTC).replace(tzinfo=None).timestamp(),
    )
    assert newest(profile, "event")["evt_1"]["data"]["object"] == {
        "id": "in_1",
        "object": "invoice",
        "customer": "cus_1",
    }


def test_an_event_of_a_type_we_do_not_land_keeps_its_envelope(profile: Profile, tmp_path: Path) -> None:
    upcoming = {key: value for key, value in invoice(1).items() if key != "id"}
    write_lines(
        tmp_path / "x/event.jsonl",
        [
            event(1, 1_700_000_100, "invoice.upcoming", upcoming),
            event(2, 1_700_000_101, "payout.paid", {"id": "po_1", "object": "payout"}),
        ],
    )
    report = land(profile, from_export(tmp_path / "x"))
    assert (report.rows, report.quarantined) == ({"event": 2}, 0)


def test_a_deleting_event_marks_the_object_deleted_but_an_ended_subscription_stays(
    profile: Profile, tmp_path: Path
) -> None:
    ended = {"id": "sub_1", "object": "subscription", "created": 1, "livemode": True, "status": "canceled"}
    write_lines(
        tmp_path / "x/event.jsonl",
        [
            event(1, 1_700_000_100, "customer.deleted", customer(1)),
            event(2, 1_700_000_100, "customer.subscription.deleted", ended),
        ],
    )
    land(profile, from_export(tmp_path / "x"))
    assert newest(profile, "customer")["cus_1"]["deleted"] is True
    assert "deleted" not in newest(profile, "subscription")["sub_1"]


def test_stripes_own_example_objects_land_without_a_refusal(profile: Profile, tmp_path: Path) -> None:
    path = specification_path().with_name("fixtures.json")
    if not path.exists():
        absent(str(path))
    from ingestion.stripe.resources import BY_OBJECT, EVENT

    resources = json.loads(path.read_text())["resources"]
    known = {**{r.object: r.name for r in BY_OBJECT.values()}, EVENT.object: EVENT.name}
    found: dict[str, list[dict[str, object]]] = {}
    for resource in resources.values():
        if isinstance(resource, dict) and resource.get("object") in known:
            found.setdefault(known[resource["object"]], []).append({**resource, "livemode": True})
    for name, objects in found.items():
        write_lines(tmp_path / f"x/{name}.jsonl", objects)
    report = land(profile, from_export(tmp_path / "x"))
    # Stripe's generated example of an invoice payment says "currency": "currency".
    assert {(row["resource"], row["reason"]) for row in quarantine(profile)} == {
        ("invoice_payment", "unknown currency 'currency'")
    }
    assert len(found) >= 15
    assert set(report.rows) >= set(found) - {"invoice_payment"}


def test_two_files_of_one_object_type_are_refused(profile: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "x/customer.jsonl", [customer(1)])
    write_lines(tmp_path / "x/customer.jsonl.gz", [customer(1)])
    with pytest.raises(ExportError, match="more than once"):
        land(profile, from_export(tmp_path / "x"))


def test_a_large_plain_file_is_read_in_stretches_without_losing_a_line(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ingestion.stripe import lines

    monkeypatch.setattr(lines, "PLAIN_CHUNK_BYTES", 1000)
    monkeypatch.setattr(lines, "BLOCK_BYTES", 150)
    write_lines(tmp_path / "x/customer.jsonl", [customer(n, name="x" * (n % 40)) for n in range(300)])
    assert land(profile, from_export(tmp_path / "x")).rows == {"customer": 300}
    assert len({v[1] for v in versions(profile)}) == 300
