"""Most customers: they come, pay, change their minds now and then, and some leave."""

from __future__ import annotations

from ..calendar import DAY
from ..catalog import PLANS
from ..contract import Contract
from ..customer import Customer
from ..deck import Role
from ..life import Life, Process
from .common import Story, buys, comes, plan_of, sign_up_time

_LADDER = ("solo", "studio", "business")


def ordinary(life: Life, role: Role) -> Process:
    """Signs up some time in the history."""
    yield sign_up_time(life)
    yield from _stays(life, role)


def arrives(life: Life, role: Role) -> Process:
    """Signs up in the month after the anchor."""
    yield life.world.anchor + DAY // 2 + life.random.randrange(30 * DAY)
    yield from _stays(life, role)


def _stays(life: Life, _role: Role) -> Process:
    draw = life.random
    customer = comes(life)
    customer.till.has_bad_days = True
    plan = plan_of(draw)
    interval = "year" if PLANS[plan].intervals == ("year",) or (plan != "free" and draw.random() < 0.12) else "month"
    sends = plan in ("business", "enterprise") and draw.random() < 0.3
    customer.till.transfer_days = draw.randrange(4, 29)
    coupon = None
    if interval == "month" and plan != "free":
        chance = draw.random()
        coupon = "welcome" if chance < 0.08 else "loyal" if chance < 0.11 and plan == "solo" else None
    if coupon == "loyal" and customer.currency != "usd":
        coupon = None
    contract = buys(
        customer,
        plan,
        interval=interval,
        coupon=coupon,
        code="welcome" if coupon == "welcome" else None,
        trial_days=14 if plan not in ("free", "enterprise") and not sends and draw.random() < 0.3 else None,
        days_until_due=30 if sends else None,
        is_metered=interval == "month" and plan in _LADDER and draw.random() < 0.2,
    )
    yield from wanders(customer, contract)


def wanders(customer: Customer, contract: Contract) -> Process:
    """Every month or so something may happen: a change of plan, a refund, an end, a return."""
    life, draw = customer.life, customer.life.random
    while not contract.is_ended:
        yield life.at + 20 * DAY + draw.randrange(20 * DAY)
        if contract.payload["status"] != "active" or contract.payload["cancel_at_period_end"]:
            continue
        if contract.next_price is not None:
            continue
        chance, plan = draw.random(), contract.plan
        if chance < 0.016:
            contract.cancel_later()
        elif chance < 0.022:
            contract.cancel("cancellation_requested")
        elif chance < 0.028:
            _climbs(contract, plan)
        elif chance < 0.034 and PLANS[plan].is_seats:
            contract.change_plan(contract.price, contract.quantity + draw.randrange(1, 4), is_billed_now=False)
        elif chance < 0.038 and plan in _LADDER[1:] and contract.months == 1:
            below = _LADDER[_LADDER.index(plan) - 1]
            contract.next_price = life.world.catalog.price(below, customer.currency, "month")
        elif chance < 0.041:
            _is_sorry(customer, contract)
        elif chance < 0.045 and not contract.payload["discounts"] and contract.months == 1:
            contract.add_discount("stay")
    if draw.random() < 0.15:
        yield life.at + draw.randrange(30 * DAY, 120 * DAY)
        again = contract.plan if PLANS[contract.plan].intervals != ("year",) else "studio"
        yield from wanders(customer, buys(customer, again))


def _climbs(contract: Contract, plan: str) -> None:
    if plan not in _LADDER[:-1] or contract.months != 1:
        return
    above = _LADDER[_LADDER.index(plan) + 1]
    price = contract.life.world.catalog.price(above, contract.customer.currency, "month")
    contract.change_plan(price, 1, is_billed_now=contract.life.random.random() < 0.6)


def _is_sorry(customer: Customer, contract: Contract) -> None:
    """Part of the newest payment is given back, with a credit note that says why."""
    invoice = customer.life.records["invoice"][contract.payload["latest_invoice"]]
    charge = customer.till.charge_of(invoice)
    if charge is not None and charge["paid"] and not charge["amount_refunded"]:
        amount = charge["amount"] // 40 * 10
        if amount:
            customer.till.credit(invoice, amount, "Outage", refunded=customer.till.refund(charge, amount))


STORIES: dict[str, Story] = {"ordinary": ordinary, "arrives": arrives}
