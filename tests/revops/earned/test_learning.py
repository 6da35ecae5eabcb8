"""What outcomes teach about probabilities, and whether what was predicted is what happened."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import comb
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from revops.earned.beta import Beta, beta_of
from revops.earned.calibration import Calibration, Prediction, calibrate, predictions
from revops.earned.learning import (
    HORIZON,
    PRIOR_STRENGTH,
    Learned,
    LearningInputError,
    Priors,
    Tried,
    final,
    learn,
    read_priors,
)

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = AT + timedelta(days=365)
SEED = Path(__file__).parents[3] / "dbt_project/seeds/leaks/recovery_probability.csv"
SECOND = timedelta(seconds=1)


def row(group: str, first: int, below: int, probability: object) -> Mapping[str, Any]:
    return {"decline_group": group, "age_from_days": first, "age_below_days": below, "probability": probability}


PRIORS = read_priors(
    [
        row("retry_later", 0, 15, "0.5"),
        row("retry_later", 15, 100, "0.1"),
        row("unknown", 0, 15, "0.3"),
        row("unknown", 15, 100, "0.05"),
    ]
)


def tried(number: int, *, came: bool, kind: str = "retry_invoice", **changes: Any) -> Tried:
    acted_at = AT + timedelta(minutes=number)
    paid_at = acted_at + timedelta(days=1) if came else None
    return replace(Tried(f"leak_{number}", "retry_later", 3, kind, acted_at, paid_at), **changes)


def some(came: int, not_came: int, kind: str = "retry_invoice", begin: int = 0) -> list[Tried]:
    return [tried(begin + number, came=number < came, kind=kind) for number in range(came + not_came)]


def mean(outcomes: list[Tried], kind: str | None = "retry_invoice") -> Fraction:
    return learn(outcomes, PRIORS, LATER).probability("retry_later", 3, kind)


def test_without_outcomes_it_is_what_is_published() -> None:
    found = learn([], PRIORS, LATER).estimate("retry_later", 3, "retry_invoice")
    assert (found.probability, found.published, found.level) == (Fraction(1, 2), Fraction(1, 2), "published")
    assert (found.count, found.came, found.group_count, found.basis_points) == (0, 0, 0, 5_000)
    assert (found.low_basis_points, found.high_basis_points) == (2_886, 7_114)


def test_after_twenty_outcomes_both_weigh_the_same() -> None:
    assert PRIOR_STRENGTH == 20
    assert mean(some(20, 0)) == Fraction(3, 4)
    assert mean(some(0, 20)) == Fraction(1, 4)
    assert mean(some(0, 180)) == Fraction(1, 20)


def test_the_count_is_shown_with_the_level_that_it_is_of() -> None:
    learned = learn(some(3, 4) + some(5, 1, "send_email", begin=100), PRIORS, LATER)
    cell = learned.estimate("retry_later", 3, "retry_invoice")
    assert (cell.count, cell.came, cell.group_count, cell.level) == (7, 3, 13, "group, age and action")
    fallback = learned.estimate("retry_later", 3, "open_task")
    assert (fallback.count, fallback.group_count, fallback.level) == (0, 13, "group and age")
    group = learned.estimate("retry_later", 3, None)
    assert (group.count, group.came, group.level) == (13, 8, "group and age")
    assert fallback.probability == group.probability == Fraction(10 + 8, 20 + 13)
    assert learned.estimate("retry_later", 20, "retry_invoice").level == "published"


def test_a_cell_begins_with_what_the_other_kinds_taught_and_counts_its_own_once() -> None:
    learned = learn(some(0, 5) + some(40, 0, "send_email", begin=100), PRIORS, LATER)
    others = Fraction(10 + 40, 20 + 40)
    assert learned.probability("retry_later", 3, "retry_invoice") == (others * 20) / 25
    assert learned.probability("retry_later", 3, "send_email") == (Fraction(10, 25) * 20 + 40) / 60


def test_ages_and_groups_are_told_apart_and_unknown_ones_fall_back() -> None:
    learned = learn([tried(1, came=True, decline_group=None), tried(2, came=True, age_days=15)], PRIORS, LATER)
    for group in (None, "unknown", "never_heard_of"):
        assert learned.probability(group, 14, None) == Fraction(6 + 1, 21)
    assert learned.probability("retry_later", 15, None) == learned.probability("retry_later", 99, None)
    assert learned.probability("retry_later", 10**6, None) == Fraction(2 + 1, 21), "older than all rows is the oldest"
    assert learned.probability("retry_later", 14, None) == Fraction(1, 2)


def test_an_outcome_counts_when_its_time_is_over_to_the_second() -> None:
    open_still = tried(0, came=False)
    assert final([open_still], AT + HORIZON - SECOND) == []
    assert final([open_still], AT + HORIZON) == [open_still]


def test_a_payment_counts_no_sooner_than_a_failure_would() -> None:
    """Else this month's quick payments count without this month's failures, and every month looks good."""
    quick = tried(0, came=True)
    assert final([quick], AT + timedelta(days=2)) == []
    assert final([quick], AT + HORIZON) == [quick]


@pytest.mark.parametrize(
    ("paid_after", "came"),
    [(timedelta(0), True), (HORIZON, True), (HORIZON + SECOND, False), (None, False)],
    ids=["at once", "on the last second", "a second too late", "never"],
)
def test_money_counts_within_the_horizon(paid_after: timedelta | None, came: bool) -> None:
    one = tried(0, came=False, paid_at=None if paid_after is None else AT + paid_after)
    assert mean([one]) == Fraction(10 + came, 21)


def test_a_charge_in_the_second_of_its_action_is_no_payment_of_before() -> None:
    acted_at = AT + timedelta(milliseconds=700)
    at_once = tried(0, came=False, acted_at=acted_at, paid_at=AT)
    before = tried(1, came=False, acted_at=acted_at, paid_at=AT - SECOND)
    assert final([at_once, before], LATER) == [at_once]


def test_what_was_no_leak_teaches_nothing() -> None:
    assert final([tried(0, came=True, is_withdrawn=True)], LATER) == []


def test_a_leak_counts_once_by_its_first_action() -> None:
    first = tried(0, came=True)
    second = tried(5, came=True, kind="send_email", leak_id="leak_0")
    assert final([second, first], LATER) == [first]
    assert final([second, first], first.acted_at + HORIZON) == [first]


@given(st.integers(0, 300), st.integers(0, 300), st.integers(1, 99))
def test_what_is_learned_lies_between_what_is_published_and_what_was_seen(
    came: int, not_came: int, percent: int
) -> None:
    assume(came + not_came > 0)
    published, seen = Fraction(percent, 100), Fraction(came, came + not_came)
    found = beta_of(published, PRIOR_STRENGTH).after(came, not_came).mean
    assert min(published, seen) <= found <= max(published, seen)
    assert (found == published) == (seen == published)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(2, 10))
def test_more_of_the_same_comes_closer_to_what_was_seen(came: int, not_came: int, times: int) -> None:
    assume(came + not_came > 0)
    seen = Fraction(came, came + not_came)
    few, many = some(came, not_came), some(came * times, not_came * times)
    assert abs(mean(many) - seen) <= abs(mean(few) - seen) <= abs(Fraction(1, 2) - seen)
    wide, narrow = (learn(one, PRIORS, LATER).estimate("retry_later", 3, "retry_invoice") for one in (few, many))
    assert narrow.high_basis_points - narrow.low_basis_points <= wide.high_basis_points - wide.low_basis_points


OUTCOMES = st.lists(
    st.builds(
        tried,
        st.integers(0, 10**6),
        came=st.booleans(),
        kind=st.sampled_from(["retry_invoice", "send_email"]),
        decline_group=st.sampled_from(["retry_later", "never", None]),
        age_days=st.integers(0, 200),
        is_withdrawn=st.booleans(),
    ),
    max_size=40,
    unique_by=lambda one: one.leak_id,
)


@given(OUTCOMES, st.randoms(use_true_random=False))
def test_the_order_of_outcomes_does_not_matter(outcomes: list[Tried], shuffle: random.Random) -> None:
    before = learn(outcomes, PRIORS, LATER)
    score = calibrate(predictions(outcomes, PRIORS, LATER))
    shuffle.shuffle(outcomes)
    after = learn(outcomes, PRIORS, LATER)
    for group in ("retry_later", "unknown"):
        for kind in ("retry_invoice", "send_email", None):
            assert after.probability(group, 3, kind) == before.probability(group, 3, kind)
    assert calibrate(predictions(outcomes, PRIORS, LATER)) == score


@given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 999))
def test_the_incomplete_beta_function_is_the_binomial_sum(a: int, b: int, thousandth: int) -> None:
    """DLMF 8.17.5: exact for whole numbers."""
    x, n = Fraction(thousandth, 1_000), a + b - 1
    exact = sum((comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1)), Fraction(0))
    assert Beta(Fraction(a), Fraction(b)).below(float(x)) == pytest.approx(float(exact), rel=1e-9, abs=1e-12)


@given(
    st.fractions(Fraction(1, 50), 5_000, max_denominator=50),
    st.fractions(Fraction(1, 50), 5_000, max_denominator=50),
    st.floats(0.001, 0.999),
)
def test_a_quantile_is_where_so_much_lies_below(a: Fraction, b: Fraction, share: float) -> None:
    known = Beta(a, b)
    found = known.quantile(share)
    assert 0 <= found <= 1
    # It is found to 2^-60, and where almost all lies at an end that is far.
    step = 1e-9 * found + 2.0**-59
    assert known.below(found - step) - 1e-6 <= share <= known.below(found + step) + 1e-6
    assert (known.below(0), known.below(1)) == (0, 1)


def test_the_interval_is_the_published_one_of_a_known_case() -> None:
    """Beta(1, 1) is even, and of Beta(1, n) the quantile q is 1 - (1 - q)^(1/n)."""
    assert Beta(Fraction(1), Fraction(1)).quantile(0.025) == pytest.approx(0.025)
    assert Beta(Fraction(1), Fraction(20)).quantile(0.975) == pytest.approx(1 - 0.025 ** (1 / 20))


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    drawn, held, trials = random.Random(20261122), 0, 400
    for trial in range(trials):
        truth = drawn.betavariate(10, 10)
        came = sum(drawn.random() < truth for _ in range(60))
        found = learn(some(came, 60 - came, begin=trial), PRIORS, LATER).estimate("retry_later", 3, "retry_invoice")
        held += found.low_basis_points <= truth * 10_000 <= found.high_basis_points
    assert 0.92 * trials <= held <= 0.98 * trials, held


def test_each_prediction_rests_on_what_was_over_when_it_was_made() -> None:
    old = tried(0, came=True)
    too_new = tried(1, came=True, acted_at=AT + HORIZON - SECOND, paid_at=AT + HORIZON)
    at_its_end = tried(2, came=False, acted_at=AT + HORIZON)
    found = predictions([at_its_end, too_new, old], PRIORS, LATER)
    assert found == [
        Prediction(5_000, 5_000, True),
        Prediction(5_000, 5_000, True),
        Prediction(round(Fraction(11, 21) * 10_000), 5_000, False),
    ]


def test_the_score_is_the_mean_squared_distance_with_its_count() -> None:
    found = calibrate([Prediction(8_000, 5_000, True), Prediction(3_000, 5_000, False), Prediction(10_000, 0, True)])
    assert (found.count, found.brier, found.published_brier) == (
        3,
        Fraction(4 + 9, 300),
        Fraction(25 + 25 + 100, 300),
    )


def test_bins_show_what_happened_among_what_was_called_likely() -> None:
    said = [0, 999, 1_000, 5_500, 5_900, 10_000]
    found = calibrate([Prediction(one, 5_000, one >= 5_900) for one in said]).bins
    assert [
        (one.from_basis_points, one.below_basis_points, one.count, one.predicted, one.observed) for one in found
    ] == [
        (0, 1_000, 2, Fraction(999, 20_000), 0),
        (1_000, 2_000, 1, Fraction(1, 10), 0),
        (5_000, 6_000, 2, Fraction(57, 100), Fraction(1, 2)),
        (9_000, 10_000, 1, 1, 1),
    ]


def test_nothing_predicted_is_no_score() -> None:
    assert calibrate([]) == Calibration(0, None, None, ())


PREDICTIONS = st.lists(
    st.builds(Prediction, st.integers(0, 10_000), st.integers(0, 10_000), st.booleans()), min_size=1, max_size=60
)


@given(PREDICTIONS)
def test_a_score_is_within_its_bounds(made: list[Prediction]) -> None:
    found = calibrate(made)
    assert found.brier is not None
    assert 0 <= found.brier <= 1
    assert sum(one.count for one in found.bins) == found.count == len(made)
    assert (found.brier == 0) == all(one.basis_points == 10_000 * one.came for one in made)
    assert (found.brier == 1) == all(one.basis_points == 10_000 * (not one.came) for one in made)


@given(PREDICTIONS)
def test_no_constant_scores_better_than_the_share_that_came(made: list[Prediction]) -> None:
    share = Fraction(sum(one.came for one in made), len(made))
    constant = calibrate([replace(one, basis_points=made[0].basis_points) for one in made])
    assert constant.brier is not None
    assert constant.brier >= share * (1 - share)


def test_where_the_published_probabilities_are_wrong_learning_scores_better() -> None:
    drawn = random.Random(3)
    outcomes = [
        tried(number, came=drawn.random() < 0.15, acted_at=AT + timedelta(hours=4 * number)) for number in range(1_000)
    ]
    outcomes = [replace(one, paid_at=one.acted_at + SECOND) if one.paid_at else one for one in outcomes]
    found = calibrate(predictions(outcomes, PRIORS, LATER))
    assert found.count == 1_000
    assert found.brier is not None
    assert found.published_brier is not None
    assert found.brier < found.published_brier - Fraction(1, 20)


def test_the_seed_is_read_as_it_is() -> None:
    with SEED.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    priors = read_priors(rows)
    for one in rows:
        found = priors.of(one["decline_group"], int(one["age_from_days"]))
        assert found.probability == Fraction(one["probability"])
        last_day = priors.of(one["decline_group"], int(one["age_below_days"]) - 1)
        assert last_day == found
    assert priors.of("never", 10**6) == priors.of("never", 731), "older than all is as the oldest"
    from_database = [{**one, "probability": float(one["probability"])} for one in rows]
    assert read_priors(from_database).of("never", 20) == priors.of("never", 20)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row("unknown", 0, 15, "0"), row("unknown", 15, 90, "0.1")], "row 1 says 0"),
        ([row("unknown", 0, 15, "1")], "row 1 says 1"),
        ([row("unknown", 0, 15, "nan")], "row 1 cannot be read"),
        ([row("unknown", 0, 15, "1/0")], "row 1 cannot be read"),
        ([row("unknown", 0, 15, None)], "row 1 cannot be read"),
        ([{"decline_group": "unknown"}], "row 1 cannot be read"),
        ([row("unknown", 0, 15, "0.1"), row("unknown", 16, 90, "0.1")], "should begin at 15"),
        ([row("unknown", 0, 15, "0.1"), row("unknown", 10, 90, "0.1")], "should begin at 15"),
        ([row("unknown", 1, 15, "0.1")], "should begin at 0"),
        ([row("unknown", 0, 0, "0.1")], "goes from 0 until before 0 days"),
        ([row("never", 0, 15, "0.1")], "no rows of unknown"),
        ([], "no rows of unknown"),
    ],
)
def test_a_seed_that_was_damaged_is_refused(rows: list[Mapping[str, Any]], sentence: str) -> None:
    with pytest.raises(LearningInputError, match=sentence):
        read_priors(rows)


@pytest.mark.parametrize(
    "wrong", [{"age_days": -1}, {"acted_at": AT.replace(tzinfo=None)}, {"paid_at": AT.replace(tzinfo=None)}]
)
def test_outcomes_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(LearningInputError, match="leak_1 has an age below zero or a time without a zone"):
        learn([tried(1, came=True, **wrong)], PRIORS, LATER)


def test_what_is_no_probability_has_no_score() -> None:
    for wrong in (Prediction(-1, 0, True), Prediction(10_001, 0, True), Prediction(0, 10_001, True)):
        with pytest.raises(LearningInputError):
            calibrate([wrong])


def test_another_horizon_is_kept_to() -> None:
    week = timedelta(days=7)
    late = tried(0, came=False, paid_at=AT + timedelta(days=8))
    assert learn([late], PRIORS, AT + week, week).probability("retry_later", 3, None) == Fraction(10, 21)
    assert Learned(PRIORS).horizon == HORIZON
    assert isinstance(PRIORS, Priors)
