"""What came because of us: by assignment, with an interval that holds, and no figure where there can be none."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.earned.incremental import Estimate, Incremental, basis_points
from revops.earned.intervals import Share, difference, share_over_payers, wilson
from revops.earned.outcomes import Owed, Payment
from revops.earned.recovery import measure
from tests.revops.earned.recoveries import on, one, owed, payment, touch


def world(
    treated: int, treated_paid: int, held: int, held_paid: int, amount: int = 10_000
) -> tuple[list[Owed], list[Payment]]:
    """Arms of one leak a payer, so many of them paid."""
    leaks, paid = [], []
    for name, count, many, is_held in (("t", treated, treated_paid, False), ("h", held, held_paid, True)):
        for number in range(count):
            leaks.append(owed(f"{name}{number}", amount, is_held_out=is_held))
            if number < many:
                paid.append(payment(f"{name}{number}", amount))
    return leaks, paid


def incremental(leaks: list[Owed], paid: list[Payment], **how: object) -> Incremental:
    return one(leaks, paid, **how).incremental  # type: ignore[arg-type]


def test_the_difference_of_the_arms_times_the_treated_arm_came_because_of_us() -> None:
    found = incremental(*world(200, 120, 100, 40))
    assert (found.treated.leaks, found.treated.recovered_leaks, found.treated.recovered_minor) == (200, 120, 1_200_000)
    assert (found.held_out.leaks, found.held_out.recovered_leaks, found.held_out.owed_minor) == (100, 40, 1_000_000)
    assert found.lift is not None
    assert found.lift.share_of_leaks.value == found.lift.share_of_amount.value == Fraction(1, 5)
    assert (found.lift.leaks.value, found.lift.amount_minor.value) == (40, 400_000)
    assert basis_points(found.lift.share_of_leaks.value) == 2_000
    assert 0 < found.lift.leaks.low < 40 < found.lift.leaks.high


def test_a_treatment_that_does_harm_shows_as_a_loss() -> None:
    found = incremental(*world(100, 20, 100, 60)).lift
    assert found is not None
    assert found.amount_minor.value == -400_000
    assert found.amount_minor.high < 0


def test_the_figure_is_exact_where_floats_are_not() -> None:
    leaks, paid = world(60, 60, 60, 0, amount=10**17 + 1)
    found = incremental(leaks, paid).lift
    assert found is not None
    assert found.amount_minor.value == 60 * (10**17 + 1)


@pytest.mark.parametrize(
    ("treated", "held", "why"),
    [
        (200, 0, "Nobody is held out"),
        (200, 49, "49 leaks were held out; below 50 in each arm"),
        (200, 1, "1 leak was held out"),
        (49, 200, "49 leaks were treated"),
        (0, 60, "0 leaks were treated"),
    ],
)
def test_below_fifty_leaks_in_an_arm_there_is_no_figure_and_it_says_why(treated: int, held: int, why: str) -> None:
    found = incremental(*world(treated, treated // 2, held, held // 2))
    assert found.lift is None
    assert found.why_not is not None
    assert why in found.why_not


def test_fifty_in_each_are_enough() -> None:
    found = incremental(*world(50, 30, 50, 10))
    assert (found.lift is None, found.why_not) == (False, None)


def test_fifty_leaks_of_few_payers_are_no_fifty() -> None:
    leaks, paid = world(60, 30, 60, 30)
    few = [replace(leak, payer=f"p{number % 19}") if leak.is_held_out else leak for number, leak in enumerate(leaks)]
    assert incremental(few, paid).why_not == (
        "The 60 leaks that were held out are of 19 payers; below 20 payers in each arm chance alone makes such a "
        "figure."
    )


def test_arms_are_who_was_assigned_and_not_who_was_touched() -> None:
    leaks, paid = world(100, 60, 100, 40)
    untouched = incremental(leaks, paid)
    touched = one(leaks, paid, [touch("h0"), touch("h1"), touch("t5")]).incremental
    assert touched.crossed_leaks == 2
    assert replace(touched, crossed_leaks=0) == untouched


def test_what_is_excluded_is_in_neither_arm_and_still_recovered() -> None:
    leaks, paid = world(100, 60, 100, 40)
    large = [owed("large", 10**9, is_excluded=True), owed("law", 10**9, is_excluded=True, is_held_out=True)]
    found = one([*leaks, *large], [*paid, payment("large", 10**9)])
    assert found.incremental == replace(incremental(leaks, paid), excluded_leaks=2)
    assert found.gross.amount_minor == 100 * 10_000 + 10**9


def test_each_currency_has_arms_of_its_own() -> None:
    leaks, paid = world(100, 60, 60, 20)
    euros = [replace(leak, leak_id=f"e{leak.leak_id}", currency="eur") for leak in leaks[:-20]]
    found = {each.currency: each.incremental for each in measure([*leaks, *euros], paid, [])}
    assert found["usd"] == incremental(leaks, paid)
    assert found["eur"].why_not is not None
    assert "40 leaks were held out" in found["eur"].why_not


def test_large_leaks_weigh_in_money_and_not_in_count() -> None:
    leaks, paid = world(100, 50, 100, 50)
    large = [replace(leak, amount_minor=1_000_000) if leak.leak_id == "t0" else leak for leak in leaks]
    found = incremental(large, [replace(each, amount_minor=10**6) if each.leak_id == "t0" else each for each in paid])
    assert found.lift is not None
    assert found.lift.share_of_leaks.value == 0
    assert found.lift.share_of_amount.value > Fraction(1, 5)
    assert found.lift.amount_minor.low < 0, "one payer's luck proves nothing"


def test_parts_count_in_money_and_not_as_leaks() -> None:
    leaks, _ = world(60, 0, 60, 0)
    found = incremental(leaks, [payment(f"t{number}", 5_000) for number in range(60)]).lift
    assert found is not None
    assert (found.leaks.value, found.amount_minor.value) == (0, 300_000)


@pytest.mark.parametrize(
    ("one_share", "other", "low", "high"),
    [
        ((56, 70), (48, 80), "0.0524", "0.3339"),
        ((9, 10), (3, 10), "0.1705", "0.8090"),
        ((6, 7), (2, 7), "0.0582", "0.8062"),
        ((5, 56), (0, 29), "-0.0381", "0.1926"),
        ((0, 10), (0, 20), "-0.1611", "0.2775"),
        ((0, 10), (0, 10), "-0.2775", "0.2775"),
        ((10, 10), (0, 20), "0.6791", "1.0000"),
        ((10, 10), (0, 10), "0.6075", "1.0000"),
    ],
)
def test_intervals_are_those_that_newcombe_printed(
    one_share: tuple[int, int], other: tuple[int, int], low: str, high: str
) -> None:
    """Statistics in Medicine 17 (1998), 873-890, table II, method 10."""
    found = difference(*(Share(Fraction(came, whole), Fraction(whole)) for came, whole in (one_share, other)))
    assert (f"{float(found.low):.4f}", f"{float(found.high):.4f}") == (low, high)


@given(st.integers(0, 500), st.integers(1, 500), st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_value_stays_within_the_possible_and_turns_with_its_arms(
    a: int, more_a: int, b: int, more_b: int
) -> None:
    one_share = Share(Fraction(a, a + more_a), Fraction(a + more_a))
    other = Share(Fraction(b, b + more_b), Fraction(b + more_b))
    found, turned = difference(one_share, other), difference(other, one_share)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert (turned.low, turned.value, turned.high) == (-found.high, -found.value, -found.low)
    assert found.low < found.high, "nothing is certain"
    alone = wilson(one_share)
    assert 0 <= alone.low <= alone.value <= alone.high <= 1


def test_leaks_of_one_payer_are_less_proof_than_leaks_of_many() -> None:
    alone = share_over_payers({f"p{n}": (n % 2, 1) for n in range(100)}, 100)
    together = share_over_payers({f"p{n}": (5 * (n % 2), 5) for n in range(20)}, 100)
    assert alone.value == together.value == Fraction(1, 2)
    assert 95 < alone.effective_size <= 100
    assert 18 < together.effective_size <= 20


def test_where_nothing_varies_it_is_as_sure_as_its_payers_are_many() -> None:
    assert share_over_payers({f"p{n}": (0, 10) for n in range(30)}, 300).effective_size == 30
    assert share_over_payers({f"p{n}": (10, 10) for n in range(30)}, 300).effective_size == 30
    assert share_over_payers({f"p{n}": (5, 10) for n in range(30)}, 300).effective_size == 30
    one_giant = {"giant": (10**6, 10**6), **{f"p{n}": (1, 1) for n in range(30)}}
    assert share_over_payers(one_giant, 31).effective_size < 2


def test_nineteen_of_twenty_intervals_hold_the_truth_with_skewed_amounts_and_payers_of_several_leaks() -> None:
    """Simulated companies where the treatment truly adds 15 points; the amounts' tail is as heavy as invoices' is."""
    drawn, held = random.Random(20261122), [0, 0]
    trials = 200
    for _ in range(trials):
        leaks, paid = [], []
        for number in range(240):
            is_held = number % 3 == 0
            is_paying = drawn.random() < (0.35 if is_held else 0.50)
            for part in range(drawn.choice((1, 1, 2, 4))):
                amount = round(drawn.lognormvariate(8.5, 1))
                leak = f"{number}.{part}"
                leaks.append(owed(leak, amount, payer=f"p{number}", is_held_out=is_held))
                if is_paying:
                    paid.append(payment(leak, amount))
        lift = incremental(leaks, paid).lift
        assert lift is not None
        truth = Fraction(15, 100)
        held[0] += lift.share_of_leaks.low <= truth <= lift.share_of_leaks.high
        held[1] += lift.share_of_amount.low <= truth <= lift.share_of_amount.high
    assert all(0.92 * trials <= count <= 0.985 * trials for count in held), held


def test_an_estimate_is_rounded_outwards() -> None:
    found = incremental(*world(61, 31, 53, 17, amount=3)).lift
    assert found is not None
    assert isinstance(found.amount_minor, Estimate)
    assert found.amount_minor.low <= found.share_of_amount.low * 183 <= found.share_of_amount.high * 183
    assert found.share_of_amount.high * 183 <= found.amount_minor.high
    assert found.amount_minor.high - found.share_of_amount.high * 183 < 1


def test_when_a_payment_came_does_not_move_a_leak_to_another_arm() -> None:
    leaks, paid = world(100, 60, 100, 40)
    assert incremental(leaks, [replace(each, at=on(400)) for each in paid]) == incremental(leaks, paid)
