"""What is due on an unpaid invoice and when, whatever happens between, and that nobody is ever flooded."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.actions.good_time import zones_of
from revops.domain.contact_hours import ContactHours, may_write
from revops.domain.contacts import Limits
from revops.domain.dunning import Due, Dunning, DunningError, after, due, started, upcoming
from revops.domain.dunning_events import (
    HOLD_REASONS,
    Contacted,
    Downgraded,
    DowngradeProposed,
    Ended,
    Event,
    Held,
    HoldReason,
    Paid,
    Reactivated,
    ReactivationProposed,
    Released,
    Retried,
)
from revops.domain.dunning_record import as_record, of_record
from revops.domain.dunning_schedule import Schedule, ScheduleError, Schedules, Step

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SCHEDULE = Schedule()
SECOND = timedelta(seconds=1)
TOPICS = ("payment_failed", "reminder", "urgent", "last_chance")


def on(days: float) -> datetime:
    return AT + timedelta(days=days)


def led(*events: Event, schedule: Schedule = SCHEDULE) -> Dunning:
    state = started("in_1", AT)
    for event in events:
        state = after(state, event, schedule)
    return state


def letters(*days: float) -> list[Event]:
    """The first letters of the schedule, on these days."""
    return [Contacted(on(day), topic, number) for number, (day, topic) in enumerate(zip(days, TOPICS, strict=False), 1)]


def test_letters_are_due_on_days_0_3_7_and_14_with_retries_from_the_second_on() -> None:
    state = led()
    for number, (day, topic) in enumerate(zip((0, 3, 7, 14), TOPICS, strict=True), 1):
        expected = Due("letter", on(day), topic, number, has_retry=number > 1)  # type: ignore[arg-type]
        assert upcoming(state, SCHEDULE) == expected
        assert due(state, SCHEDULE, on(day) - SECOND) is None
        assert due(state, SCHEDULE, on(day)) == expected
        state = after(state, Contacted(on(day), topic, number), SCHEDULE)  # type: ignore[arg-type]
    assert (state.step, state.status, state.grace_period_ends_at) == (4, "grace", on(21))


def test_after_seven_days_of_grace_a_downgrade_is_proposed_once() -> None:
    state = led(*letters(0, 3, 7, 14))
    assert due(state, SCHEDULE, on(21) - SECOND) is None
    assert due(state, SCHEDULE, on(21)) == Due("propose_downgrade", on(21))
    lapsed = after(state, DowngradeProposed(on(21)), SCHEDULE)
    assert lapsed.status == "lapsed"
    assert due(lapsed, SCHEDULE, on(100)) is None
    assert after(lapsed, DowngradeProposed(on(22)), SCHEDULE) == lapsed


def test_a_downgrade_is_told_once_and_money_after_it_brings_the_plan_back() -> None:
    downgraded = led(*letters(0, 3, 7, 14), DowngradeProposed(on(21)), Downgraded(on(22)))
    assert due(downgraded, SCHEDULE, on(22)) == Due("letter", on(22), "downgraded")
    told = after(downgraded, Contacted(on(22), "downgraded"), SCHEDULE)
    assert due(told, SCHEDULE, on(100)) is None
    paid = after(told, Paid(on(30)), SCHEDULE)
    assert due(paid, SCHEDULE, on(30)) == Due("propose_reactivation", on(30))
    asked = after(paid, ReactivationProposed(on(30)), SCHEDULE)
    assert due(asked, SCHEDULE, on(40)) is None
    back = after(asked, Reactivated(on(31)), SCHEDULE)
    assert due(back, SCHEDULE, on(31)) == Due("letter", on(31), "reactivated")
    over = after(back, Contacted(on(31), "reactivated"), SCHEDULE)
    assert (over.status, over.ended_because, over.ended_at) == ("ended", "paid", on(31))


def test_money_that_comes_before_the_downgrade_was_told_leaves_that_letter_out() -> None:
    paid = led(*letters(0, 3, 7, 14), Downgraded(on(22)), Paid(on(22)), Paid(on(23)))
    assert due(paid, SCHEDULE, on(25)) == Due("propose_reactivation", on(22))


@pytest.mark.parametrize("reached", range(5))
def test_it_stops_the_moment_the_money_is_there(reached: int) -> None:
    state = led(*letters(*(0, 3, 7, 14)[:reached]), Paid(on(15)))
    assert (state.status, state.ended_at, state.ended_because) == ("ended", on(15), "paid")
    assert due(state, SCHEDULE, on(500)) is None
    assert after(state, Retried(on(16)), SCHEDULE) == state


def test_what_ends_without_money_says_why() -> None:
    state = led(Ended(on(2), "voided"))
    assert (state.status, state.ended_because) == ("ended", "voided")
    assert due(state, SCHEDULE, on(50)) is None


@pytest.mark.parametrize("reason", HOLD_REASONS)
def test_a_hold_stops_it_and_the_schedule_goes_on_where_it_stood(reason: HoldReason) -> None:
    held = led(*letters(0), Held(on(2), reason))
    assert due(held, SCHEDULE, on(40)) is None
    released = after(held, Released(on(40), reason), SCHEDULE)
    assert due(released, SCHEDULE, on(41) - SECOND) is None
    assert due(released, SCHEDULE, on(41)) == Due("letter", on(41), "reminder", 2, has_retry=True)


def test_of_two_holds_the_last_to_go_ends_them() -> None:
    events = [Held(on(1), "disputed"), Held(on(2), "stale_data"), Released(on(3), "disputed")]
    held = led(*letters(0), *events)
    assert held.is_held
    assert (held.held_since, held.held_for) == (on(1), timedelta(0))
    released = after(held, Released(on(6), "stale_data"), SCHEDULE)
    assert (released.is_held, released.held_since, released.held_for) == (False, None, timedelta(days=5))
    assert after(released, Released(on(9), "stale_data"), SCHEDULE) == released


def test_a_hold_in_the_days_of_grace_prolongs_them() -> None:
    state = led(*letters(0, 3, 7, 14), Held(on(15), "paused"), Released(on(19), "paused"))
    assert state.grace_period_ends_at == on(25)


def test_an_end_of_a_hold_with_an_earlier_time_than_its_beginning_held_nothing() -> None:
    assert led(Held(on(2), "paused"), Released(on(1), "paused")).held_for == timedelta(0)


def test_who_was_away_for_weeks_catches_up_one_step_at_a_time_in_the_schedules_distance() -> None:
    state, at, sent = led(), on(30), []
    while state.status == "running":
        found = due(state, SCHEDULE, at)
        if found is not None and found.topic is not None:
            sent.append((at - AT).days)
            state = after(state, Contacted(at, found.topic, found.step), SCHEDULE)
            assert due(state, SCHEDULE, at) is None
        at += timedelta(days=1)
    assert sent == [30, 33, 37, 44]


def test_a_retry_belongs_to_its_step_once_and_does_not_hold_the_letter_up() -> None:
    before = led(*letters(0))
    tried = after(before, Retried(on(3), 2), SCHEDULE)
    assert (tried.retry_count, tried.last_retry_at, tried.step) == (1, on(3), 1)
    assert due(tried, SCHEDULE, on(3)) == Due("letter", on(3), "reminder", 2, has_retry=False)
    assert after(tried, Retried(on(3), 2), SCHEDULE) == tried
    assert due(after(tried, letters(0, 3)[1], SCHEDULE), SCHEDULE, on(7)) == Due("letter", on(7), "urgent", 3, True)


def test_tries_of_others_are_counted_and_take_no_step() -> None:
    state = led(*letters(0), Retried(on(1)), Retried(on(2)), Retried(on(2)))
    assert (state.retry_count, state.last_retry_at, state.retried_step) == (2, on(2), 0)


def test_the_same_letter_told_twice_is_one_step() -> None:
    once = led(*letters(0, 3))
    assert after(once, letters(0, 3)[0], SCHEDULE) == once
    assert after(once, letters(0, 3)[1], SCHEDULE) == once


def test_the_same_letter_told_again_with_a_later_time_does_not_move_the_next() -> None:
    again = led(*letters(0, 3), Contacted(on(6), "reminder", 2))
    assert (again.step, again.last_step_at, again.last_contact_at) == (2, on(3), on(6))


def test_another_letter_does_not_end_what_waits_for_its_own() -> None:
    back = led(*letters(0, 3, 7, 14), Downgraded(on(22)), Paid(on(30)), Reactivated(on(31)))
    other = after(back, Contacted(on(31), "trial_ending"), SCHEDULE)
    assert due(other, SCHEDULE, on(31)) == Due("letter", on(31), "reactivated")


def test_a_hold_before_the_first_letter_moves_it() -> None:
    state = led(Held(AT, "stale_data"), Released(on(5), "stale_data"))
    assert upcoming(state, SCHEDULE) == Due("letter", on(5), "payment_failed", 1)


def test_letters_outside_of_the_schedule_take_no_step_and_are_contacts() -> None:
    state = led(*letters(0), Contacted(on(1), "invoice_overdue"))
    assert (state.step, state.last_contact_at) == (1, on(1))
    assert upcoming(state, SCHEDULE) == upcoming(led(*letters(0)), SCHEDULE)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([Contacted(AT, "reminder", 2)], "a letter of step 2 went out, and 0 of 4 did before it"),
        ([Retried(AT, 5)], "there is no step 5 in a schedule of 4"),
        ([Retried(AT, 0)], "there is no step 0 in a schedule of 4"),
        ([Reactivated(AT)], "Reactivated cannot be while it is running; it needs to be returning"),
        ([ReactivationProposed(AT)], "ReactivationProposed cannot be while it is running"),
        ([*letters(0, 3, 7, 14), Contacted(on(15), "last_chance", 5)], "a letter of step 5 went out"),
        ([Paid(AT.replace(tzinfo=None))], "a time without a zone"),
    ],
)
def test_what_cannot_have_happened_is_refused(events: list[Event], sentence: str) -> None:
    with pytest.raises(DunningError, match=sentence):
        led(*events)
    with pytest.raises(DunningError, match="a time without a zone"):
        started("in_1", AT.replace(tzinfo=None))


def test_an_early_downgrade_by_hand_ends_the_letters() -> None:
    state = led(*letters(0, 3), Downgraded(on(5)))
    assert due(state, SCHEDULE, on(50)) == Due("letter", on(5), "downgraded")


def test_a_plan_has_its_own_schedule_and_a_downgrade_can_be_left_out() -> None:
    short = Schedule((Step(timedelta(days=1), "reminder"),), timedelta(days=2), is_downgraded=False)
    schedules = Schedules(by_plan={"enterprise": short})
    assert (schedules.of("enterprise"), schedules.of("basic"), schedules.of(None)) == (short, SCHEDULE, SCHEDULE)
    state = led(Contacted(on(1), "reminder", 1), schedule=short)
    assert (state.status, state.grace_period_ends_at, due(state, short, on(50))) == ("grace", on(3), None)


def test_a_schedule_that_became_shorter_goes_on_with_grace_after_the_letters_that_went_out() -> None:
    short = Schedule((Step(timedelta(0), "payment_failed"),))
    state = led(*letters(0, 3))
    assert upcoming(state, short) == Due("propose_downgrade", on(10))
    assert due(after(state, DowngradeProposed(on(10)), short), short, on(90)) is None
    as_long = Schedule((Step(timedelta(0), "payment_failed"), Step(timedelta(days=3), "reminder")))
    assert upcoming(state, as_long) == Due("propose_downgrade", on(10))


@pytest.mark.parametrize(
    ("steps", "grace"),
    [([], 7), ([-1, 3], 7), ([0, 3, 3], 7), ([0, 7, 3], 7), ([0], -1)],
)
def test_a_schedule_that_cannot_be_kept_is_refused(steps: list[int], grace: int) -> None:
    with pytest.raises(ScheduleError, match="tep"):
        Schedule(tuple(Step(timedelta(days=day), "reminder") for day in steps), timedelta(days=grace))


def test_what_is_done_under_one_key_is_done_once() -> None:
    keys = [
        Due("letter", AT, "reminder", 2).key("in_1"),
        Due("letter", on(9), "reminder", 2, True).key("in_1"),
        Due("letter", AT, "downgraded").key("in_1"),
        Due("propose_downgrade", AT).key("in_1"),
    ]
    assert keys == [
        "dunning:in_1:letter:2",
        "dunning:in_1:letter:2",
        "dunning:in_1:letter:downgraded",
        "dunning:in_1:propose_downgrade:0",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"step": -1},
        {"step": True},
        {"status": "asleep"},
        {"holds": ["tired"]},
        {"holds": "paused"},
        {"started_at": None},
        {"started_at": "2026-11-02T09:00:00"},
        {"started_at": 7},
        {"last_retry_at": "soon"},
        {"invoice": None},
        {"held_for_microseconds": 1.5},
        {"held_for_microseconds": 10**30},
        {"is_reactivation_proposed": 1},
        {"more": 1},
    ],
)
def test_a_row_that_was_damaged_is_refused_and_not_guessed(wrong: dict[str, object]) -> None:
    with pytest.raises(DunningError, match="cannot be read"):
        of_record({**as_record(started("in_1", AT)), **wrong})


DELAYS = st.integers(1, 60 * 24 * 5).map(lambda minutes: timedelta(minutes=minutes))
HAPPENINGS = st.sampled_from(
    ["nothing"] * 12
    + ["again", "retry", "dispute", "undispute", "pause", "unpause", "stale", "fresh", "pay", "void"]
    + ["downgrade", "reactivate"]
)
_HOLDS: dict[str, tuple[type[Held] | type[Released], HoldReason]] = {
    "dispute": (Held, "disputed"),
    "undispute": (Released, "disputed"),
    "pause": (Held, "paused"),
    "unpause": (Released, "paused"),
    "stale": (Held, "stale_data"),
    "fresh": (Released, "stale_data"),
}


@dataclass
class Month:
    """A customer with several unpaid invoices, and a worker that wakes when it will."""

    hours: ContactHours
    limits: Limits = field(default_factory=Limits)
    rows: dict[str, str] = field(default_factory=dict)
    contacts: list[tuple[datetime, str, Due]] = field(default_factory=list)
    paid_at: dict[str, datetime] = field(default_factory=dict)

    def read(self, invoice: str) -> Dunning:
        """As after a restart: nothing is known but the row."""
        return of_record(json.loads(self.rows[invoice]))

    def put(self, state: Dunning) -> None:
        self.rows[state.invoice] = json.dumps(as_record(state))

    def hear(self, invoice: str, happening: str, at: datetime) -> None:
        state = self.read(invoice)
        if happening in _HOLDS:
            kind, reason = _HOLDS[happening]
            self.put(after(state, kind(at, reason), SCHEDULE))
        elif happening == "pay":
            self.paid_at.setdefault(invoice, at)
            self.put(after(state, Paid(at), SCHEDULE))
        elif happening == "void":
            self.put(after(state, Ended(at, "voided"), SCHEDULE))
        elif happening == "retry":
            self.put(after(state, Retried(at), SCHEDULE))
        elif happening == "downgrade" and state.status == "lapsed":
            self.put(after(state, Downgraded(at), SCHEDULE))
        elif happening == "reactivate" and state.status == "returning":
            self.put(after(state, Reactivated(at), SCHEDULE))
        elif happening == "again":
            for when, of, one in self.contacts:
                if of == invoice and one.topic is not None:
                    self.put(after(self.read(invoice), Contacted(when, one.topic, one.step), SCHEDULE))

    def wake(self, at: datetime) -> None:
        for invoice in self.rows:
            state = self.read(invoice)
            found = due(state, SCHEDULE, at)
            if found is None:
                continue
            if found.what == "propose_downgrade":
                self.put(after(state, DowngradeProposed(at), SCHEDULE))
            elif found.what == "propose_reactivation":
                self.put(after(state, ReactivationProposed(at), SCHEDULE))
            elif may_write([when for when, _, _ in self.contacts], at, self.limits, self.hours) is None:
                assert found.topic is not None
                self.contacts.append((at, invoice, found))
                self.put(after(state, Contacted(at, found.topic, found.step), SCHEDULE))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=5),
    st.lists(st.tuples(DELAYS, HAPPENINGS, st.integers(0, 4)), min_size=10, max_size=80),
    st.sampled_from(["DE", "US", "JP", None]),
)
def test_no_month_whatever_happens_floods_a_customer(
    offsets: list[int], happenings: list[tuple[timedelta, str, int]], country: str | None
) -> None:
    month = Month(ContactHours(zones_of(country), country))
    for number, offset in enumerate(offsets):
        month.put(started(f"in_{number}", on(offset)))
    at = AT
    for delay, happening, number in happenings:
        at += delay
        month.hear(f"in_{number % len(offsets)}", happening, at)
        month.wake(at)
    times = sorted(when for when, _, _ in month.contacts)
    assert all(later - earlier >= timedelta(hours=48) for earlier, later in pairwise(times))
    assert all(third - first >= timedelta(days=7) for first, third in zip(times, times[2:], strict=False))
    named = [(invoice, one.step or one.topic) for _, invoice, one in month.contacts]
    assert len(named) == len(set(named)), "a step goes out once for an invoice"
    for invoice in month.rows:
        mine = [(when, one) for when, of, one in month.contacts if of == invoice]
        steps = [one.step for _, one in mine if one.step is not None]
        assert steps == list(range(1, len(steps) + 1))
        after_payment = [
            one.topic for when, one in mine if when >= month.paid_at.get(invoice, datetime.max.replace(tzinfo=UTC))
        ]
        assert set(after_payment) <= {"reactivated"}, "it stops the moment the money is there"
        gaps = [later[0] - earlier[0] for earlier, later in pairwise(mine) if later[1].step is not None]
        wanted = [timedelta(days=3), timedelta(days=4), timedelta(days=7)][: len(gaps)]
        assert all(gap >= least for gap, least in zip(gaps, wanted, strict=True)), "spacing is kept"


def test_months_of_that_kind_do_send_every_kind_of_letter() -> None:
    """What the property above is about happens at all."""
    month = Month(ContactHours(zones_of("GB"), "GB"))
    month.put(started("in_1", AT))
    for hour in range(24 * 60):
        at = AT + timedelta(hours=hour)
        happening = {24 * 40: "downgrade", 24 * 45: "pay", 24 * 46: "reactivate"}.get(hour, "nothing")
        month.hear("in_1", happening, at)
        month.wake(at)
    assert [one.topic for _, _, one in month.contacts] == [*TOPICS, "downgraded", "reactivated"]
    assert month.read("in_1").status == "ended"


@given(st.lists(st.tuples(DELAYS, HAPPENINGS), max_size=40))
def test_a_state_is_the_same_after_its_record(happenings: list[tuple[timedelta, str]]) -> None:
    month = Month(ContactHours())
    month.put(started("in_1", AT))
    at = AT
    for delay, happening in happenings:
        at += delay
        month.hear("in_1", happening, at)
        month.wake(at)
        state = month.read("in_1")
        assert of_record(json.loads(json.dumps(as_record(state)))) == state
