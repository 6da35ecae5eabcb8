"""What customers live through. A story is a process: it yields the time until which it sleeps."""

from __future__ import annotations

from . import beside, coupons, failed, innocent, mechanics, ordinary, prices, quiet, trials, usage
from .common import Story

STORIES: dict[str, Story] = {
    **ordinary.STORIES,
    **failed.STORIES,
    **innocent.STORIES,
    **coupons.STORIES,
    **trials.STORIES,
    **quiet.STORIES,
    **usage.STORIES,
    **prices.STORIES,
    **mechanics.STORIES,
    **beside.STORIES,
}

__all__ = ["STORIES", "Story"]
