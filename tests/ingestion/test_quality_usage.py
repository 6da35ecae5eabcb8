"""The product's logs pass the gate with warnings only; rows of impossible times are put aside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from ingestion import quality
from ingestion.errors import QualityCheckError
from ingestion.product_usage import load
from ingestion.profile import Profile
from ingestion.quality import QualityReport, usage
from ingestion.quality.questions import Between, Fact, Question
from ingestion.settings import ProductUsageSettings
from tests.ingestion.landed import rows, write_lines
from tests.ingestion.quality_home import answer, pass_gate, sound

TODAY = datetime.now(UTC).replace(microsecond=0)


def logins(days: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """So many logins each so many days from now."""
    return [
        {"customer": f"cus_{n}", "user_id": f"u{n}", "ts": (TODAY + timedelta(days=day, seconds=n)).isoformat()}
        for day, count in days
        for n in range(count)
    ]


def used(number: int, quantity: float) -> dict[str, Any]:
    return {
        "customer": f"cus_{number}",
        "metric": "api_calls",
        "quantity": quantity,
        "ts": TODAY.isoformat(),
        "idempotency_key": f"k{number}",
    }


def land(profile: Profile, folder: Path) -> QualityReport:
    settings = ProductUsageSettings(_env_file=None, leaks_product_usage=SecretStr(f"{folder}/*.jsonl"))
    load(profile, settings=settings)
    return quality.check_usage(profile)


@pytest.fixture
def home(profile: Profile, tmp_path: Path) -> Profile:
    """A home in which Stripe's part has passed."""
    pass_gate(profile, sound(tmp_path / "export"))
    return profile


def test_sound_logs_pass_and_stay_checked(home: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "logs" / "login.jsonl", logins([(-1, 30), (0, 30)]))
    write_lines(tmp_path / "logs" / "usage.jsonl", [used(1, 0), used(2, 5)])
    report = land(home, tmp_path / "logs")
    assert report.is_new
    assert [result.line for result in report.failed] == []
    assert {result.resource for result in report.results} == {"product.login", "product.usage"}
    again = land(home, tmp_path / "logs")
    assert not again.is_new
    assert len(again.results) == len(report.results)
    # Both parts stand side by side.
    assert answer(quality.stored(home), "ids_are_present", "customer").is_passed


def test_rows_of_impossible_times_are_put_aside_and_counted(home: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "logs" / "login.jsonl", logins([(-1, 5), (3, 2), (-365 * 20, 1)]))
    report = land(home, tmp_path / "logs")
    result = answer(report, "log_times_are_plausible", "product.login")
    assert (result.is_passed, result.severity, result.failed_count) == (False, "warning", 3)
    assert report.quarantined == 3
    assert rows(home, "select count(*) as n from product.login")[0]["n"] == 5
    kept = rows(home, "select * from product.quarantine order by raw_text")
    assert [row["origin"] for row in kept] == [f"{tmp_path / 'logs' / 'login.jsonl'}:0"] * 3
    assert "cus_0" in kept[0]["raw_text"]
    (status,) = rows(home, "select * from product.file_status")
    assert (status["landed_count"], status["quarantined_count"]) == (5, 3)
    # A later landing knows them still.
    write_lines(tmp_path / "logs" / "login_2.jsonl", logins([(0, 1)]))
    land(home, tmp_path / "logs")
    assert rows(home, "select count(*) as n from product.quarantine")[0]["n"] == 3


def test_an_hour_ahead_is_a_clock_and_no_fault(home: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "logs" / "login.jsonl", logins([(0, 3600)]))
    assert answer(land(home, tmp_path / "logs"), "log_times_are_plausible", "product.login").is_passed


def test_quantities_below_zero_are_a_warning_and_stay(home: Profile, tmp_path: Path) -> None:
    write_lines(tmp_path / "logs" / "usage.jsonl", [used(1, -1), used(2, 5)])
    report = land(home, tmp_path / "logs")
    result = answer(report, "quantities_are_not_negative", "product.usage")
    assert (result.is_passed, result.severity, result.failed_count) == (False, "warning", 1)
    assert rows(home, "select count(*) as n from product.usage")[0]["n"] == 2


@pytest.mark.parametrize(("sound_lines", "is_passed"), [(19, True), (18, False)])
def test_more_than_one_line_in_twenty_that_cannot_be_read_is_a_warning(
    home: Profile, tmp_path: Path, sound_lines: int, is_passed: bool
) -> None:
    write_lines(tmp_path / "logs" / "login.jsonl", [*logins([(-1, sound_lines)]), b'{"customer": "cus_1"}'])
    result = answer(land(home, tmp_path / "logs"), "logs_can_be_read", "product.login")
    assert (result.is_passed, result.severity) == (is_passed, "warning")


@pytest.mark.parametrize(
    ("new", "failed"),
    [
        ([(-1, 300)], []),
        ([(-1, 301)], ["usage_is_no_burst"]),
        ([(-1, 2)], []),
        ([(-1, 1)], ["usage_has_not_collapsed"]),
    ],
)
def test_volume_is_compared_with_the_last_28_days(
    home: Profile, tmp_path: Path, new: list[tuple[int, int]], failed: list[str]
) -> None:
    history = [(day, 100 if day == -9 else 20) for day in range(-20, -2)]
    write_lines(tmp_path / "logs" / "login.jsonl", logins(history))
    first = land(home, tmp_path / "logs")
    assert [r.expectation for r in first.results] == ["log_times_are_plausible", "logs_can_be_read"]
    # The same second a day later, so that exactly one day passed.
    last = TODAY + timedelta(days=-3, seconds=19)
    ((_, count),) = new
    lines = [
        {"customer": f"cus_{n}", "user_id": f"u{n}", "ts": (last + timedelta(days=1)).isoformat()} for n in range(count)
    ]
    write_lines(tmp_path / "logs" / "login_2.jsonl", lines)
    assert [result.expectation for result in land(home, tmp_path / "logs").failed] == failed


def test_a_broken_check_of_logs_is_an_error(home: Profile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_lines(tmp_path / "logs" / "login.jsonl", logins([(-1, 5)]))
    broken = Question("breaks", "warning", Between(high=1), "a number", [Fact("product.login", "no number")])
    with monkeypatch.context() as patched:
        patched.setattr(usage, "_volume", lambda *_: [broken])
        with pytest.raises(QualityCheckError, match="breaks could not be checked"):
            land(home, tmp_path / "logs")
    assert quality.check_usage(home).is_new
