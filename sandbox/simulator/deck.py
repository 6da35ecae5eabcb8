"""Which stories a company has and how often: each block of customers draws its roles from a shuffled deck."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """A customer's story; customers of one group share something: a card, a domain, somebody who pays."""

    story: str
    group: str


@dataclass(frozen=True, slots=True)
class Card:
    """How often a story is told: `share` of customers in percent, and surely in the first or second block."""

    story: str
    share: float
    sure_in: int = 0
    sure: int = 1
    size: int = 1


CARDS = (
    # Money that was owed and did not come.
    Card("exhausted", 1.6, sure=3),
    Card("cancelled_owing", 0.3),
    Card("phantom", 0.8, sure=2),
    Card("stale_card", 0.6),
    Card("authentication", 0.5),
    Card("written_off", 0.4),
    Card("overdue", 0.8),
    Card("overdue_eight_days", 0.1),
    Card("overdue_six_days", 0.1, sure_in=1),
    Card("part_credited", 0.2),
    Card("retrying", 0.9, sure=2),
    Card("rescued", 0.7),
    Card("late_transfer", 0.6),
    Card("card_then_transfer", 0.3),
    Card("reissued", 0.3, sure_in=1),
    Card("refunded", 0.5, sure_in=1),
    Card("disputed", 0.5, sure_in=1),
    Card("never_started", 1.2, sure_in=1),
    Card("card_tester", 0.2, sure_in=1),
    # Discounts.
    Card("stacked", 0.6),
    Card("farmed", 0.3, size=2),
    Card("past_intended_end", 0.7, sure=2),
    Card("within_intended_end", 0.2, sure_in=1),
    Card("nonprofit", 0.7),
    Card("partner", 0.3, sure_in=1),
    Card("staff", 0.2, sure_in=1),
    Card("agency", 0.2, sure_in=1, size=3),
    Card("expired_coupon", 0.4, sure_in=1),
    # Trials.
    Card("trial_overlong", 0.5),
    Card("trial_pushed", 0.3),
    Card("trial_paused_and_used", 0.3),
    Card("trial_paused", 0.3, sure_in=1),
    Card("trial_abandoned", 1.5, sure_in=1),
    Card("trial_running", 1.0),
    Card("trial_day_fifteen", 0.1, sure_in=1),
    Card("trial_day_sixteen", 0.1, sure_in=1),
    Card("trial_extended_once", 0.3, sure_in=1),
    Card("pilot", 0.3),
    # Paying for nothing.
    Card("inactive", 0.9, sure=2),
    Card("inactive_sixty_one_days", 0.1, sure_in=1),
    Card("inactive_fifty_nine_days", 0.1, sure_in=1),
    Card("half_quiet", 0.5, sure_in=1),
    Card("only_api", 0.5),
    Card("seasonal", 0.3, sure_in=1),
    Card("downgrade_silent", 0.4),
    Card("downgrade_used", 0.4, sure_in=1),
    # Usage that was not billed.
    Card("seats_over", 0.7),
    Card("seats_just_right", 0.3, sure_in=1),
    Card("over_quota", 0.5),
    Card("at_quota", 0.2, sure_in=1),
    Card("spike_in_open_period", 0.2, sure_in=1),
    Card("billed_short", 0.4),
    Card("short_and_credited", 0.2, sure_in=1),
    Card("used_after_end", 0.4),
    # Prices.
    Card("legacy", 0.9, sure=2),
    Card("price_lock", 0.4),
    Card("price_lock_over", 0.1, sure_in=1),
    # The machinery of billing.
    Card("draft_forgotten", 0.2),
    Card("pending_forgotten", 0.2),
    Card("pending_fresh", 0.2, sure_in=1),
    Card("period_skipped", 0.2),
    Card("pause_forgotten", 0.4),
    Card("pause_fifty_nine_days", 0.1, sure_in=1),
    Card("pause_approved", 0.3),
    Card("pause_until", 0.2, sure_in=1),
    # Beside it all.
    Card("test_clock", 0.2),
    Card("test_mode", 0.3, sure_in=1),
    Card("deleted", 0.5, sure_in=1),
    Card("price_change_agreed", 0.2, sure_in=1),
)
ORDINARY = "ordinary"


def deal(draw: random.Random, block: int, size: int) -> list[Role]:
    """The roles of a block of customers, shuffled. Together the first two blocks tell every story."""
    roles: list[Role] = []
    for card in CARDS:
        times = card.sure if card.sure_in == block else 0
        if not times:
            # As often as the share says, over many blocks; a group is one telling.
            wanted = card.share * size / 100 / card.size
            times = int(wanted) + (draw.random() < wanted % 1)
        for telling in range(times):
            group = f"{card.story}/{block}/{telling}"
            roles += [Role(card.story, f"{group}/{place}") for place in range(card.size)]
    roles = roles[:size]
    roles += [Role(ORDINARY, "")] * (size - len(roles))
    draw.shuffle(roles)
    return roles
