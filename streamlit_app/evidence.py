"""A finding's evidence in words. Detectors write JSON; what every detector may write reads well here without
code of its own: `*_minor` is money in the evidence's `currency`, `*_at` a time, a code becomes words."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from streamlit_app import money
from streamlit_app.format import moment, words

_CODE = re.compile(r"[a-z]+(_[a-z]+)*")

# Shown elsewhere on the page, or of use to programs only.
_ELSEWHERE = frozenset(
    ("reasons", "wrong_if", "attempts", "currency", "invoice", "verdict", "hosted_invoice_url", "decline_group")
)

# What a decline group means for the person who reads it.
DECLINE_GROUPS = {
    "never": "this card must not be tried again",
    "fix_data": "the card's details must be corrected",
    "customer_authenticates": "the customer must confirm with their bank",
    "other_method": "needs another payment method, or the customer's bank",
    "retry_later": "a later try can work",
    "technical": "a technical failure, a try soon can work",
    "check_first": "check for an earlier payment first",
}


@dataclass(frozen=True)
class Evidence:
    """What a person would check: sentences, what would prove the finding wrong, facts, the tries."""

    reasons: tuple[str, ...]
    wrong_if: str | None
    facts: tuple[tuple[str, str], ...]
    attempts: tuple[dict[str, Any], ...]
    hosted_invoice_url: str | None


def read(text: str | None, currency: str) -> Evidence:
    """Evidence JSON in words; text that is no JSON object becomes the one reason, as it stands."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return Evidence((str(text),), None, (), (), None)
    currency = str(found.get("currency") or currency)
    reasons = found.get("reasons")
    attempts = found.get("attempts")
    url = found.get("hosted_invoice_url")
    return Evidence(
        reasons=tuple(str(reason) for reason in reasons) if isinstance(reasons, list) else (),
        wrong_if=str(found["wrong_if"]) if found.get("wrong_if") else None,
        facts=tuple(
            (_label(key), _value(key, value, currency))
            for key, value in found.items()
            if key not in _ELSEWHERE and value is not None and not isinstance(value, list | dict)
        ),
        attempts=tuple(a for a in attempts if isinstance(a, dict)) if isinstance(attempts, list) else (),
        hosted_invoice_url=url if isinstance(url, str) else None,
    )


def _label(key: str) -> str:
    return words(re.sub(r"_(minor|at)$", "", key))


def _value(key: str, value: Any, currency: str) -> str:
    if key.endswith("_minor") and isinstance(value, int) and not isinstance(value, bool):
        return money.text(value, currency)
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if key.endswith("_at") and isinstance(value, str):
        try:
            return moment(datetime.fromisoformat(value))
        except ValueError:
            return value
    text = str(value)
    return words(text) if _CODE.fullmatch(text) else text
