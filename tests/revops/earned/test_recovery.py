"""What came back, to the minor unit and to the second, and out of what."""

from __future__ import annotations

import random
from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.earned.outcomes import Owed, Payment, RecoveryInputError, Reversal, Touch
from revops.earned.recovery import Times, measure
from tests.revops.earned.recoveries import OPENED, on, one, owed, payment, reversal, touch

SECOND = timedelta(seconds=1)


def test_nothing_owed_is_no_figure() -> None:
    assert measure([], [], []) == ()
    assert measure([owed(amount=0)], [], []) == (), "what is worth nothing yet is in no denominator"


def test_a_leak_that_was_not_paid_is_in_the_denominator() -> None:
    found = one([owed(), owed("leak_2", 5_000)], [payment()], [touch()])
    gross, attributed = found.gross, found.attributed
    assert (gross.amount_minor, gross.leaks, gross.of_amount_minor, gross.of_leaks) == (10_000, 1, 15_000, 2)
    assert (gross.of, gross.share_of_amount, gross.share_of_leaks) == (
        "leaks that opened",
        Fraction(2, 3),
        Fraction(1, 2),
    )
    assert (attributed.amount_minor, attributed.of_amount_minor, attributed.of_leaks) == (10_000, 10_000, 1)
    assert (attributed.of, attributed.share_of_amount) == ("leaks that were touched", 1)


def test_without_any_touch_the_attributed_share_is_of_nothing() -> None:
    attributed = one([owed()], [payment()]).attributed
    assert (attributed.amount_minor, attributed.share_of_amount, attributed.share_of_leaks) == (0, None, None)


@pytest.mark.parametrize(
    ("touched", "is_attributed"),
    [
        (on(10) - timedelta(days=7) - SECOND, False),
        (on(10) - timedelta(days=7), True),
        (on(10), True),
        (on(10) + timedelta(milliseconds=999), True),
        (on(10) + SECOND, False),
    ],
    ids=["a second too long ago", "seven days ago", "at once", "in the same second", "after the payment"],
)
def test_a_payment_is_attributed_within_seven_days_after_a_touch_both_ends_included(
    touched: object, is_attributed: bool
) -> None:
    found = one([owed()], [payment(days=10)], [touch(at=touched)])
    assert found.attributed.amount_minor == (10_000 if is_attributed else 0)
    assert found.attributed.leaks == int(is_attributed)
    assert found.gross.amount_minor == 10_000


def test_a_touch_of_another_leak_attributes_nothing() -> None:
    found = one([owed(), owed("leak_2")], [payment()], [touch("leak_2"), touch("leak_gone")])
    assert (found.attributed.amount_minor, found.attributed.of_leaks) == (0, 1)


def test_what_was_paid_before_the_leak_opened_was_not_recovered() -> None:
    paid = [payment(days=0, charge="ch_same_moment"), payment(days=-1, charge="ch_before")]
    assert one([owed()], paid).gross.amount_minor == 0
    assert one([owed()], [payment(at=OPENED + SECOND)]).gross.amount_minor == 10_000


def test_parts_add_up_and_the_leak_counts_when_the_last_has_come() -> None:
    parts = [payment(amount=4_000, days=3, charge="ch_1"), payment(amount=5_999, days=20, charge="ch_2")]
    found = one([owed()], parts, [touch(days=2)])
    assert (found.gross.amount_minor, found.gross.leaks) == (9_999, 0)
    assert (found.attributed.amount_minor, found.attributed.leaks) == (4_000, 0)
    found = one([owed()], [*parts, payment(amount=1, days=21, charge="ch_3")], [touch(days=2)])
    assert (found.gross.amount_minor, found.gross.leaks, found.gross.times.median) == (10_000, 1, timedelta(days=21))
    assert (found.attributed.amount_minor, found.attributed.leaks) == (4_000, 0), "the last part came by itself"


def test_more_than_was_owed_is_not_ours() -> None:
    parts = [payment(amount=8_000, charge="ch_1"), payment(amount=8_000, days=3, charge="ch_2")]
    found = one([owed()], [*parts, payment(amount=8_000, days=4, charge="ch_3")]).gross
    assert (found.amount_minor, found.fees_minor) == (10_000, 640), "a payment that counts for nothing costs nothing"


@pytest.mark.parametrize("kind", ["refund", "dispute"])
def test_what_went_back_counts_no_more_and_its_fees_do(kind: str) -> None:
    back = reversal(amount=4_000, kind=kind, fee_minor=1_500)
    found = one([owed()], [payment()], [touch()], [back])
    assert (found.gross.amount_minor, found.gross.leaks, found.reversed_minor) == (6_000, 0, 4_000)
    assert (found.attributed.amount_minor, found.attributed.fees_minor) == (6_000, 320 + 1_500)
    assert found.gross.net_minor == 6_000 - 1_820
    assert found.gross.times == Times(0, None, None)


