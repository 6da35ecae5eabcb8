"""Prices of former years that somebody still pays, with and without a reason."""

from __future__ import annotations

from datetime import UTC, datetime

from ..calendar import DAY
from ..deck import Role
from ..life import Life, Process
from .common import Story, buys, comes, cycle


def _old_price(lock_days: int | None) -> Story:
    def story(life: Life, _role: Role) -> Process:
        """Signed up before the prices were raised; `lock_days` from the anchor until a price lock ends."""
        begin, _ = cycle(life, life.random.randrange(2, 26), life.random.randrange(14, 18))
        yield begin
        plan = life.random.choice(("solo", "studio", "business"))
        metadata: dict[str, str] = {}
        ends = life.world.anchor + (lock_days or 0) * DAY
        ends -= ends % DAY
        if lock_days is not None:
            date = datetime.fromtimestamp(ends, UTC).date().isoformat()
            metadata = {"price_lock_until": date, "contract_id": f"PL-{life.random.randrange(1_000, 9_999)}"}
        customer = comes(life)
        contract = buys(customer, plan, is_former=True, metadata=metadata)
        today = life.world.catalog.price(plan, customer.currency, "month")
        is_locked = lock_days is not None and lock_days > 0
        life.note(
            "legacy_price",
            "never_raised" if lock_days is None else "price_lock",
            contract.payload["id"],
            detectable_at=None if is_locked else max(life.at, today["created"]) if lock_days is None else ends + DAY,
            recurring=today["unit_amount"] - contract.price["unit_amount"],
            note="" if lock_days is None else f"price_lock_until {metadata['price_lock_until']}",
        )

    return story


STORIES: dict[str, Story] = {
    "legacy": _old_price(None),
    "price_lock": _old_price(120),
    # The lock ended two days ago.
    "price_lock_over": _old_price(-2),
}
