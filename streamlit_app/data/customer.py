"""What is known of one customer: each question reads one customer's rows and no others'."""

from revops.warehouse import Published
from streamlit_app.data import Row, has
from streamlit_app.data.findings import ask


def attempts(published: Published, invoice_id: str) -> list[Row]:
    """Every charge for an invoice, oldest first."""
    return published.query(
        "select payment_id, created_at, status, amount_minor, currency,"
        " decline_code, decline_group, card_brand, card_last4"
        " from payments where invoice_id = ? order by created_at, payment_id",
        [invoice_id],
    )


def invoice(published: Published, invoice_id: str) -> Row | None:
    """One invoice with its dates and what it is over."""
    rows = published.query(
        "select invoice_id, currency, total_minor, created_at, finalized_at, due_at, voided_at,"
        " marked_uncollectible_at, next_payment_attempt_at from invoices where invoice_id = ?",
        [invoice_id],
    )
    return rows[0] if rows else None


def subscriptions(published: Published, customer_id: str) -> list[Row]:
    """Every subscription, newest first."""
    return published.query(
        "select subscription_id, plan_name, status, currency, net_monthly_minor, started_at, canceled_at, ended_at,"
        " trial_end_at, pause_behavior, is_cancel_at_period_end from subscriptions"
        " where customer_id = ? order by coalesce(started_at, created_at) desc nulls last, subscription_id",
        [customer_id],
    )


def invoices(published: Published, customer_id: str, limit: int) -> list[Row]:
    """The newest invoices; each row carries `total`, how many there are."""
    return published.query(
        "select invoice_id, number, status, currency, total_minor, amount_remaining_minor, refunded_minor,"
        " coalesce(finalized_at, created_at) as billed_at, paid_at, is_paid_out_of_band, count(*) over () as total"
        " from invoices where customer_id = ? and not is_deleted"
        " order by billed_at desc nulls last, invoice_id limit ?",
        [customer_id, limit],
    )


def payments(published: Published, customer_id: str, limit: int) -> list[Row]:
    """The newest charges; each row carries `total`, how many there are."""
    return published.query(
        "select p.payment_id, p.created_at, p.status, p.amount_minor, p.currency, p.amount_refunded_minor,"
        " p.is_disputed, p.decline_code, p.card_brand, p.card_last4, count(*) over () as total"
        " from payments p where p.customer_id = ? order by p.created_at desc nulls last, p.payment_id limit ?",
        [customer_id, limit],
    )


def other_findings(published: Published, customer_id: str, but: str) -> list[Row]:
    """The customer's other findings, alerts first."""
    return ask(
        published,
        "select finding_id, leak_title, object_name, currency, amount_minor, is_alert, age_days from page_findings"
        " where customer_id = ? and finding_id <> ? order by is_alert desc, priority",
        [customer_id, but],
    )


def activity(published: Published, customer_id: str) -> Row | None:
    """When the customer used the product; None where no log is read or the file is of an older version."""
    if not has(published, "customer_activity"):
        return None
    rows = published.query("select * from customer_activity where customer_id = ?", [customer_id])
    return rows[0] if rows else None
