"""What lies beside the business: tests, clocks that are not real, customers who were removed, changes agreed."""

from __future__ import annotations

from sandbox import objects

from ..calendar import DAY, HOUR, add_months
from ..contract import Contract
from ..deck import Role
from ..life import Life, Process
from ..people import somebody
from ..refusals import Refusal
from .common import Story, buys, comes, cycle, days_before, sign_up_time


def _not_real(*, has_clock: bool) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """Somebody of the company tried out what a declined card looks like, in test mode."""
        yield days_before(life, life.random.randrange(20, 120))
        person = somebody(life.random, life.number, currency="usd")
        clock = life.identifier("clock") if has_clock else None
        customer = comes(life, person=person, livemode=False, test_clock=clock)
        contract = Contract(customer, life.world.catalog.prices["test_usd_month"])
        contract.begin()
        life.spawn(contract.bill())
        yield life.at + DAY
        customer.till.refusals.append(Refusal("generic_decline", "test", life.at))
        customer.till.owed.detects = False

    return story


def deleted(life: Life, _role: Role) -> Process:
    """Paid for a while and was removed."""
    yield sign_up_time(life)
    customer = comes(life)
    contract = buys(customer)
    yield life.at + life.random.randrange(1, 120) * DAY
    contract.cancel("cancellation_requested")
    yield life.at + HOUR
    life.note("paying_inactive", "deleted", contract.payload["id"], note="the customer was deleted")
    customer.delete()


def price_change_agreed(life: Life, _role: Role) -> Process:
    """A larger plan from the next renewal on, by schedule."""
    begin, last = cycle(life, life.random.randrange(2, 24), life.random.randrange(3, 10))
    yield begin
    customer = comes(life)
    contract = buys(customer, "studio")
    yield last + HOUR
    start, end = int(contract.items[0]["current_period_start"]), contract.period_end
    larger = life.world.catalog.price("business", customer.currency, "month")
    phases = [(contract.price, 1, start, end), (larger, 1, end, add_months(end, 12))]
    schedule = objects.subscription_schedule(life.identifier("sub_sched"), contract.payload, phases, life.at)
    life.keep("subscription_schedule", schedule)
    life.emit("subscription_schedule.created", schedule)
    life.change("customer.subscription.updated", contract.payload, schedule=schedule["id"])
    contract.next_price = larger
    yield end + 1
    life.change(
        "subscription_schedule.updated", schedule, current_phase={"end_date": add_months(end, 12), "start_date": end}
    )


STORIES: dict[str, Story] = {
    "test_clock": _not_real(has_clock=True),
    "test_mode": _not_real(has_clock=False),
    "deleted": deleted,
    "price_change_agreed": price_change_agreed,
}
