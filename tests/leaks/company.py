"""A small company whose invoices fail, recover, are voided or given up: versions of Stripe objects over time."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.leaks.warehouse import Version, utc

START = utc(2026, 6, 1)


def seconds(moment: datetime) -> int:
    """Unix seconds of a UTC time, as Stripe writes times."""
    return int(moment.replace(tzinfo=UTC).timestamp())


def customer(number: int, *, card: str) -> Version:
    """A customer with a default card; `card` is its payment method's id."""
    payload = {
        "id": f"cus_{number}",
        "object": "customer",
        "created": seconds(START),
        "email": f"{number}@example.com",
        "metadata": {},
        "invoice_settings": {"default_payment_method": card},
    }
    return Version("customer", payload, START, f"evt_cus_{number}")


def invoice(number: int, owner: int, at: datetime, **changes: Any) -> dict[str, Any]:
    """An invoice of 29.00 usd, finalised at `at` and open."""
    transitions = {"finalized_at": seconds(at), "paid_at": None, "voided_at": None, "marked_uncollectible_at": None}
    return {
        "id": f"in_{number}",
        "object": "invoice",
        "number": f"N-{number}",
        "customer": f"cus_{owner}",
        "status": "open",
        "collection_method": "charge_automatically",
        "billing_reason": "subscription_cycle",
        "currency": "usd",
        "created": seconds(at),
        "total": 2900,
        "amount_due": 2900,
        "amount_paid": 0,
        "amount_remaining": 2900,
        "attempt_count": 1,
        "attempted": True,
        "next_payment_attempt": None,
        "metadata": {},
        "status_transitions": transitions,
        **changes,
    }


def charge(name: str, number: int, owner: int, at: datetime, code: str | None, *, fingerprint: str) -> Version:
    """A try to collect an invoice: failed with `code`, or succeeded without one."""
    payload = {
        "id": f"ch_{name}",
        "object": "charge",
        "customer": f"cus_{owner}",
        "invoice": f"in_{number}",
        "amount": 2900,
        "amount_refunded": 0,
        "currency": "usd",
        "created": seconds(at),
        "status": "failed" if code else "succeeded",
        "payment_method": f"pm_{owner}",
        "failure_code": "card_declined" if code else None,
        "outcome": {"type": "issuer_declined" if code else "authorized", "reason": code},
        "payment_method_details": {"type": "card", "card": {"fingerprint": fingerprint, "last4": "4242"}},
        "metadata": {},
    }
    return Version("charge", payload, at, f"evt_ch_{name}")


def company(seed: int, customers: int = 10) -> list[Version]:
    """Everything that happened until October 2026, each state as its event brought it, in no order."""
    chance = random.Random(seed)
    versions = []
    for owner in range(customers):
        versions.append(customer(owner, card=f"pm_{owner}"))
        for month in range(chance.randint(1, 4)):
            number = owner * 10 + month
            at = START + timedelta(days=30 * month, hours=owner)
            versions += _life(chance, number, owner, at)
    chance.shuffle(versions)
    return versions


def _life(chance: random.Random, number: int, owner: int, at: datetime) -> list[Version]:
    fingerprint = f"fp_{owner // 2}"  # two customers to a card
    retry_at = at + timedelta(days=3)
    states = [(at, invoice(number, owner, at, next_payment_attempt=seconds(retry_at)))]
    versions = [charge(f"{number}_1", number, owner, at, "insufficient_funds", fingerprint=fingerprint)]
    fate = chance.choice(["paid", "paid", "void", "uncollectible", "open", "open"])
    transitions = dict(states[0][1]["status_transitions"])
    changes: dict[str, Any] = {"status": fate, "attempt_count": 2, "status_transitions": transitions}
    if fate == "paid":
        transitions["paid_at"] = seconds(retry_at)
        changes |= {"amount_paid": 2900, "amount_remaining": 0}
    elif fate == "void":
        transitions["voided_at"] = seconds(retry_at)
    elif fate == "uncollectible":
        transitions["marked_uncollectible_at"] = seconds(retry_at)
    code = None if fate == "paid" else chance.choice(["insufficient_funds", "expired_card", "stolen_card"])
    versions.append(charge(f"{number}_2", number, owner, retry_at, code, fingerprint=fingerprint))
    states.append((retry_at, invoice(number, owner, at, **changes)))
    versions += [
        Version("invoice", payload, moment, f"evt_in_{number}_{step}") for step, (moment, payload) in enumerate(states)
    ]
    return versions
