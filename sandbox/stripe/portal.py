"""`POST /v1/billing_portal/sessions`: a link for one customer to a page on which the card can be changed.

Source: https://docs.stripe.com/api/customer_portal/sessions/create. Stripe's links die within minutes if nobody opens
them; these live as long as the sandbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from .accounts import Account
from .endpoints import Call, Endpoint
from .errors import StripeError, missing
from .parameters import STRING, Parameter
from .resources import BY_NAME
from .stand_in import StandIn

PATH = "/p/session/"
_STRIPES = "https://billing.stripe.com"
_UPDATE = "payment_method_update"
_FLOWS = (_UPDATE, "subscription_cancel", "subscription_update", "subscription_update_confirm")
_AFTER = Parameter(
    "hash",
    children={
        "type": Parameter("choice", ("hosted_confirmation", "portal_homepage", "redirect"), required=True),
        "hosted_confirmation": Parameter("hash", children={"custom_message": STRING}),
        "redirect": Parameter("hash", children={"return_url": Parameter(required=True)}),
    },
)
_PARAMETERS: Mapping[str, Parameter] = {
    "configuration": STRING,
    "customer": Parameter(required=True),
    "flow_data": Parameter(
        "hash", children={"type": Parameter("choice", _FLOWS, required=True), "after_completion": _AFTER}
    ),
    "locale": STRING,
    "return_url": STRING,
}


@dataclass(frozen=True, slots=True)
class Session:
    """One link: whose it is, where it leads back to, and whether it does so by itself once a card was entered."""

    account: Account
    customer_id: str
    return_url: str | None
    redirect_url: str | None


@dataclass
class Portal:
    """The sessions that were made, by the secret in their address."""

    stand_in: StandIn
    sessions: dict[str, Session] = field(default_factory=dict)

    def endpoints(self) -> list[Endpoint]:
        """The endpoint that makes one."""
        path = "/v1/billing_portal/sessions"
        return [Endpoint("POST", path, "customer_portal", _PARAMETERS, self._create, is_write=True)]

    def _create(self, call: Call) -> bytes:
        given = call.given
        customer = call.record(BY_NAME["customer"], given["customer"], "customer", status=400)
        if customer.is_deleted:
            raise missing("customer", customer.id, "customer", status=400)
        flow = _flow(given.get("flow_data"))
        return_url, redirect = given.get("return_url"), ((flow or {}).get("after_completion") or {}).get("redirect")
        redirect_url = redirect["return_url"] if redirect else None
        for param, url in (("return_url", return_url), ("flow_data[after_completion][redirect]", redirect_url)):
            if url is not None and not _is_url(url):
                raise StripeError(400, "Not a valid URL", code="url_invalid", param=param)
        mode = "live" if call.livemode else "test"
        token = f"{mode}_{secrets.token_urlsafe(24)}"
        self.sessions[token] = Session(call.account, customer.id, return_url, redirect_url)
        make = call.account.identifiers.make
        return orjson.dumps(
            {
                "id": make("bps"),
                "object": "billing_portal.session",
                "configuration": given.get("configuration") or make("bpc"),
                "created": call.account.clock.now(),
                "customer": customer.id,
                "customer_account": None,
                "flow": flow,
                "livemode": call.livemode,
                "locale": given.get("locale"),
                "on_behalf_of": None,
                "return_url": return_url,
                "url": f"{self.stand_in.url or _STRIPES}{PATH}{token}",
            }
        )


def _flow(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    if given["type"] != _UPDATE:
        raise StripeError(400, f"The sandbox's portal knows {_UPDATE} only.", param="flow_data[type]")
    after = given.get("after_completion") or {"type": "portal_homepage"}
    if after["type"] == "redirect" and "redirect" not in after:
        param = "flow_data[after_completion][redirect]"
        raise StripeError(400, f"Missing required param: {param}.", code="parameter_missing", param=param)
    confirmation = after.get("hosted_confirmation")
    return {
        "after_completion": {
            "hosted_confirmation": {"custom_message": None, **confirmation} if confirmation is not None else None,
            "redirect": after.get("redirect"),
            "type": after["type"],
        },
        "subscription_cancel": None,
        "subscription_update": None,
        "subscription_update_confirm": None,
        "type": _UPDATE,
    }


def _is_url(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
