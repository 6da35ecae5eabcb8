"""Who is left alone is decided by salt and payer alone, evenly, and for good."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.earned.holdout import HoldoutError, applies, in_holdout, payer_of

SALT = "b7c4a09f2d6e4e31"
SHARES = st.integers(0, 10_000)
PAYERS = st.text(min_size=1, max_size=40)


def held(share: int, count: int = 20_000, salt: str = SALT) -> set[str]:
    payers = (payer_of(f"cus_{number}", None) for number in range(count))
    return {payer for payer in payers if in_holdout(salt, payer, share)}


def test_nobody_is_held_out_unless_a_share_is_set() -> None:
    assert not any(in_holdout(SALT, f"cus_{number}") for number in range(1_000))


@given(PAYERS)
def test_no_share_is_nobody_and_the_whole_is_everybody(payer: str) -> None:
    assert not in_holdout(SALT, payer, 0)
    assert in_holdout(SALT, payer, 10_000)


@given(PAYERS, SHARES, SHARES)
def test_a_larger_share_adds_payers_and_lets_none_go(payer: str, one: int, other: int) -> None:
    smaller, larger = sorted((one, other))
    assert in_holdout(SALT, payer, larger) or not in_holdout(SALT, payer, smaller)


@pytest.mark.parametrize("share", [1, 100, 500, 1_000, 5_000, 9_000])
def test_the_share_held_out_is_the_share_that_was_set(share: int) -> None:
    """Five standard deviations of a binomial count: an even draw misses it once in two million."""
    count, p = 20_000, share / 10_000
    assert abs(len(held(share, count)) - count * p) <= 5 * (count * p * (1 - p)) ** 0.5


def test_every_tenth_of_the_payers_is_drawn_alike() -> None:
    """Chi-squared with 9 degrees of freedom stays below 33.7 in 9,999 of 10,000 even draws."""
    counts = [len(held(share)) - len(held(share - 1_000)) for share in range(1_000, 10_001, 1_000)]
    assert sum(counts) == 20_000
    assert sum((count - 2_000) ** 2 / 2_000 for count in counts) < 33.7


def test_it_is_the_same_on_every_machine_and_in_every_version() -> None:
    """Written down: a program that draws otherwise would move payers between arms."""
    drawn = [number for number in range(200) if in_holdout(SALT, f"customer:cus_{number}", 500)]
    assert drawn == [97, 107, 109, 112, 149, 197]


def test_tenants_draw_apart() -> None:
    ours, theirs = held(5_000), held(5_000, salt="another-tenants-salt")
    assert abs(len(ours & theirs) - 5_000) < 5 * (20_000 * 0.25 * 0.75) ** 0.5


def test_a_shared_key_puts_its_customers_into_one_arm() -> None:
    assert payer_of("cus_1", "fp_9") == payer_of("cus_2", "fp_9")
    assert payer_of("cus_1", None) != payer_of("cus_2", None)
    assert payer_of("x", None) != payer_of("other", "x"), "a key is not taken for a customer"


@pytest.mark.parametrize(
    ("salt", "payer", "share", "sentence"),
    [
        (SALT, "cus_1", -1, "-1 basis points"),
        (SALT, "cus_1", 10_001, "10001 basis points"),
        ("short", "cus_1", 500, "at least 16 random ones"),
        (SALT, "", 500, "names none"),
    ],
)
def test_what_cannot_be_drawn_is_refused(salt: str, payer: str, share: int, sentence: str) -> None:
    with pytest.raises(HoldoutError, match=sentence):
        in_holdout(salt, payer, share)


@pytest.mark.parametrize(
    ("amount", "threshold", "is_required", "expected"),
    [
        (10_000, None, False, True),
        (10_000, 10_000, False, True),
        (10_001, 10_000, False, False),
        (None, 10_000, False, False),
        (None, None, False, True),
        (1, None, True, False),
        (1, 10_000, True, False),
    ],
)
def test_large_amounts_and_notices_that_the_law_requires_take_no_part(
    amount: int | None, threshold: int | None, is_required: bool, expected: bool
) -> None:
    assert applies(amount, threshold, is_required) is expected
