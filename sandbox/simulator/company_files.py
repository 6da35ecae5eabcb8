"""What a folder says of the whole company: account, catalog, policy, description."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from sandbox.objects import Payload

from .papers import COMPANY
from .world import World

POLICY = """\
# What the company says of itself; see policy.example.yml for what each key means.
reporting_currency: usd
standard_trial_days: 14

retries:
  max_attempts: 8
  window_days: 30

unpaid_invoice:
  overdue_grace_days: 7
  minimum_amount_minor: 0

exemptions:
  - leak_type: "*"
    customer: internal
    reason: Accounts of our own staff
"""


def account() -> Payload:
    """The Stripe account itself."""
    return {
        "id": "acct_1LanternReports0",
        "object": "account",
        "business_type": "company",
        "charges_enabled": True,
        "country": "US",
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@lanternreports.example",
        "payouts_enabled": True,
        "type": "standard",
    }


def tables(world: World, redeemed: Counter[str]) -> dict[str, list[Payload]]:
    """The objects that no customer has, by file name. Coupons and codes count their redemptions."""
    made = world.catalog.tables()
    for name in ("coupon", "promotion_code"):
        made[name] = [{**one, "times_redeemed": redeemed[one["id"]]} for one in made[name]]
    return {"account": [account()], **made}


def description(world: World, as_of: int, counts: Counter[str], unlinked: int) -> dict[str, Any]:
    """What company.json holds; to `unlinked` customers nothing leads from the product's logs."""
    plan = world.plan
    return {
        "company": COMPANY,
        "seed": plan.seed,
        "customers": plan.customers,
        "identity": plan.identity,
        "unlinked_customers": unlinked,
        "anchor": datetime.fromtimestamp(plan.anchor, UTC).isoformat().replace("+00:00", "Z"),
        "as_of": datetime.fromtimestamp(as_of, UTC).isoformat().replace("+00:00", "Z"),
        "counts": dict(sorted(counts.items())),
    }