def test_no_more_goes_back_than_came() -> None:
    back = [reversal(), reversal(kind="dispute", days=9, balance_transaction="txn_9")]
    found = one([owed()], [payment()], [], back)
    assert (found.gross.amount_minor, found.reversed_minor) == (0, 10_000)


def test_a_payment_after_a_refund_makes_the_leak_whole_again() -> None:
    again = payment(amount=4_000, days=30, charge="ch_again")
    found = one([owed()], [payment(), again], [touch(days=29)], [reversal(amount=4_000)])
    assert (found.gross.amount_minor, found.gross.times.median) == (10_000, timedelta(days=30))
    assert (found.attributed.amount_minor, found.attributed.leaks) == (4_000, 1)


def test_fees_are_deducted_where_they_are_known_and_counted_where_not() -> None:
    leaks = [owed(), owed("leak_2", 5_000)]
    gross = one(leaks, [payment(), payment("leak_2", 5_000, fee_minor=None, charge=None)]).gross
    assert (gross.fees_minor, gross.without_fee, gross.without_fee_minor) == (320, 1, 5_000)
    assert gross.net_minor == 10_000 - 320
    assert gross.amount_minor == 15_000


def test_currencies_are_never_added_up_whatever_their_decimals() -> None:
    leaks = [owed(), owed("leak_2", 1_234_567, currency="kwd"), owed("leak_3", 900, currency="jpy")]
    paid = [payment(), payment("leak_2", 1_234_567, currency="kwd", fee_minor=123)]
    found = measure(leaks, paid, [])
    assert [(each.currency, each.gross.amount_minor, each.gross.net_minor) for each in found] == [
        ("jpy", 0, 0),
        ("kwd", 1_234_567, 1_234_444),
        ("usd", 10_000, 9_680),
    ]


def test_times_are_the_median_and_the_ninetieth_that_occurred() -> None:
    leaks = [owed(f"leak_{number}") for number in range(12)]
    paid = [payment(f"leak_{number}", days=number + 1) for number in range(10)]
    random.Random(1).shuffle(paid)
    assert one(leaks, paid).gross.times == Times(10, timedelta(days=5), timedelta(days=9))
    assert one(leaks, paid[:1]).gross.times == Times(1, paid[0].at - OPENED, paid[0].at - OPENED)


def test_money_goes_to_the_last_touch_and_each_kind_is_out_of_all_that_it_touched() -> None:
    leaks = [owed(f"leak_{number}", 100 * number) for number in range(1, 5)]
    touches = [
        touch("leak_1", 1, "send_email"),
        touch("leak_1", 2, "retry_invoice", tone=None),
        touch("leak_2", 1, "send_email", tone="firm"),
        touch("leak_3", 1, "send_email"),
    ]
    paid = [payment("leak_1", 100, 3), payment("leak_2", 200, 3, fee_minor=None), payment("leak_4", 400, 3)]
    found = one(leaks, paid, touches)
    assert [
        (name, part.amount_minor, part.leaks, part.of_amount_minor, part.of_leaks) for name, part in found.by_kind
    ] == [
        ("retry_invoice", 100, 1, 100, 1),
        ("send_email", 200, 1, 600, 3),
    ]
    assert [(name, part.amount_minor, part.of_leaks, part.without_fee) for name, part in found.by_tone] == [
        ("firm", 200, 1, 1),
        ("friendly", 0, 2, 0),
    ]
    assert found.attributed.amount_minor == sum(part.amount_minor for _, part in found.by_kind) == 300


def test_of_touches_in_one_moment_the_same_one_counts_whatever_their_order() -> None:
    touches = [touch(kind="send_email", tone="firm"), touch(kind="send_email", tone=None), touch(kind="open_task")]
    for given_in in (touches, touches[::-1]):
        assert one([owed()], [payment()], given_in).by_kind[0][1].amount_minor == 10_000, "the first by name"
        without_task = [each for each in given_in if each.kind == "send_email"]
        [(name, part)] = one([owed()], [payment()], without_task).by_tone
        assert (name, part.amount_minor) == ("firm", 0), "the one without a tone comes first"


