"""One finding: what is owed, why it is held to be a leak, what was tried, and where to act on it."""

from typing import Any
from urllib.parse import quote

import streamlit as st

from revops.warehouse import Published
from streamlit_app import data, money
from streamlit_app.evidence import DECLINE_GROUPS, Evidence, read
from streamlit_app.format import count, day, moment, percent, words
from streamlit_app.markup import escape, facts, safe_link, table

_IN_STRIPE = {
    "invoice": "invoices",
    "subscription": "subscriptions",
    "customer": "customers",
    "charge": "payments",
    "coupon": "coupons",
    "price": "prices",
    "product": "products",
}


def stripe_link(object_type: str, object_id: str, *, is_test: bool) -> str | None:
    """The object's page in Stripe's dashboard, None for kinds that have no page there."""
    folder = _IN_STRIPE.get(object_type)
    if folder is None:
        return None
    return f"https://dashboard.stripe.com/{'test/' if is_test else ''}{folder}/{quote(object_id, safe='')}"


def show(published: Published, integration: data.Row, finding_id: str) -> None:
    """Draw the finding, or say that the account no longer shows it."""
    row = data.finding(published, finding_id)
    if row is None:
        st.info(
            f"This finding is not among those of {moment(published.as_of)}: it was paid, settled or explained, "
            "or the link is from another account."
        )
        return
    evidence = read(row["evidence"], row["currency"])
    st.html(_head(row))
    _links(row, evidence, is_test=integration.get("mode") == "test")
    st.html(facts(_figures(row)))
    if evidence.reasons or evidence.wrong_if:
        st.html(_reasons(evidence))
    if row["invoice_id"]:
        tried = data.attempts(published, row["invoice_id"])
        if tried:
            headers = ("When (UTC)", "Result", "What it means", "Card")
            st.html(table(f"{count(len(tried), 'payment attempt')}", headers, _timeline(tried, evidence)))
        else:
            st.html('<p class="leaks-note">No payment attempt is on record.</p>')
    if evidence.facts:
        with st.expander("All facts"):
            st.html(facts(evidence.facts))


def _head(row: data.Row) -> str:
    """Amount, customer, kind; a review says that it is in no total."""
    kind = "Alert" if row["is_alert"] else "Review, in no total"
    who = ", ".join(text for text in (row["customer_email"], row["customer_id"]) if text)
    return (
        f'<p class="leaks-title">{escape(str(row["customer_name"] or "Unknown customer"))}</p>'
        f'<p class="leaks-note">{escape(who)}</p>'
        '<section class="leaks-figure"><p class="leaks-number">'
        f"{escape(money.text(row['amount_minor'], row['currency']))}</p></section>"
        f'<p><span class="leaks-tag">{escape(kind)}</span>{escape(row["leak_title"])}: '
        f"{escape(str(row['object_name']))}</p>"
    )


def _figures(row: data.Row) -> list[tuple[str, str]]:
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
    return f'<p class="leaks-label">Why this is found</p><ul class="leaks-reasons">{items}</ul>'


def _timeline(tried: list[data.Row], evidence: Evidence) -> list[tuple[str, str, str, str]]:
    """Attempts, oldest first; what the card network added comes from the evidence."""
    networks = {attempt.get("charge"): attempt for attempt in evidence.attempts}
    return [
        (
            moment(attempt["created_at"]).removesuffix(" UTC"),
            words(attempt["status"]),
            _meaning(attempt, networks.get(attempt["payment_id"], {})),
            f"{words(attempt['card_brand'])} ••{attempt['card_last4']}" if attempt["card_last4"] else "–",
        )
        for attempt in tried
    ]


def _meaning(attempt: data.Row, network: dict[str, Any]) -> str:
    if attempt["status"] != "failed":
        return ""
    text = words(attempt["decline_code"]) or "No reason given"
    codes = [
        f"{name} {str(network[key]).replace('_', ' ')}"
        for name, key in (("network", "network_decline_code"), ("advice", "advice_code"))
        if network.get(key)
    ]
    text += f" ({', '.join(codes)})" if codes else ""
    group = DECLINE_GROUPS.get(str(attempt["decline_group"]))
    return f"{text}: {group}" if group else text


def _links(row: data.Row, evidence: Evidence, *, is_test: bool) -> None:
    in_stripe = stripe_link(row["object_type"], row["object_id"], is_test=is_test)
    hosted = safe_link(evidence.hosted_invoice_url)
    with st.container(horizontal=True):
        if in_stripe:
            st.link_button("Open in Stripe", in_stripe)
        if hosted:
            st.link_button(
                "Hosted invoice page", hosted, help="What the customer sees; Stripe's links end after 30 days."
            )
