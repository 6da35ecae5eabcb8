"""A charge is made by day where the customer is, on the morning of a payday that is near, and never earlier."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from revops.actions.good_time import good_time, zones_of
from revops.actions.retry_invoice import read_unpaid_invoice
from revops.actions.retry_rules import LocalHours, read_retry_rules

RULES = read_retry_rules()
# A Thursday.
NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


def by_day(earliest: datetime, country: str | None = "GB") -> datetime:
    return good_time(earliest, country, RULES, waits_for_payday=False)


def by_payday(earliest: datetime, country: str | None = "GB") -> datetime:
    return good_time(earliest, country, RULES, waits_for_payday=True)


@pytest.fixture
def server_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time here is Tokyo's."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("hour", "minute", "when"),
    [
        (7, 59, datetime(2026, 11, 12, 10, tzinfo=UTC)),
        (8, 0, datetime(2026, 11, 12, 8, tzinfo=UTC)),
        (19, 59, datetime(2026, 11, 12, 19, 59, tzinfo=UTC)),
        (20, 0, datetime(2026, 11, 13, 10, tzinfo=UTC)),
    ],
)
def test_the_day_begins_and_ends_to_the_minute(hour: int, minute: int, when: datetime) -> None:
    assert by_day(NOON.replace(hour=hour, minute=minute)) == when


def test_a_morning_is_the_full_hour_however_odd_the_moment() -> None:
    odd = datetime(2026, 11, 12, 23, 41, 37, 123_456, tzinfo=UTC)
    assert by_day(odd) == datetime(2026, 11, 13, 10, tzinfo=UTC)
    assert by_payday(odd + timedelta(days=1)) == datetime(2026, 11, 15, 10, tzinfo=UTC)


def test_a_time_is_in_utc_and_whole_seconds_wherever_the_customer_is() -> None:
    found = by_day(datetime(2026, 11, 12, 12, 0, 0, 999_999, tzinfo=ZoneInfo("Asia/Tokyo")), "JP")
    assert (found, found.tzinfo) == (datetime(2026, 11, 12, 3, tzinfo=UTC), UTC)


def test_the_hour_is_the_customers_own_also_in_small_letters() -> None:
    evening = NOON.replace(hour=22)
    assert by_day(evening, "jp") == by_day(evening, "JP") == datetime(2026, 11, 13, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("earliest", "when"),
    [
        (datetime(2026, 11, 10, 12, tzinfo=UTC), datetime(2026, 11, 10, 12, tzinfo=UTC)),
        (datetime(2026, 11, 11, 12, tzinfo=UTC), datetime(2026, 11, 15, 10, tzinfo=UTC)),
        (datetime(2026, 11, 15, 6, tzinfo=UTC), datetime(2026, 11, 15, 10, tzinfo=UTC)),
        (datetime(2026, 11, 15, 15, tzinfo=UTC), datetime(2026, 11, 15, 15, tzinfo=UTC)),
        (datetime(2026, 11, 28, 12, tzinfo=UTC), datetime(2026, 12, 1, 10, tzinfo=UTC)),
    ],
    ids=["five days ahead", "four days ahead", "its morning", "its afternoon", "over the end of the month"],
)
def test_a_payday_within_four_days_is_waited_for_until_its_morning(earliest: datetime, when: datetime) -> None:
    assert by_payday(earliest) == when
    assert by_day(earliest) <= when


def test_a_payday_is_one_where_the_customer_is() -> None:
    # In Tokyo it is the 15th already.
    assert by_payday(datetime(2026, 11, 14, 22, tzinfo=UTC), "JP") == datetime(2026, 11, 15, 1, tzinfo=UTC)
    assert by_payday(datetime(2026, 11, 14, 16, tzinfo=UTC), "JP") == datetime(2026, 11, 15, 1, tzinfo=UTC)
    assert by_payday(datetime(2026, 11, 15, 12, tzinfo=UTC), "JP") == datetime(2026, 11, 16, 1, tzinfo=UTC)


def test_of_a_country_with_several_zones_it_is_day_in_all_of_them() -> None:
    # Noon in New York is morning in Los Angeles and before dawn in Hawaii.
    found = by_day(datetime(2026, 11, 12, 14, tzinfo=UTC), "US")
    hours = RULES.local_hours
    assert all(hours.first <= found.astimezone(zone).hour < hours.last for zone in zones_of("US"))
    assert found == datetime(2026, 11, 12, 18, tzinfo=UTC)


def test_where_its_days_have_no_hour_in_common_the_first_zone_counts() -> None:
    night = datetime(2026, 11, 12, 0, tzinfo=UTC)
    narrow = RULES.model_copy(update={"local_hours": LocalHours(first=10, last=12, best=10)})
    found = good_time(night, "US", narrow, waits_for_payday=False)
    assert found.astimezone(zones_of("US")[0]).hour == 10
    assert found - night < timedelta(days=1)


def test_zones_are_those_of_the_country_alone() -> None:
    assert zones_of("GB") == (ZoneInfo("Europe/London"),)
    assert ZoneInfo("America/Los_Angeles") in zones_of("US")
    assert ZoneInfo("Europe/London") not in zones_of("US")


@pytest.mark.usefixtures("server_in_tokyo")
def test_where_the_server_stands_changes_nothing() -> None:
    found = by_payday(datetime(2026, 11, 14, 23, 30, tzinfo=UTC))
    assert (found, found.utcoffset()) == (datetime(2026, 11, 15, 10, tzinfo=UTC), timedelta(0))
    said = {"invoice": "in_1", "amount_remaining_minor": 1, "currency": "usd", "status": "open", "verdict": "unpaid"}
    for text in ("2026-11-12T12:00:00", "2026-11-12T13:00:00+01:00"):
        read = read_unpaid_invoice({**said, "billed_at": text}, None, None).billed_at
        assert (read, read.utcoffset()) == (NOON, timedelta(0))
