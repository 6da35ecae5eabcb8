"""What happened to one invoice, oldest first, as a list that reads well at any width."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streamlit_app import money
from streamlit_app.data import Row
from streamlit_app.evidence import DECLINE_GROUPS, Evidence
from streamlit_app.format import count, moment, words
from streamlit_app.markup import escape, heading, note

# A sign for each kind, so that colour is not all that tells them apart.
_SIGNS = {"bad": "✕", "good": "✓", "wait": "…", "note": "•", "alert": "!"}


@dataclass(frozen=True)
class Step:
    """One thing that happened: when (UTC), which sign it gets, what it was, and what that means."""

    at: datetime
    kind: str
    what: str
    meaning: str = ""


def steps(finding: Row, invoice: Row | None, tried: list[Row], evidence: Evidence) -> list[Step]:
    """Billing, due date, every try and the moment it became a finding, oldest first."""
    found = [_attempt(attempt, _network(attempt, evidence)) for attempt in tried]
    if invoice:
        billed_at = invoice["finalized_at"] or invoice["created_at"]
        dates = (
            (billed_at, "note", f"Invoice over {money.text(invoice['total_minor'], invoice['currency'])}"),
            (invoice["due_at"], "note", "Due"),
            (invoice["marked_uncollectible_at"], "note", "Marked uncollectible"),
            (invoice["voided_at"], "note", "Voided"),
            (invoice["next_payment_attempt_at"], "wait", "Stripe's schedule shows a next try"),
        )
        found += [Step(at, kind, what) for at, kind, what in dates if at is not None]
    seen = "An alert from here on" if finding["is_alert"] else "In review from here on"
    found.append(Step(finding["first_detectable_at"], "alert", seen))
    # Of one second, the cause stands before what follows from it.
    order = {"note": 0, "bad": 1, "good": 1, "wait": 1, "alert": 2}
    return sorted(found, key=lambda step: (step.at, order[step.kind]))


def html(title: str, found: Iterable[Step]) -> str:
    """An ordered list. All texts are escaped."""
    items = "".join(
        f'<li class="leaks-step leaks-step-{step.kind}"><span class="leaks-sign" aria-hidden="true">'
        f"{_SIGNS[step.kind]}</span><div><time>{escape(moment(step.at))}</time>"
        f"<p>{escape(step.what)}</p>{note(step.meaning) if step.meaning else ''}</div></li>"
        for step in found
    )
    return f'{heading(title)}<ol class="leaks-timeline">{items}</ol>'


def title(tried: list[Row]) -> str:
    """`4 payment attempts`, or that there is none."""
    return count(len(tried), "payment attempt") if tried else "No payment attempt is on record"


def _network(attempt: Row, evidence: Evidence) -> dict[str, Any]:
    """What the card network added to a try; detectors keep it in the evidence."""
    return next((known for known in evidence.attempts if known.get("charge") == attempt["payment_id"]), {})


def _attempt(attempt: Row, network: dict[str, Any]) -> Step:
    card = f", {words(attempt['card_brand'])} ••{attempt['card_last4']}" if attempt["card_last4"] else ""
    amount = money.text(attempt["amount_minor"], attempt["currency"])
    if attempt["status"] == "succeeded":
        return Step(attempt["created_at"], "good", f"{amount} paid{card}")
    if attempt["status"] != "failed":
        return Step(attempt["created_at"], "wait", f"{amount}: {words(attempt['status']).lower()}{card}")
    text = words(attempt["decline_code"]) or "No reason given"
    codes = [
        f"{name} {str(network[key]).replace('_', ' ')}"
        for name, key in (("network", "network_decline_code"), ("advice", "advice_code"))
        if network.get(key)
    ]
    text += f" ({', '.join(codes)})" if codes else ""
    return Step(attempt["created_at"], "bad", f"{text}{card}", words(DECLINE_GROUPS.get(str(attempt["decline_group"]))))
