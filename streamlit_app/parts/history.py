"""What is known of a finding's customer: use of the product, subscriptions, invoices, payments, other findings."""

import streamlit as st

from revops.warehouse import Published
from streamlit_app import money, pages, tenants
from streamlit_app.data import Row, customer
from streamlit_app.format import count, day, words
from streamlit_app.markup import escape, escape_markdown, facts, heading, note, table

NEWEST = 12


def show(published: Published, finding: Row, invoices: list[Row], payments: list[Row]) -> None:
    """The history of a finding's customer; each table shows the newest rows and says how many there are."""
    customer_id = finding["customer_id"]
    st.html(heading("The customer"))
    _others(
        customer.other_findings(published, customer_id, finding["finding_id"]),
        {invoice["invoice_id"]: invoice["number"] for invoice in invoices},
    )
    _activity(customer.activity(published, customer_id))
    subscriptions = customer.subscriptions(published, customer_id)
    if subscriptions:
        st.html(_subscriptions(subscriptions))
    if invoices:
        st.html(_invoices(invoices))
    if payments:
        st.html(_payments(payments))


def _others(rows: list[Row], numbers: dict[str, str | None]) -> None:
    if not rows:
        return
    st.html(f'<p class="leaks-label">{escape(count(len(rows), "other finding"))}</p>')
    with st.container(key="others", gap=None):
        for row in rows:
            kind = "" if row["is_alert"] else "Review, "
            name = numbers.get(row["object_id"]) or row["object_id"]
            label = f"{kind}{row['leak_title']}, {name}, {count(row['age_days'], 'day')}"
            amount = escape_markdown(money.text(row["amount_minor"], row["currency"]))
            st.page_link(
                pages.FINDING,
                label=f"{escape_markdown(label)} **{amount}**",
                query_params=tenants.address({pages.FINDING_ID: row["finding_id"]}),
            )


def _activity(row: Row | None) -> None:
    """Use of the product, or why nothing can be said of it; nothing where no log is read."""
    if row is None:
        return
    if not row["has_match"]:
        st.html(note("The product's logs show nobody of this customer, so nothing is known of its use."))
        return
    pairs = [
        ("Last active", day(row["last_active_at"])),
        ("Last login", day(row["last_login_at"])),
        ("Active people in 30 days", f"{row['active_users_30d'] or 0:,}"),
        ("Logins in 30 days", f"{row['logins_30d'] or 0:,}"),
    ]
    st.html(f'<p class="leaks-label">Use of the product</p>{facts(pairs)}')
    if not row["is_judged"]:
        st.html(note(f"Not judged: {row['reason_not_judged'] or 'no reason is recorded'}."))


def _subscriptions(rows: list[Row]) -> str:
    return table(
        count(len(rows), "subscription"),
        ("Plan", "Status", "A month", "Started", "Ended"),
        [
            (
                row["plan_name"] or row["subscription_id"],
                _subscription_status(row),
                "–" if row["net_monthly_minor"] is None else money.text(row["net_monthly_minor"], row["currency"]),
                day(row["started_at"]),
                day(row["ended_at"]),
            )
            for row in rows
        ],
        right=frozenset((2,)),
    )


def _subscription_status(row: Row) -> str:
    status = words(row["status"])
    if row["pause_behavior"]:
        status += ", collection paused"
    if row["is_cancel_at_period_end"] and not row["ended_at"]:
        status += ", ends with its period"
    return status


def _invoices(rows: list[Row]) -> str:
    return table(
        _newest(rows, "invoice"),
        ("Invoice", "Billed", "Status", "Total", "Remaining"),
        [
            (
                row["number"] or row["invoice_id"],
                day(row["billed_at"]),
                _invoice_status(row),
                money.text(row["total_minor"], row["currency"]),
                money.text(row["amount_remaining_minor"], row["currency"]) if row["status"] != "paid" else "–",
            )
            for row in rows[:NEWEST]
        ],
        right=frozenset((3, 4)),
    )


def _invoice_status(row: Row) -> str:
    status = words(row["status"])
    if row["status"] == "paid":
        status += f" {day(row['paid_at'])}" if row["paid_at"] else ""
        status += ", outside Stripe" if row["is_paid_out_of_band"] else ""
        status += ", refunded" if row["refunded_minor"] else ""
    return status


def _payments(rows: list[Row]) -> str:
    return table(
        _newest(rows, "payment"),
        ("Payment", "Result", "Card", "Amount"),
        [
            (
                day(row["created_at"]),
                _payment_result(row),
                f"{words(row['card_brand'])} ••{row['card_last4']}" if row["card_last4"] else "–",
                money.text(row["amount_minor"], row["currency"]),
            )
            for row in rows[:NEWEST]
        ],
        right=frozenset((3,)),
    )


def _payment_result(row: Row) -> str:
    result = words(row["status"])
    if row["status"] == "failed" and row["decline_code"]:
        result += f": {words(row['decline_code']).lower()}"
    if row["amount_refunded_minor"]:
        result += f", {money.text(row['amount_refunded_minor'], row['currency'])} refunded"
    return result + (", disputed" if row["is_disputed"] else "")


def _newest(rows: list[Row], noun: str) -> str:
    total = count(len(rows), noun)
    return total if len(rows) <= NEWEST else f"The newest {NEWEST} of {total}"