def test_groups_of_declines_are_told_apart() -> None:
    leaks = [owed(), owed("leak_2", decline_group=None), owed("leak_3", decline_group="fix_data")]
    touches = [touch("leak_2", decline_group=None), touch("leak_3", decline_group="fix_data")]
    found = one(leaks, [payment("leak_2", days=3)], touches)
    opened = [(name, part.amount_minor, part.of_leaks) for name, part in found.gross_by_decline_group]
    assert opened == [("fix_data", 0, 1), ("none", 10_000, 1), ("retry_later", 0, 1)]
    assert [(name, part.amount_minor, part.of_leaks) for name, part in found.by_decline_group] == [
        ("fix_data", 0, 1),
        ("none", 10_000, 1),
    ]


@pytest.mark.parametrize(
    ("leaks", "paid", "back", "sentence"),
    [
        ([owed(), owed()], [], [], "A leak is there twice"),
        ([owed()], [payment(), payment(days=3)], [], "A payment is there twice"),
        ([owed()], [payment()], [reversal(), reversal()], "A reversal is there twice"),
        ([owed()], [payment("leak_2")], [], "has no leak beside it"),
        ([owed()], [], [reversal()], "has no payment beside it"),
        ([owed()], [payment()], [reversal(charge="ch_other")], "has no payment beside it"),
        ([owed()], [payment(currency="eur")], [], "nothing is converted"),
        ([owed()], [payment()], [reversal(currency="eur")], "nothing is converted"),
        ([owed(amount=-1)], [], [], "below 0"),
        ([owed()], [payment(amount=0)], [], "give what went back as a reversal"),
        ([owed()], [payment(fee_minor=-1)], [], "give what went back as a reversal"),
        ([owed(opened_at=OPENED.replace(tzinfo=None))], [], [], "time without a zone"),
        ([owed()], [payment(at=OPENED.replace(tzinfo=None))], [], "time without a zone"),
    ],
)
def test_rows_that_do_not_belong_together_make_no_figure(
    leaks: list[Owed], paid: list[Payment], back: list[Reversal], sentence: str
) -> None:
    with pytest.raises(RecoveryInputError, match=sentence):
        measure(leaks, paid, [], back)


AMOUNTS = st.integers(1, 10**9)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[list[Owed], list[Payment], list[Touch], list[Reversal]]:
    """Leaks of one currency and whatever may have happened to them."""
    leaks, paid, touches, back = [], [], [], []
    for number in range(draw(st.integers(1, 6))):
        leak = f"leak_{number}"
        leaks.append(owed(leak, draw(AMOUNTS), decline_group=draw(st.sampled_from([None, "never"]))))
        for part in range(draw(st.integers(0, 3))):
            charge = f"ch_{leak}_{part}"
            fee = draw(st.none() | st.integers(0, 10**6))
            paid.append(payment(leak, draw(AMOUNTS), draw(st.integers(-3, 30)), charge=charge, fee_minor=fee))
            if draw(st.booleans()):
                back.append(reversal(leak, draw(AMOUNTS), charge=charge, balance_transaction=f"txn_{charge}"))
        for day in draw(st.lists(st.integers(-3, 30), max_size=3)):
            touches.append(touch(leak, day, draw(st.sampled_from(["send_email", "retry_invoice"]))))
    return leaks, paid, touches, back


@given(accounts(), st.randoms(use_true_random=False))
def test_figures_hold_together_and_order_does_not_matter(
    account: tuple[list[Owed], list[Payment], list[Touch], list[Reversal]], shuffle: random.Random
) -> None:
    leaks, paid, touches, back = account
    found = one(leaks, paid, touches, back)
    assert 0 <= found.attributed.amount_minor <= found.gross.amount_minor <= found.gross.of_amount_minor
    assert 0 <= found.attributed.leaks <= found.gross.leaks <= found.gross.of_leaks == len(leaks)
    assert found.gross.of_amount_minor == sum(leak.amount_minor for leak in leaks)
    assert sum(part.amount_minor for _, part in found.by_kind) == found.attributed.amount_minor
    assert sum(part.amount_minor for _, part in found.gross_by_decline_group) == found.gross.amount_minor
    assert found.gross.amount_minor <= max(0, sum(each.amount_minor for each in paid))
    for rows in (leaks, paid, touches, back):
        shuffle.shuffle(rows)
    assert one(leaks, paid, touches, back) == found


@given(accounts())
def test_taking_money_back_never_raises_a_figure(
    account: tuple[list[Owed], list[Payment], list[Touch], list[Reversal]],
) -> None:
    leaks, paid, touches, back = account
    with_all, without = one(leaks, paid, touches, back), one(leaks, paid, touches)
    assert with_all.gross.amount_minor <= without.gross.amount_minor
    assert with_all.gross.leaks <= without.gross.leaks
