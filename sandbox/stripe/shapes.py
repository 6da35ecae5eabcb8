"""What an object looks like when nothing is expanded: fields left out, lists cut short, discounts as ids.

Source: fields marked "includable" in https://docs.stripe.com/api and `x-expandableFields` of the OpenAPI.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EMBEDDED_LIMIT = 10

# Left out unless expanded.
INCLUDABLE: Mapping[str, frozenset[str]] = {
    "price": frozenset({"tiers", "currency_options"}),
    "coupon": frozenset({"applies_to", "currency_options"}),
    "customer": frozenset({"sources", "subscriptions", "tax_ids", "tax", "cash_balance"}),
    "invoice": frozenset({"payments", "confirmation_secret"}),
    "charge": frozenset({"refunds"}),
}
_DISCOUNTS = (b'"discounts":[{', b'"discounts": [{')
_COUPON = (b'"applies_to"', b'"currency_options"')
_PRICE = (b'"tiers":', b'"currency_options"')
# What gives away, in an object's bytes, that it holds more than its unexpanded shape.
_TRACES: Mapping[str, tuple[bytes, ...]] = {
    "price": _PRICE,
    "coupon": _COUPON,
    "promotion_code": _COUPON,
    "customer": (*_COUPON, b'"sources"', b'"subscriptions"', b'"tax_ids"', b'"tax":', b'"cash_balance"'),
    "subscription": (*_DISCOUNTS, *_PRICE),
    "invoice": (*_DISCOUNTS, *_PRICE, b'"payments"', b'"confirmation_secret"'),
    "invoiceitem": (*_DISCOUNTS, *_PRICE),
    "charge": (b'"refunds"',),
}


def may_differ(kind: str, raw: bytes, payload: Mapping[str, Any], embedded: tuple[str, ...]) -> bool:
    """A quick look at whether `listed` would change anything: most objects go out as they came."""
    for trace in _TRACES.get(kind, ()):
        if trace in raw:
            return True
    return any(len((payload.get(name) or {}).get("data") or ()) > EMBEDDED_LIMIT for name in embedded)


def listed(payload: Any) -> Any:
    """A copy in the unexpanded shape."""
    if isinstance(payload, list):
        return [listed(item) for item in payload]
    if not isinstance(payload, dict):
        return payload
    kind = payload.get("object")
    hidden = INCLUDABLE.get(kind, frozenset()) if isinstance(kind, str) else frozenset()
    copy = {key: listed(value) for key, value in payload.items() if key not in hidden}
    discounts = copy.get("discounts")
    if kind != "event" and isinstance(discounts, list):
        copy["discounts"] = [one["id"] if isinstance(one, dict) and "id" in one else one for one in discounts]
    if kind == "list" and isinstance(copy.get("data"), list) and len(copy["data"]) > EMBEDDED_LIMIT:
        copy["data"] = copy["data"][:EMBEDDED_LIMIT]
        copy["has_more"] = True
    return copy
