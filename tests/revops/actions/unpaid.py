"""An unpaid invoice that a retry may be proposed for, and the tries it has had."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from revops.actions.retry_invoice import Attempt, UnpaidInvoice
from revops.actions.retry_rules import read_retry_rules

RULES = read_retry_rules()
# A Thursday, noon in London.
AT = datetime(2026, 11, 12, 12, tzinfo=UTC)


def attempt(days_ago: float, **changes: object) -> Attempt:
    """One try that failed, so many days ago."""
    given: dict[str, object] = {
        "at": AT - timedelta(days=days_ago),
        "charge": f"ch_{days_ago}",
        "status": "failed",
        "decline_code": "do_not_honor",
        "decline_group": "retry_later",
        "network_advice_code": None,
        "card_brand": "visa",
        "card": "fp",
        "payment_method": "pm_old",
    }
    return Attempt(**{**given, **changes})  # type: ignore[arg-type]


INVOICE = UnpaidInvoice(
    invoice="in_1",
    number="N-1",
    customer_id="cus_1",
    amount_remaining_minor=2900,
    currency="usd",
    amount_reporting_minor=2900,
    status="open",
    verdict="retries_used_up",
    next_payment_attempt_at=None,
    payment_method="pm_old",
    is_payment_method_unchanged=True,
    customer_payment_method="pm_old",
    customer_country="GB",
    billed_at=AT - timedelta(days=20),
    attempts=(attempt(12), attempt(5)),
)
