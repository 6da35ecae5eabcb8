"""Single rows at fault are found, put aside, and the rest goes on; what only looks odd stays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion import quality
from ingestion.errors import QualityError
from ingestion.profile import Profile
from ingestion.quality import QualityReport, rows
from ingestion.quality.accepted import Landed
from tests.ingestion.landed import customer, quarantine, states
from tests.ingestion.quality_home import NOW, answer, arrive, ids, owned, smuggle, sound

END_OF_TOMORROW = int(datetime(2026, 10, 3, tzinfo=UTC).timestamp())
Case = tuple[str, str, dict[str, Any]]
FAULTS: list[Case] = [
    ("ids_are_present", "invoice", {"id": "", "payload": owned(1)}),
    ("ids_are_of_their_type", "invoice", {"id": "cus_x", "payload": owned(1)}),
    ("ids_are_of_their_type", "subscription", {"id": "sub_sched_x", "payload": {"object": "subscription"}}),
    ("payloads_are_objects", "invoice", {"id": "in_cut", "payload": '{"id": "in_cut", "amount'}),
    ("payloads_are_objects", "invoice", {"id": "in_list", "payload": "[1, 2]"}),
    ("objects_are_of_their_type", "invoice", {"id": "in_charge", "payload": owned(1, object="charge")}),
    ("amounts_are_integers", "invoice", {"id": "in_float", "payload": owned(1, amount_due=10.5)}),
    ("amounts_are_integers", "invoice", {"id": "in_text", "payload": owned(1, total="1000")}),
    ("currencies_are_known", "invoice", {"id": "in_upper", "payload": owned(1, currency="USD")}),
    ("currencies_are_known", "invoice", {"id": "in_quote", "payload": owned(1, currency="us'd")}),
    ("times_are_plausible", "invoice", {"id": "in_2009", "payload": owned(1, created=int(rows.EARLIEST) - 1)}),
    ("times_are_plausible", "invoice", {"id": "in_ahead", "payload": owned(1, created=END_OF_TOMORROW)}),
    (
        "versions_are_not_of_the_future",
        "invoice",
        {"id": "in_version", "version_at": "2026-10-03 00:00:00", "payload": owned(1)},
    ),
    ("modes_are_ours", "invoice", {"id": "in_test", "payload": owned(1, livemode=False)}),
]
HARMLESS: list[Case] = [
    ("ids_are_present", "customer", {"id": "our_own_id", "payload": customer(1)}),
    ("ids_are_present", "price", {"id": "in_house_monthly", "payload": {"object": "price"}}),
    ("ids_are_present", "coupon", {"id": "re_engage", "payload": {"object": "coupon"}}),
    ("ids_are_of_their_type", "charge", {"id": "py_9", "payload": {"object": "charge"}}),
    ("objects_are_of_their_type", "product", {"id": "prod_9", "payload": {"object": "product"}}),
    ("amounts_are_integers", "refund", {"id": "re_9", "payload": {"amount": -1}}),
    ("amounts_are_integers", "price", {"id": "price_9", "payload": {"unit_amount": 2**62}}),
    ("amounts_are_integers", "coupon", {"id": "TEN", "payload": {"amount_off": None}}),
    ("currencies_are_known", "dispute", {"id": "dp_9", "payload": {"currency": "kwd"}}),
    ("times_are_plausible", "payment_intent", {"id": "pi_9", "payload": {"created": int(rows.EARLIEST)}}),
    ("times_are_plausible", "promotion_code", {"id": "promo_9", "payload": {"created": END_OF_TOMORROW - 1}}),
    (
        "versions_are_not_of_the_future",
        "balance_transaction",
        {"id": "txn_9", "version_at": "2026-10-02 23:59:59", "payload": {}},
    ),
    ("modes_are_ours", "customer", {"id": "cus_9", "payload": {"object": "customer"}}),
]


@dataclass(frozen=True)
class Checked:
    """A landing of all cases at once, after the gate."""

    profile: Profile
    report: QualityReport


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    folder = tmp_path_factory.mktemp("rows")
    profile = Profile(folder / "home")
    arrive(profile, sound(folder / "export"))
    for _, table, row in (*FAULTS, *HARMLESS):
        smuggle(profile, table, [row])
    return Checked(profile, quality.check(profile))


@pytest.mark.parametrize(("check", "table", "row"), FAULTS)
def test_a_row_at_fault_is_put_aside_whole(checked: Checked, check: str, table: str, row: dict[str, Any]) -> None:
    result = answer(checked.report, check, table)
    assert (result.is_passed, result.severity) == (False, "warning")
    assert row["id"] not in ids(checked.profile, table)
    (kept,) = [one for one in quarantine(checked.profile) if one["id"] == row["id"]]
    assert (kept["resource"], kept["origin"]) == (table, "quality gate")
    assert kept["reason"].startswith(check)
    assert kept["raw_text"] == (row["payload"] if isinstance(row["payload"], str) else json.dumps(row["payload"]))


@pytest.mark.parametrize(("check", "table", "row"), HARMLESS)
def test_what_only_looks_odd_stays(checked: Checked, check: str, table: str, row: dict[str, Any]) -> None:
    assert answer(checked.report, check, table).is_passed
    assert row["id"] in ids(checked.profile, table)


def test_the_rest_goes_on(checked: Checked) -> None:
    assert checked.report.quarantined == len(FAULTS)
    assert ids(checked.profile, "invoice") == {f"in_{number}" for number in range(30)}
    put_aside = {name: state["quarantined_count"] for name, state in states(checked.profile).items()}
    assert (put_aside["invoice"], put_aside["subscription"], put_aside["customer"]) == (len(FAULTS) - 1, 1, 0)


def test_equal_values_are_one_fact_however_many_rows_have_them(checked: Checked) -> None:
    with duckdb.connect(str(checked.profile.warehouse)) as connection:
        everything = Landed("invoice", 30, None)
        rows.parse(connection, everything, None)
        found = {check.name: rows.facts(connection, everything, check) for check in rows.CHECKS}
    assert {name: sum(fact.rows for fact in some) for name, some in found.items()} == dict.fromkeys(found, 30)
    assert {name for name, some in found.items() if len(some) > 1} == set()


def test_a_test_clock_may_run_ahead_in_test_mode(profile: Profile, tmp_path: Path) -> None:
    folder = sound(tmp_path / "export", livemode=False)
    for file in folder.iterdir():
        file.write_text(file.read_text().replace('"livemode": true', '"livemode": false'))
    arrive(profile, folder, stripe_mode="test")
    ahead = int((NOW + timedelta(days=400)).timestamp())
    smuggle(profile, "invoice", [{"id": "in_9", "payload": owned(9, created=ahead, livemode=False)}])
    report = quality.check(profile)
    result = answer(report, "times_are_plausible", "invoice")
    assert (result.is_passed, result.severity) == (False, "warning")
    assert "in_9" in ids(profile, "invoice")


@pytest.mark.parametrize(
    ("sound_rows", "faulty_rows", "is_stopped"), [(3, 10, False), (208, 11, True), (209, 11, False)]
)
def test_ten_rows_or_one_in_twenty_are_single_rows_and_more_are_a_suspect_load(
    profile: Profile, tmp_path: Path, sound_rows: int, faulty_rows: int, is_stopped: bool
) -> None:
    arrive(profile, sound(tmp_path / "export", range(sound_rows)))
    faulty = [{"id": f"in_x{n}", "payload": owned(0, id=f"in_x{n}", currency="xxq")} for n in range(faulty_rows)]
    smuggle(profile, "invoice", faulty)
    if not is_stopped:
        assert quality.check(profile).quarantined == faulty_rows
        assert len(ids(profile, "invoice")) == sound_rows
        return
    with pytest.raises(QualityError, match=r"11 with 'xxq' of 219 rows \(in_x0, in_x1, in_x10\)"):
        quality.check(profile)


def test_of_a_large_landing_some_payloads_are_parsed_but_no_row_at_fault_stays(
    profile: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "PARSED_ROWS", 4096)
    numbers = range(20_000)
    arrive(profile, sound(tmp_path / "export", numbers))
    faulty = {f"in_{number}" for number in numbers if number % 50 == 0}
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute(
            "update stripe.invoice set payload = replace(payload, '\"usd\"', '\"xxq\"') where list_contains($1, id)",
            [sorted(faulty)],
        )
    report = quality.check(profile)
    assert "of 20,000 rows looked at" in answer(report, "currencies_are_known", "invoice").observed
    assert report.quarantined == len(faulty)
    assert {row["id"] for row in quarantine(profile)} == faulty
    assert len(ids(profile, "invoice")) == len(numbers) - len(faulty)
