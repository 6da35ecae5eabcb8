"""Leaks, touches and payments in few words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from revops.earned.outcomes import Owed, Payment, Reversal, Touch
from revops.earned.recovery import Recovery, measure

OPENED = datetime(2026, 10, 1, 9, tzinfo=UTC)


def on(days: float) -> datetime:
    return OPENED + timedelta(days=days)


def owed(leak: str = "leak_1", amount: int = 10_000, **changes: object) -> Owed:
    one = Owed(leak, f"customer:{leak}", amount, "usd", OPENED, False, False, "retry_later")
    return replace(one, **changes)  # type: ignore[arg-type]


def touch(leak: str = "leak_1", days: float = 1, kind: str = "send_email", **changes: object) -> Touch:
    return replace(Touch(leak, f"cus_{leak}", kind, "friendly", "retry_later", on(days)), **changes)  # type: ignore[arg-type]


def payment(leak: str = "leak_1", amount: int = 10_000, days: float = 2, **changes: object) -> Payment:
    one = Payment(leak, amount, 320, "usd", on(days), f"ch_{leak}", f"txn_{leak}", "po_1")
    return replace(one, **changes)  # type: ignore[arg-type]


def reversal(leak: str = "leak_1", amount: int = 10_000, days: float = 5, **changes: object) -> Reversal:
    one = Reversal(leak, f"ch_{leak}", "refund", amount, 0, "usd", on(days), f"txn_{leak}_back", "po_2")
    return replace(one, **changes)  # type: ignore[arg-type]


def one(
    leaks: list[Owed],
    payments: list[Payment] | None = None,
    touches: list[Touch] | None = None,
    reversals: list[Reversal] | None = None,
) -> Recovery:
    """The figures of leaks of one currency."""
    [found] = measure(leaks, payments or [], touches or [], reversals or [])
    return found
