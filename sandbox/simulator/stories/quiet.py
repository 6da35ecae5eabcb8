"""Those who pay and no longer come; and those who only seem so."""

from __future__ import annotations

from ..calendar import DAY, HOUR
from ..contract import Contract
from ..customer import Customer
from ..deck import Role
from ..life import Life, Process
from .common import Story, buys, comes, cycle, days_before

_QUIET_DAYS = 60


def _settles(life: Life, plan: str | None = None, calls_per_week: int | None = None) -> tuple[Customer, Contract]:
    customer = comes(life)
    return customer, buys(customer, plan, calls_per_week=calls_per_week)


def _goes_quiet(first: float, last: float) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """Pays on; was last seen between so many days before the anchor."""
        begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(7, 15))
        yield begin
        customer, contract = _settles(life)
        yield days_before(life, life.random.uniform(first, last))
        customer.activity.stop()
        customer.activity.log_in()
        life.note(
            "paying_inactive",
            "nobody_comes",
            contract.payload["id"],
            detectable_at=life.at + _QUIET_DAYS * DAY,
            recurring=contract.net_value(),
        )

    return story


def only_api(life: Life, _role: Role) -> Process:
    """Nobody logs in; their programs call every week."""
    begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(7, 15))
    yield begin
    customer, contract = _settles(life, plan="studio", calls_per_week=700)
    yield days_before(life, life.random.randrange(90, 150))
    customer.activity.stop_logins()
    life.note("paying_inactive", "only_api", contract.payload["id"], note="API calls are activity")


def seasonal(life: Life, _role: Role) -> Process:
    """Closed for the same three months every year."""
    begin, _ = cycle(life, life.random.randrange(2, 26), 16)
    yield begin
    customer, contract = _settles(life)
    anchor = life.world.anchor
    customer.activity.seasons = [
        (anchor - (75 + year * 365) * DAY, anchor + (20 - year * 365) * DAY) for year in (0, 1)
    ]
    yield anchor - 68 * DAY
    life.note("paying_inactive", "seasonal", contract.payload["id"], note="closed at this time of last year too")


def _downgrades(*, is_silent: bool) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """A smaller plan from a renewal on."""
        begin, last = cycle(life, life.random.randrange(36, 55), life.random.randrange(4, 12))
        yield begin
        customer, contract = _settles(life, plan="business")
        yield last - DAY
        contract.next_price = life.world.catalog.price("studio", customer.currency, "month")
        yield last + HOUR
        if is_silent:
            customer.activity.stop()
        life.note(
            "downgrade_then_silent",
            "downgraded_and_gone" if is_silent else "downgraded_and_used",
            contract.payload["id"],
            detectable_at=last + _QUIET_DAYS // 2 * DAY if is_silent else None,
            recurring=contract.net_value(),
        )

    return story


STORIES: dict[str, Story] = {
    "inactive": _goes_quiet(66, 150),
    # Sixty days: a day either side.
    "inactive_sixty_one_days": _goes_quiet(61, 61),
    "inactive_fifty_nine_days": _goes_quiet(59, 59),
    "half_quiet": _goes_quiet(33, 55),
    "only_api": only_api,
    "seasonal": seasonal,
    "downgrade_silent": _downgrades(is_silent=True),
    "downgrade_used": _downgrades(is_silent=False),
}
