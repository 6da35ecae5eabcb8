"""A landing as a whole: whose it is, in which mode, when, and how much; what is harmless stops nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import quality
from ingestion.errors import QualityError
from ingestion.profile import Profile
from ingestion.quality import loads
from ingestion.quality.accepted import Landed
from ingestion.quality.loads import Integration
from tests.ingestion.landed import customer, event, write_lines
from tests.ingestion.quality_home import NOW, SECOND, answer, arrive, ids, owned, pass_gate, smuggle, sound

HOSTED = "https://invoice.stripe.com/i/{}/live_x"


def test_a_few_dangling_references_are_a_warning_with_their_ids(profile: Profile, tmp_path: Path) -> None:
    arrive(profile, sound(tmp_path / "export"))
    smuggle(profile, "invoice", [{"id": "in_x", "payload": owned(1, customer="cus_gone", subscription="sub_gone")}])
    report = quality.check(profile)
    result = answer(report, "references_exist", "invoice")
    assert (result.is_passed, result.severity, result.sample) == (False, "warning", ("in_x",))
    assert "1 of 31 rows name a customer" in result.observed
    # No file of subscriptions came, so nothing is known of them.
    assert "subscription" not in result.observed


def test_a_version_that_landed_twice_is_a_warning_and_a_state_that_came_back_is_none(
    profile: Profile, tmp_path: Path
) -> None:
    arrive(profile, sound(tmp_path / "export"))
    again = {"id": "in_x", "payload": owned(1)}
    back = [{"id": "in_y", "payload": owned(1), "version_at": f"2026-09-0{day} 00:00:00"} for day in (1, 2)]
    smuggle(profile, "invoice", [again, again, again, *back, {**back[0], "source": "event", "event_id": "evt_9"}])
    result = answer(quality.check(profile), "versions_are_unique", "invoice")
    assert (result.is_passed, result.severity, result.failed_count, result.sample) == (False, "warning", 2, ("in_x",))
    assert result.observed == "2 of 36 rows are copies"


def test_expanded_and_new_shapes_of_references_are_understood(profile: Profile, tmp_path: Path) -> None:
    folder = sound(tmp_path / "export")
    subscription = {"id": "sub_1", "object": "subscription", "livemode": True, "customer": "cus_1", "created": SECOND}
    write_lines(folder / "subscription.jsonl", [subscription])
    arrive(profile, folder)
    parent = {"subscription_details": {"subscription": "sub_1"}}
    smuggle(
        profile,
        "invoice",
        [
            {"id": "in_x", "payload": owned(1, customer={"id": "cus_1", "object": "customer"}, parent=parent)},
            {"id": "in_y", "payload": owned(1, subscription="sub_1")},
            {"id": "in_z", "payload": owned(1, parent={"subscription_details": {"subscription": "sub_gone"}})},
        ],
    )
    result = answer(quality.check(profile), "references_exist", "invoice")
    assert result.observed == "1 of 3 rows name a subscription in `subscription` that has not landed"
    assert result.sample == ("in_z",)


@pytest.mark.parametrize(("known", "is_stopped"), [(4, False), (3, True)])
def test_invoices_of_deleted_customers_pass_but_not_those_of_nobody(
    profile: Profile, tmp_path: Path, known: int, is_stopped: bool
) -> None:
    folder = sound(tmp_path / "export", range(40))
    write_lines(folder / "customer.jsonl", [customer(number) for number in range(known)])
    if is_stopped:
        with pytest.raises(QualityError, match="37 of 40 rows name a customer"):
            pass_gate(profile, folder)
    else:
        assert not answer(pass_gate(profile, folder), "references_exist", "invoice").is_passed


@pytest.mark.parametrize(("others", "is_stopped"), [(15, False), (16, True)])
def test_an_export_of_mostly_the_other_mode_is_stopped(
    profile: Profile, tmp_path: Path, others: int, is_stopped: bool
) -> None:
    folder = sound(tmp_path / "export", range(7))
    strangers = [owned(100 + number, livemode=False) for number in range(others)]
    write_lines(folder / "invoice.jsonl", [*(owned(number) for number in range(7)), *strangers])
    if not is_stopped:
        result = answer(pass_gate(profile, folder), "no_other_mode", "integration")
        assert result.observed == "15 of 30 objects are test-mode objects"
        return
    with pytest.raises(QualityError, match=r"16 of 31 objects are test-mode objects.*STRIPE_MODE=test"):
        pass_gate(profile, folder)


def test_an_export_of_the_other_mode_is_stopped_though_nothing_of_it_lands(profile: Profile, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    write_lines(folder / "customer.jsonl", [customer(number, livemode=False) for number in range(3)])
    with pytest.raises(QualityError, match="STRIPE_MODE=test"):
        pass_gate(profile, folder)
    write_lines(folder / "customer.jsonl", [customer(number) for number in range(3)])
    assert pass_gate(profile, folder).critical == ()


def test_an_export_of_a_wrong_account_is_stopped_and_leaves_no_trace(profile: Profile, tmp_path: Path) -> None:
    pass_gate(profile, sound(tmp_path / "ours", range(30)))
    before = ids(profile, "customer"), ids(profile, "invoice")
    with pytest.raises(QualityError, match="0% of the 30 customers known before"):
        pass_gate(profile, sound(tmp_path / "theirs", range(1000, 1030)), at=NOW + timedelta(days=1))
    assert (ids(profile, "customer"), ids(profile, "invoice")) == before
    grown = sound(tmp_path / "ours", range(60))
    assert pass_gate(profile, grown, at=NOW + timedelta(days=2)).critical == ()


def test_an_export_of_only_new_customers_is_ours_if_known_ones_are_invoiced_in_it(
    profile: Profile, tmp_path: Path
) -> None:
    pass_gate(profile, sound(tmp_path / "ours", range(30)))
    folder = sound(tmp_path / "increment", range(1000, 1030))
    write_lines(folder / "invoice.jsonl", [owned(2000 + n, customer=f"cus_{n}") for n in range(30)])
    report = pass_gate(profile, folder, at=NOW + timedelta(days=1))
    assert answer(report, "account_is_familiar", "customer").is_passed


def test_invoices_that_name_another_account_are_stopped(profile: Profile, tmp_path: Path) -> None:
    ours = sound(tmp_path / "ours", range(30), hosted_invoice_url=HOSTED.format("acct_ours"))
    pass_gate(profile, ours)
    theirs = sound(tmp_path / "theirs", range(10), hosted_invoice_url=HOSTED.format("acct_theirs"))
    with pytest.raises(QualityError, match="10 of 10 invoices name another account than acct_ours: acct_theirs"):
        pass_gate(profile, theirs, at=NOW + timedelta(days=1))


def test_the_account_that_was_configured_counts_from_the_first_landing_on(profile: Profile, tmp_path: Path) -> None:
    theirs = sound(tmp_path / "theirs", range(10), hosted_invoice_url=HOSTED.format("acct_theirs"))
    with pytest.raises(QualityError, match="another account than acct_ours"):
        pass_gate(profile, theirs, stripe_account="acct_ours")


def test_a_clock_ahead_of_us_and_of_every_event_is_stopped(profile: Profile, tmp_path: Path) -> None:
    far = datetime.now(UTC) + timedelta(days=4000)
    with pytest.raises(QualityError, match="STRIPE_EXPORT_AT"):
        pass_gate(profile, sound(tmp_path / "export"), at=far)


@pytest.mark.parametrize("days", [29, -400])
def test_a_machine_with_a_wrong_clock_stops_nothing(profile: Profile, tmp_path: Path, days: int) -> None:
    newest = int(time.time()) + 4000 * 86_400
    folder = sound(tmp_path / "export")
    write_lines(folder / "event.jsonl", [event(1, newest, "customer.updated", customer(1, name="New"))])
    at = datetime.fromtimestamp(newest, UTC) + timedelta(days=max(days, 0)) if days > 0 else NOW
    if days < 0:
        folder = sound(tmp_path / "past")
    report = pass_gate(profile, folder, at=at)
    assert answer(report, "clock_is_plausible", "integration").is_passed
    assert answer(report, "events_are_fresh", "event").is_passed is (days < 0)


def test_a_landing_older_than_the_last_is_a_warning(profile: Profile, tmp_path: Path) -> None:
    first = pass_gate(profile, sound(tmp_path / "export"))
    assert answer(first, "clock_moves_forward", "integration").is_passed
    older = sound(tmp_path / "export", range(31))
    report = pass_gate(profile, older, at=NOW - timedelta(hours=1))
    result = answer(report, "clock_moves_forward", "integration")
    assert (result.is_passed, result.severity) == (False, "warning")


@pytest.mark.parametrize(("quiet", "is_passed"), [(timedelta(days=7), True), (timedelta(days=7, seconds=1), False)])
def test_a_week_without_events_is_a_warning(
    profile: Profile, tmp_path: Path, quiet: timedelta, is_passed: bool
) -> None:
    report = pass_gate(profile, sound(tmp_path / "export"), at=NOW + quiet)
    assert answer(report, "events_are_fresh", "event").is_passed is is_passed


def test_a_first_landing_says_that_it_has_no_history(profile: Profile, tmp_path: Path) -> None:
    report = pass_gate(profile, sound(tmp_path / "export"))
    result = answer(report, "volume_is_no_burst", "integration")
    assert result.is_passed
    assert result.observed == "62 rows in a first landing, no history to compare with"


@pytest.mark.parametrize(
    ("usual", "busiest", "new", "days", "failed"),
    [
        (20, 100, 300, 1.0, []),
        (20, 100, 301, 1.0, ["volume_is_no_burst"]),
        (20, 100, 2, 1.0, []),
        (20, 100, 1, 1.0, ["volume_has_not_collapsed"]),
        (20, 100, 0, 0.5, []),
        (20, 100, 0, 3.0, ["volume_has_not_collapsed"]),
        (19, 100, 0, 3.0, []),
    ],
)
def test_volume_is_compared_with_the_last_28_days(
    usual: int, busiest: int, new: int, days: float, failed: list[str]
) -> None:
    before = NOW.replace(tzinfo=None)
    loaded = before + timedelta(minutes=1)

    def rows(day: float, count: int, at: datetime) -> list[Any]:
        return [("event", before + timedelta(days=day), at)] * count

    history = [row for day in range(-20, 0) for row in rows(day, busiest if day == -5 else usual, loaded)]
    old = rows(-29, 5000, loaded)
    with duckdb.connect() as connection:
        connection.execute("create schema stripe")
        connection.execute("create table stripe.event (source varchar, version_at timestamp, loaded_at timestamp)")
        fresh = rows(days, new, loaded + timedelta(days=days))
        connection.executemany("insert into stripe.event values (?, ?, ?)", [*history, *old, *fresh])
        known = Integration("api", "acct_1", "live", before + timedelta(days=days), before, is_first=False)
        asked = loads.volumes(connection, known, [Landed("event", new, loaded)])
    assert [q.name for q in asked for f in q.facts if not _is_within(f.value, q.wanted)] == failed


def _is_within(value: Any, wanted: Any) -> bool:
    return (wanted.low is None or value >= wanted.low) and (wanted.high is None or value <= wanted.high)
