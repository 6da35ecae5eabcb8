"""What was used and not billed; and use that is paid for, included, or not yet due."""

from __future__ import annotations

from decimal import Decimal

from sandbox import objects

from ..calendar import DAY, HOUR
from ..catalog import PLANS
from ..deck import Role
from ..life import Life, Process
from ..papers import usage_amount
from .common import Story, buys, comes, cycle


def _team(extra: int | None) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """More people than seats, or just as many."""
        begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(4, 14))
        yield begin
        customer = comes(life)
        seats = life.random.choice((3, 5, 8, 12, 20))
        more = life.random.randrange(1, 6) if extra is None else extra
        contract = buys(customer, "team", quantity=seats, users=seats)
        yield max(life.at + DAY, life.world.anchor - life.random.randrange(45, 110) * DAY)
        customer.activity.users = seats + more
        if not more:
            life.note("seats_over_quantity", "every_seat_taken", contract.payload["id"], note="as many users as seats")
            return
        yield life.at + 15 * DAY
        found = [customer.activity.first_login(index) for index in range(seats, seats + more)]
        life.note(
            "seats_over_quantity",
            "grew_beyond_seats",
            contract.payload["id"],
            detectable_at=min(at for at in found if at is not None),
            recurring=more * int(contract.price["unit_amount"]),
            note=f"{more} users more than {seats} seats",
        )

    return story


def over_quota(life: Life, _role: Role) -> Process:
    """Calls more than the plan includes and has no price for them."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(4, 12))
    yield begin
    customer = comes(life)
    plan = life.random.choice(("solo", "studio"))
    included = PLANS[plan].calls
    contract = buys(customer, plan, calls_per_week=included // 14)
    yield max(life.at + DAY, life.world.anchor - life.random.randrange(70, 160) * DAY)
    customer.activity.calls_per_week = included * life.random.randrange(5, 14) // 10
    label = life.note(
        "usage_over_quota",
        "outgrew_the_plan",
        contract.payload["id"],
        amount=0,
        note="closed periods: calls beyond the included ones at the metered list price, rounded per period",
    )
    while not contract.is_ended:
        start, end = int(contract.items[0]["current_period_start"]), contract.period_end
        yield end + 60
        excess = customer.activity.used(start, end) - included
        if excess > 0:
            label.amount = (label.amount or 0) + usage_amount(contract, excess)
            label.detectable_at = label.detectable_at or end


def at_quota(life: Life, _role: Role) -> Process:
    """Uses every call that is included and not one more."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(3, 9))
    yield begin
    customer = comes(life)
    contract = buys(customer, "solo", calls_per_week=0)
    life.note("usage_over_quota", "exactly_the_quota", contract.payload["id"], note="as many calls as are included")
    while not contract.is_ended:
        yield int(contract.items[0]["current_period_start"]) + 3 * DAY
        customer.activity.call(life.at, PLANS["solo"].calls)
        yield contract.period_end + HOUR


def spike(life: Life, _role: Role) -> Process:
    """Beyond the quota in the period that is still running."""
    begin, _ = cycle(life, life.random.randrange(10, 24), life.random.randrange(3, 9))
    yield begin
    customer = comes(life)
    contract = buys(customer, "solo", calls_per_week=40)
    yield life.world.anchor - 6 * DAY
    customer.activity.call(life.at, PLANS["solo"].calls * 3)
    label = life.note("usage_over_quota", "open_period", contract.payload["id"], note="the period is not over")
    end = contract.period_end
    start = int(contract.items[0]["current_period_start"])
    yield end + 60
    label.detectable_at = end
    label.amount = usage_amount(contract, customer.activity.used(start, end) - PLANS["solo"].calls)


def billed_short(life: Life, _role: Role) -> Process:
    """Some of the calls never reached the meter."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(5, 12))
    yield begin
    customer = comes(life)
    contract = buys(customer, "studio", is_metered=True, calls_per_week=life.random.choice((3_000, 9_000)))
    yield max(life.at + DAY, life.world.anchor - life.random.randrange(65, 130) * DAY)
    customer.activity.lost_share = Decimal(life.random.choice(("0.15", "0.3", "0.6")))
    contract.short = life.note(
        "usage_billed_short",
        "meter_lost_events",
        contract.payload["id"],
        amount=0,
        note="closed periods: what the calls cost less what was billed for them",
    )


def short_and_credited(life: Life, _role: Role) -> Process:
    """Billed in full, with a credit for an outage on the same invoice."""
    begin, last = cycle(life, life.random.randrange(2, 26), life.random.randrange(4, 12))
    yield begin
    customer = comes(life)
    contract = buys(customer, "studio", is_metered=True, calls_per_week=2_000)
    yield last - 5 * DAY
    credit = objects.invoiceitem(
        life.identifier("ii"),
        customer.payload,
        -usage_amount(contract, 2_000),
        customer.currency,
        life.at,
        description="Goodwill credit for an outage",
        period=(life.at, life.at),
    )
    life.keep("invoiceitem", credit)
    life.emit("invoiceitem.created", credit)
    contract.pending.append(credit)
    life.note("usage_billed_short", "credit_given", contract.payload["id"], note="a credit is no shortfall")


def used_after_end(life: Life, _role: Role) -> Process:
    """Left, and the programs call on."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(5, 12))
    yield begin
    customer = comes(life)
    contract = buys(customer, "studio", is_metered=True, calls_per_week=1_500)
    yield life.world.anchor - life.random.randrange(20, 70) * DAY
    contract.cancel("cancellation_requested")
    label = life.note("usage_after_cancellation", "programs_call_on", contract.payload["id"], amount=0)
    total = 0
    for _ in range(life.random.randrange(3, 9)):
        yield life.at + life.random.randrange(DAY, 5 * DAY)
        quantity = life.random.randrange(100, 900) * 10
        customer.activity.call(life.at, quantity)
        total += quantity
        label.amount = usage_amount(contract, total)
        label.detectable_at = label.detectable_at or life.at


STORIES: dict[str, Story] = {
    "seats_over": _team(None),
    "seats_just_right": _team(0),
    "over_quota": over_quota,
    "at_quota": at_quota,
    "spike_in_open_period": spike,
    "billed_short": billed_short,
    "short_and_credited": short_and_credited,
    "used_after_end": used_after_end,
}
