"""What every story begins with: when somebody comes, who it is, and what is bought."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ..calendar import DAY, HOUR, add_months, early_in_month
from ..catalog import PLANS
from ..contract import Contract
from ..customer import Customer
from ..deck import Role
from ..life import Life
from ..people import Person, somebody

Story = Callable[[Life, Role], Iterator[int]]
MONTHS = 18
# How many sign up in a month of the year, January first: slow summers, a good start and autumn.
_SEASON = (13, 10, 10, 9, 8, 7, 6, 5, 11, 11, 9, 6)
_PLANS = ("free", "solo", "studio", "business", "team", "enterprise")
_PLAN_WEIGHTS = (3, 34, 34, 14, 13, 2)


def window_start(life: Life) -> int:
    """When the history begins."""
    return add_months(life.world.anchor, -MONTHS)


def sign_up_time(life: Life) -> int:
    """A time in the history, by season and in working hours; many came with the launch in its first weeks."""
    draw, start = life.random, window_start(life)
    if draw.random() < 0.34:
        at = start + int(draw.random() ** 2 * 75 * DAY)
    else:
        months = range(MONTHS)
        weights = [_SEASON[datetime.fromtimestamp(add_months(start, month), UTC).month - 1] for month in months]
        begin = add_months(start, draw.choices(months, weights)[0])
        at = begin + draw.randrange(30 * DAY)
    at = early_in_month(at - at % DAY) + 8 * HOUR + draw.randrange(10 * HOUR)
    return max(start + HOUR, min(at, life.world.anchor - 2 * HOUR))


def cycle(life: Life, days_ago: int, months: int) -> tuple[int, int]:
    """When to begin so that a monthly renewal falls so many days before the anchor, and when that renewal is.

    At most three days earlier than asked: cycles begin on one of the first 28 days of a month.
    """
    last = early_in_month(life.world.anchor - days_ago * DAY - life.random.randrange(6 * HOUR))
    earliest = window_start(life)
    while months > 1 and add_months(last, -months) < earliest:
        months -= 1
    return add_months(last, -months), last


def days_before(life: Life, days: float) -> int:
    """So many days before the anchor, to the second."""
    return life.world.anchor - int(days * DAY)


def plan_of(draw: random.Random, plans: tuple[str, ...] = _PLANS) -> str:
    """A plan, as often as it is bought."""
    weights = [_PLAN_WEIGHTS[_PLANS.index(plan)] for plan in plans]
    return draw.choices(plans, weights)[0]


def comes(
    life: Life,
    *,
    person: Person | None = None,
    metadata: dict[str, str] | None = None,
    fingerprint: str | None = None,
    has_card: bool = True,
    expires: tuple[int, int] | None = None,
    livemode: bool = True,
    test_clock: str | None = None,
) -> Customer:
    """A customer who appears now, with a card unless it is to do without."""
    who = person or somebody(life.random, life.number)
    customer = Customer(life, who, metadata=metadata, livemode=livemode, test_clock=test_clock)
    if has_card:
        customer.add_card(fingerprint=fingerprint, expires=expires)
    return customer


def buys(
    customer: Customer,
    plan: str | None = None,
    *,
    interval: str = "month",
    is_former: bool = False,
    quantity: int | None = None,
    coupon: str | None = None,
    code: str | None = None,
    trial_days: float | None = None,
    days_until_due: int | None = None,
    is_metered: bool = False,
    without_method: str = "create_invoice",
    metadata: dict[str, str] | None = None,
    users: int | None = None,
    calls_per_week: int | None = None,
) -> Contract:
    """A subscription that begins now, is billed from now on and used."""
    life, draw = customer.life, customer.life.random
    plan = plan or plan_of(draw, ("solo", "studio", "business"))
    price = life.world.catalog.price(plan, customer.currency, interval, is_former=is_former)
    is_team = PLANS[plan].is_seats
    seats = quantity or (draw.choice((3, 4, 5, 6, 8, 10, 12, 15, 20, 30)) if is_team else 1)
    contract = Contract(
        customer,
        price,
        seats,
        trial_end=None if trial_days is None else life.at + int(trial_days * DAY),
        days_until_due=days_until_due,
        is_metered=is_metered,
        without_method=without_method,
        metadata=metadata,
    )
    if coupon:
        contract.add_discount(coupon, code=code, is_new=True)
    activity = customer.activity
    activity.users = (
        users if users is not None else max(1, round(seats * 0.7)) if is_team else draw.choice((1, 1, 2, 3))
    )
    activity.logins_per_week = draw.choice((1.4, 1.9, 2.5, 3.2)) / (1.8 if activity.users > 4 else 1)
    included = PLANS[plan].calls
    if calls_per_week is not None:
        activity.calls_per_week = calls_per_week
    elif is_metered:
        activity.calls_per_week = draw.choice((900, 2_500, 6_000, 14_000))
    elif draw.random() < 0.2:
        activity.calls_per_week = max(included // 12, 12)
    contract.begin()
    life.spawn(contract.bill())
    activity.start()
    return contract
