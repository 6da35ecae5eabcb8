"""One finding: what is owed, why it is held to be a leak, what was tried, what to do, and who the customer is."""

from datetime import datetime

import streamlit as st

from revops.warehouse import Published
from streamlit_app import money, pages, stripe_links, tenants
from streamlit_app.data import Row, customer, findings
from streamlit_app.evidence import Evidence, read
from streamlit_app.filters import Filters
from streamlit_app.format import count, day, moment, percent
from streamlit_app.markup import escape, facts, heading, safe_link
from streamlit_app.parts import history, its_leak, page, playbook, timeline


def _draw(published: Published, integration: Row, now: datetime) -> None:
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    st.page_link(
        pages.FINDINGS,
        label="All findings",
        query_params=tenants.address(Filters.of_address(address).address()),
        icon=":material/arrow_back:",
    )
    row = findings.finding(published, st.query_params.get(pages.FINDING_ID, ""))
    if row is None:
        st.title("Finding", anchor=False)
        st.info(
            f"This finding is not among those of {moment(published.as_of)}: it was paid, settled or explained, "
            "or the link is from another account."
        )
        return
    evidence = read(row["evidence"], row["currency"])
    invoices = customer.invoices(published, row["customer_id"], row["invoice_id"])
    payments = customer.payments(published, row["customer_id"], row["invoice_id"])
    st.html(_head(row))
    _links(row, evidence, integration)
    its_leak.show(row["root_cause"], now)
    st.html(facts(_figures(row)))
    left, right = st.columns([6, 5], gap="large")
    with left:
        if evidence.reasons or evidence.wrong_if:
            st.html(_reasons(evidence))
        if row["invoice_id"]:
            _timeline(row, evidence, invoices, payments)
        if evidence.facts:
            with st.expander("All facts"):
                st.html(facts(evidence.facts))
    with right:
        st.html(heading("What to do"))
        playbook.show(row["leak_type"])
    if row["customer_id"]:
        history.show(published, row, invoices, payments)


def _timeline(row: Row, evidence: Evidence, invoices: list[Row], payments: list[Row]) -> None:
    invoice = next((known for known in invoices if known["invoice_id"] == row["invoice_id"]), None)
    tried = [payment for payment in payments if payment["invoice_id"] == row["invoice_id"]]
    st.html(timeline.html(timeline.title(tried), timeline.steps(row, invoice, tried, evidence)))


def _head(row: Row) -> str:
    """Amount, customer, kind; a review says that it is in no total."""
    kind = "Alert" if row["is_alert"] else "Review, in no total"
    who = ", ".join(text for text in (row["customer_email"], row["customer_id"]) if text)
    return (
        f'<h1 class="leaks-title">{escape(str(row["customer_name"] or "Unknown customer"))}</h1>'
        f'<p class="leaks-note">{escape(who)}</p>'
        '<section class="leaks-figure"><p class="leaks-number">'
        f"{escape(money.text(row['amount_minor'], row['currency']))}</p></section>"
        f'<p><span class="leaks-tag">{escape(kind)}</span>{escape(row["leak_title"])}: '
        f"{escape(str(row['object_name']))}</p>"
    )


def _figures(row: Row) -> list[tuple[str, str]]:
    pairs = [
        ("Likely to come back", money.text(row["expected_recovery_minor"], row["currency"])),
        ("Chance of recovery", percent(row["recovery_probability"])),
        ("Confidence", percent(row["confidence"])),
        ("Detectable since", f"{day(row['first_detectable_at'])} ({count(row['age_days'], 'day')})"),
        ("Plan", row["plan"]),
        ("Country", row["country"]),
    ]
    if row["is_alert"] and row["counted_minor"] != row["amount_minor"]:
        pairs.insert(
            0, ("Counted in totals, the rest by another finding", money.text(row["counted_minor"], row["currency"]))
        )
    if row["recurring_minor"]:
        pairs.insert(1, ("Lost per month from now", money.text(row["recurring_minor"], row["currency"])))
    return pairs


def _reasons(evidence: Evidence) -> str:
    items = "".join(f"<li>{escape(reason)}</li>" for reason in evidence.reasons)
    if evidence.wrong_if:
        items += f"<li>It would be wrong if: {escape(evidence.wrong_if)}</li>"
    return f'{heading("Why this is found")}<ul class="leaks-reasons">{items}</ul>'


def _links(row: Row, evidence: Evidence, integration: Row) -> None:
    in_stripe = stripe_links.link(row["object_type"], row["object_id"], integration)
    of_customer = stripe_links.link("customer", row["customer_id"], integration) if row["customer_id"] else None
    hosted = safe_link(evidence.hosted_invoice_url)
    with st.container(horizontal=True):
        if in_stripe:
            st.link_button("Open in Stripe", in_stripe, type="primary")
        if of_customer and of_customer != in_stripe:
            st.link_button("Customer in Stripe", of_customer)
        if hosted:
            st.link_button(
                "Hosted invoice page", hosted, help="What the customer sees; Stripe's links end after 30 days."
            )


page.show(_draw)
