"""Invoices that failed or were overdue in the last weeks, as a simulation of playbooks needs them."""

from datetime import UTC, datetime
from typing import Any

from revops.actions.retry_invoice import Attempt
from revops.service.simulate import PastInvoice, read_past
from revops.warehouse import Published

_INVOICES = """
    with rates as (
        select currency, rate from fx_rates
        qualify row_number() over (partition by currency order by rate_date desc) = 1
    )
    select
        i.invoice_id, i.number, i.customer_id, i.currency, i.amount_due_minor, i.collection_method,
        i.created_at, i.finalized_at, i.due_at, i.paid_at, i.voided_at, i.marked_uncollectible_at,
        i.hosted_invoice_url, c.country,
        case
            when i.currency = (select reporting_currency from policy) then i.amount_due_minor
            else cast(round(i.amount_due_minor * rates.rate) as bigint)
        end as amount_reporting_minor
    from invoices i
    left join customers c on i.customer_id = c.customer_id
    left join rates on i.currency = rates.currency
    where not i.is_test_clock and not i.is_deleted and i.amount_due_minor > 0
        and coalesce(least(i.paid_at, i.voided_at, i.marked_uncollectible_at), '9999-01-01') >= ?
        and (
            exists (select 1 from payments p where p.invoice_id = i.invoice_id and p.status = 'failed')
            or (i.collection_method = 'send_invoice' and i.due_at is not null and i.due_at <= ?)
        )
"""
_TRIES = """
    select invoice_id, payment_id, status, decline_code, decline_group, card_brand, card_last4,
        md5(card_fingerprint) as card, created_at
    from payments where list_contains(?, invoice_id)
"""


def read_past_invoices(published: Published, since: datetime) -> list[PastInvoice]:
    """Those that were owed at some time since then. Raises QueryError."""
    naive = [one.astimezone(UTC).replace(tzinfo=None) for one in (since, published.as_of)]
    rows = [_aware(row) for row in published.query(_INVOICES, naive)]
    tries: dict[str, list[Attempt]] = {}
    for row in map(_aware, published.query(_TRIES, [[row["invoice_id"] for row in rows]])):
        attempt = Attempt(
            at=row["created_at"],
            charge=row["payment_id"],
            status=row["status"],
            decline_code=row["decline_code"],
            decline_group=row["decline_group"],
            network_advice_code=None,
            card_brand=row["card_brand"],
            card=row["card"],
            payment_method=None,
            card_last4=row["card_last4"],
        )
        tries.setdefault(row["invoice_id"], []).append(attempt)
    return read_past(rows, tries)


def _aware(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for name, value in row.items()}
