"""How often and when a customer is written to, to the second."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.actions.good_time import zones_of
from revops.domain.contact_hours import ContactHours, ContactHoursError, holiday, may_write
from revops.domain.contacts import ContactLimitError, Limits, NotBefore, may_contact

AT = datetime(2026, 11, 12, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LIMITS = Limits()
MOMENTS = st.integers(0, 60 * 24 * 60).map(lambda minutes: AT + timedelta(minutes=minutes))


def ago(**how: float) -> datetime:
    return AT - timedelta(**how)


def hours_of(country: str | None) -> ContactHours:
    return ContactHours(zones_of(country), country)


def test_somebody_who_was_never_written_to_may_be() -> None:
    assert may_contact([], AT, LIMITS) is None


def test_two_contacts_lie_48_hours_apart_to_the_second() -> None:
    assert may_contact([ago(hours=48)], AT, LIMITS) is None
    assert may_contact([ago(hours=48) + SECOND], AT, LIMITS) == NotBefore(
        AT + SECOND, "Two contacts lie at least 48 hours apart."
    )


def test_a_third_in_seven_days_waits_until_the_first_is_seven_days_old_to_the_second() -> None:
    assert may_contact([ago(days=7), ago(days=3)], AT, LIMITS) is None
    assert may_contact([ago(days=3), ago(days=7) + SECOND], AT, LIMITS) == NotBefore(
        AT + SECOND, "A customer gets at most 2 contacts in 7 days."
    )


def test_what_is_fixed_for_later_counts_too() -> None:
    assert may_contact([AT + timedelta(hours=47)], AT, LIMITS) == NotBefore(
        AT + timedelta(hours=95), "Two contacts lie at least 48 hours apart."
    )
    waits = may_contact([AT + timedelta(days=2), AT + timedelta(days=4)], AT, LIMITS)
    assert waits == NotBefore(AT + timedelta(days=9), "A customer gets at most 2 contacts in 7 days.")


def test_too_many_of_before_are_no_reason_against_one_that_is_far_from_them() -> None:
    crowd = [ago(days=20, hours=hours) for hours in range(5)]
    assert may_contact(crowd, AT, LIMITS) is None


def test_a_time_is_said_in_utc_wherever_the_contact_was_noted() -> None:
    waits = may_contact([AT.astimezone(ZoneInfo("Asia/Tokyo"))], AT, LIMITS)
    assert waits is not None
    assert (waits.at, waits.at.tzinfo) == (AT + timedelta(hours=48), UTC)


def test_limits_are_said_in_their_own_words() -> None:
    limits = Limits(at_most=1, within=timedelta(days=30), apart=timedelta(hours=72))
    assert [may_contact([ago(days=days)], AT, limits) for days in (1, 5)] == [
        NotBefore(AT + timedelta(days=29), "Two contacts lie at least 3 days apart."),
        NotBefore(AT + timedelta(days=25), "A customer gets at most one contact in 30 days."),
    ]


@pytest.mark.parametrize(
    "limits",
    [{"at_most": 0}, {"within": timedelta(0)}, {"apart": timedelta(seconds=-1)}],
)
def test_limits_that_nobody_could_keep_are_refused(limits: dict[str, int]) -> None:
    with pytest.raises(ContactLimitError, match="switch the letters off"):
        Limits(**limits)  # type: ignore[arg-type]


def is_kept(contacts: list[datetime]) -> bool:
    """The limits, counted another way: every window that begins with a contact."""
    ordered = sorted(contacts)
    apart = all(later - earlier >= timedelta(hours=48) for earlier, later in pairwise(ordered))
    return apart and all(sum(one <= other < one + timedelta(days=7) for other in ordered) <= 2 for one in ordered)


@given(st.lists(MOMENTS, max_size=30))
def test_whoever_writes_only_when_it_is_allowed_never_breaks_a_limit(wanted: list[datetime]) -> None:
    sent: list[datetime] = []
    for at in wanted:
        refused = may_contact(sent, at, LIMITS)
        assert (refused is None) == is_kept([*sent, at])
        moment = at if refused is None else refused.at
        assert moment >= at
        sent.append(moment)
        assert is_kept(sent)


@given(st.lists(MOMENTS, max_size=6), MOMENTS)
def test_it_is_the_first_moment_that_is_allowed(history: list[datetime], at: datetime) -> None:
    refused = may_contact(history, at, LIMITS)
    if refused is not None:
        assert may_contact(history, refused.at, LIMITS) is None
        assert may_contact(history, refused.at - SECOND, LIMITS) is not None


@pytest.mark.parametrize(
    ("at", "country", "when"),
    [
        (datetime(2026, 11, 12, 7, 59, 59, tzinfo=UTC), "GB", datetime(2026, 11, 12, 8, tzinfo=UTC)),
        (datetime(2026, 11, 12, 8, tzinfo=UTC), "GB", None),
        (datetime(2026, 11, 12, 19, 59, 59, tzinfo=UTC), "GB", None),
        (datetime(2026, 11, 12, 20, tzinfo=UTC), "GB", datetime(2026, 11, 13, 8, tzinfo=UTC)),
        (datetime(2026, 11, 12, 11, tzinfo=UTC), "JP", datetime(2026, 11, 12, 23, tzinfo=UTC)),
        # A common day from New York's to Honolulu's: 8 in the west is 13 in the east.
        (datetime(2026, 11, 12, 14, tzinfo=UTC), "US", datetime(2026, 11, 12, 18, tzinfo=UTC)),
        (datetime(2026, 11, 12, 4, tzinfo=UTC), "ZZ", datetime(2026, 11, 12, 8, tzinfo=UTC)),
        (datetime(2026, 11, 12, 4, tzinfo=UTC), None, datetime(2026, 11, 12, 8, tzinfo=UTC)),
        # Clocks went back in the night.
        (datetime(2026, 10, 24, 20, tzinfo=UTC), "DE", datetime(2026, 10, 25, 7, tzinfo=UTC)),
    ],
    ids=["too early", "first second", "last second", "too late", "tokyo", "many zones", "unknown", "none", "clocks"],
)
def test_hours_are_those_of_the_customers_own_day(at: datetime, country: str | None, when: datetime | None) -> None:
    found = hours_of(country).may_contact(at)
    expected = "Nobody is written to before 8 or from 20 o'clock of their own day."
    assert found == (None if when is None else NotBefore(when, expected))


def test_where_zones_have_no_hour_in_common_the_first_counts() -> None:
    zones = (ZoneInfo("Asia/Dhaka"), ZoneInfo("America/Chicago"))
    hours = ContactHours(zones)
    assert hours.may_contact(datetime(2026, 11, 12, 2, tzinfo=UTC)) is None
    refused = hours.may_contact(datetime(2026, 11, 12, 14, tzinfo=UTC))
    assert refused is not None
    assert refused.at == datetime(2026, 11, 13, 2, tzinfo=UTC)


def test_nobody_is_written_to_on_a_holiday_of_their_country() -> None:
    christmas = datetime(2026, 12, 25, 12, tzinfo=UTC)
    assert hours_of("DE").may_contact(christmas) == NotBefore(
        datetime(2026, 12, 27, 7, tzinfo=UTC), "It is a holiday where the customer is (Christmas Day)."
    )
    assert hours_of("JP").may_contact(christmas - timedelta(hours=9)) is None
    assert hours_of("ZZ").may_contact(christmas) is None
    assert hours_of("de").may_contact(christmas) == hours_of("DE").may_contact(christmas)


def test_a_holiday_is_a_day_of_the_customers_own_calendar() -> None:
    new_years_eve = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    refused = hours_of("JP").may_contact(new_years_eve)
    assert refused is not None
    assert refused.why == "It is a holiday where the customer is (New Year's Day)."
    assert holiday("JP", date(2026, 12, 31)) is None
    assert holiday("JP", date(2027, 1, 1)) == "New Year's Day"


@pytest.mark.parametrize(
    "wrong", [{"first": 20, "last": 8}, {"first": 8, "last": 8}, {"first": 8, "last": 25}, {"first": -1}, {"zones": ()}]
)
def test_hours_in_which_nobody_could_be_reached_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ContactHoursError, match="give an hour of the day"):
        ContactHours(**wrong)  # type: ignore[arg-type]


def test_hours_may_be_the_whole_day() -> None:
    hours = ContactHours(first=0, last=24)
    assert [hours.may_contact(AT.replace(hour=hour)) for hour in range(24)] == [None] * 24


@given(st.lists(MOMENTS, max_size=4), MOMENTS, st.sampled_from(["DE", "US", "JP", "NZ", "IN", None, "ZZ"]))
def test_limits_hours_and_holidays_hold_together(history: list[datetime], at: datetime, country: str | None) -> None:
    hours = hours_of(country)
    refused = may_write(history, at, LIMITS, hours)
    moment = at if refused is None else refused.at
    assert moment >= at
    assert may_contact(history, moment, LIMITS) is None
    assert hours.may_contact(moment) is None
    zone = zones_of(country)[0]
    assert 8 <= moment.astimezone(zone).hour < 20
    assert holiday(country, moment.astimezone(zone).date()) is None


def test_the_reason_is_the_one_that_stands_against_the_moment_asked_about() -> None:
    night = datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert may_write([night - timedelta(hours=47)], night, LIMITS, hours_of("DE")) == NotBefore(
        datetime(2026, 12, 27, 7, tzinfo=UTC), "Two contacts lie at least 48 hours apart."
    )
