"""A second export is read by its new lines only, and that changes nothing in what lands."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingestion.profile import Profile
from ingestion.stripe import chunks
from tests.ingestion.landed import customer, event, from_export, invoice, land, newest, rows, versions, write_lines


def _at(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def test_only_new_lines_are_parsed(profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "x"
    write_lines(folder / "customer.jsonl", [customer(number) for number in range(20)])
    land(profile, from_export(folder))
    parsed: list[bytes] = []
    parse = chunks.parse

    def counting(line: bytes) -> Any:
        parsed.append(line)
        return parse(line)

    monkeypatch.setattr(chunks, "parse", counting)
    write_lines(folder / "customer.jsonl", [customer(7, name="new"), *(customer(number) for number in range(20, 22))])
    write_lines(
        folder / "customer.jsonl",
        [*(customer(number) for number in range(7)), customer(7, name="new"), *(customer(n) for n in range(8, 22))],
    )
    report = land(profile, from_export(folder))
    assert (report.rows, len(parsed)) == ({"customer": 3}, 3)
    assert rows(profile, "select row_count from stripe.resource_status where resource = 'customer'") == [
        {"row_count": 22}
    ]


def test_an_object_that_changed_back_has_its_old_line_and_lands_again(profile: Profile, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    for day, status in enumerate(("open", "paid", "open"), start=1):
        write_lines(folder / "invoice.jsonl", [invoice(1, status=status), invoice(2)])
        land(profile, from_export(folder, stripe_export_at=_at(day)))
    assert newest(profile, "invoice")["in_1"]["status"] == "open"


def test_a_change_that_only_an_event_told_is_taken_back_by_the_old_line(profile: Profile, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    write_lines(folder / "invoice.jsonl", [invoice(1)])
    land(profile, from_export(folder, stripe_export_at=_at(1)))
    paid = event(1, int(_at(2).timestamp()), "invoice.paid", invoice(1, status="paid"))
    write_lines(folder / "event.jsonl", [paid])
    write_lines(folder / "invoice.jsonl", [invoice(1), invoice(3)])
    land(profile, from_export(folder, stripe_export_at=_at(3)))
    assert newest(profile, "invoice")["in_1"]["status"] == "open"


def test_an_export_with_two_states_of_an_object_does_not_make_either_of_them_sure(
    profile: Profile, tmp_path: Path
) -> None:
    folder = tmp_path / "x"
    states = ("open", "paid")
    write_lines(folder / "invoice.jsonl", [invoice(1, status=status) for status in states])
    land(profile, from_export(folder, stripe_export_at=_at(1)))
    other = next(s for s in states if s != newest(profile, "invoice")["in_1"]["status"])
    write_lines(folder / "invoice.jsonl", [invoice(1, status=other)])
    land(profile, from_export(folder, stripe_export_at=_at(2)))
    assert newest(profile, "invoice")["in_1"]["status"] == other


def test_the_time_of_an_export_counts_lines_that_are_not_parsed_again(profile: Profile, tmp_path: Path) -> None:
    folder = tmp_path / "x"
    write_lines(folder / "customer.jsonl", [customer(1), customer(900)])
    write_lines(folder / "invoice.jsonl", [invoice(950)])
    land(profile, from_export(folder))
    write_lines(folder / "customer.jsonl", [customer(1), customer(2), customer(900)])
    assert land(profile, from_export(folder)).source_now == datetime.fromtimestamp(1_700_000_950, UTC)


@pytest.mark.parametrize("seed", range(5))
def test_a_row_of_exports_lands_the_same_states_with_and_without_memory(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with_memory, without = Profile(tmp_path / "with"), Profile(tmp_path / "without")
    folder = tmp_path / "x"
    statuses = dict.fromkeys(range(6), "open")
    for day in range(1, 8):
        events = []
        for number in chance.sample(sorted(statuses), 2):
            statuses[number] = chance.choice(["open", "paid", "void"])
            if chance.random() < 0.6:
                told = invoice(number, status=chance.choice(["open", "paid", "void"]))
                events.append(event(day * 10 + number, int(_at(day).timestamp()) - number, "invoice.updated", told))
        # A file that is the same to the byte says nothing new; one line of each makes it another.
        lines = [invoice(number, status=status) for number, status in statuses.items()]
        write_lines(folder / "invoice.jsonl", [*lines, invoice(99, description=str(day))])
        write_lines(folder / "event.jsonl", events)
        for profile in (with_memory, without):
            land(profile, from_export(folder, stripe_export_at=_at(day)))
        _forget(without)
        found = {id: one["status"] for id, one in newest(with_memory, "invoice").items()}
        assert found == {f"in_{n}": s for n, s in statuses.items()} | {"in_99": "open"}
    assert versions(with_memory) == versions(without)


def _forget(profile: Profile) -> None:
    import duckdb

    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute("delete from stripe.export_lines")
