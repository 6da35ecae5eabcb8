"""What is known of one customer: each question reads one customer's rows and no others'."""

from revops.warehouse import Published
from streamlit_app.data import Row, has


def subscriptions(published: Published, customer_id: str) -> list[Row]:
    """Every subscription, newest first."""
    return published.query(
        "select subscription_id, plan_name, status, currency, net_monthly_minor, started_at, canceled_at, ended_at,"
        " trial_end_at, pause_behavior, is_cancel_at_period_end from subscriptions"
        " where customer_id = ? order by coalesce(started_at, created_at) desc nulls last, subscription_id",
        [customer_id],
    )


def invoices(published: Published, customer_id: str | None, invoice_id: str | None) -> list[Row]:
    """Every invoice of the customer, newest first; without a customer the one named."""
    column, value = ("customer_id", customer_id) if customer_id else ("invoice_id", invoice_id)
    return published.query(
        "select invoice_id, number, status, currency, total_minor, amount_remaining_minor, refunded_minor,"
        " created_at, finalized_at, coalesce(finalized_at, created_at) as billed_at, due_at, paid_at, voided_at,"
        " marked_uncollectible_at, next_payment_attempt_at, is_paid_out_of_band from invoices"
        f" where {column} = ?"
        " order by billed_at desc nulls last, invoice_id",
        [value],
    )


def payments(published: Published, customer_id: str | None, invoice_id: str | None) -> list[Row]:
    """Every charge of the customer, newest first; those for the invoice too where none of them names it."""
    rows = _payments(published, "customer_id", customer_id) if customer_id else []
    if invoice_id and not any(row["invoice_id"] == invoice_id for row in rows):
        rows = _payments(published, "invoice_id", invoice_id) + rows
    return rows


def _payments(published: Published, column: str, value: str) -> list[Row]:
    return published.query(
        "select payment_id, invoice_id, created_at, status, amount_minor, currency, amount_refunded_minor,"
        " is_disputed, decline_code, decline_group, card_brand, card_last4 from payments"
        f" where {column} = ? order by created_at desc nulls last, payment_id desc",
        [value],
    )


def other_findings(published: Published, customer_id: str, but: str) -> list[Row]:
    """The customer's other findings, alerts first."""
    return published.query(
        "select f.finding_id, coalesce(nullif(k.title, ''), f.leak_type) as leak_title, f.object_id, f.currency,"
        " f.amount_minor, t.is_alert, t.age_days from leak_findings f join triage t using (tenant_id, finding_id)"
        " left join leak_types k on k.tenant_id = f.tenant_id and k.leak_type = f.leak_type"
        " where f.customer_id = ? and f.finding_id <> ? order by t.priority",
        [customer_id, but],
    )


def activity(published: Published, customer_id: str) -> Row | None:
    """When the customer used the product; None where no log is read or the file is of an older version."""
    if not has(published, "customer_activity"):
        return None
    rows = published.query("select * from customer_activity where customer_id = ?", [customer_id])
    return rows[0] if rows else None
