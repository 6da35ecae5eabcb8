"""`/v1/webhook_endpoints`: endpoints are made, changed and removed through the API as with Stripe.

Source: https://docs.stripe.com/api/webhook_endpoints. The secret is told once, in the answer to its making.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from .endpoints import Call, Endpoint
from .errors import StripeError, missing
from .listing import PAGING, joined, parts
from .parameters import BOOLEAN, STRING, STRINGS, Parameter
from .stand_in import StandIn
from .webhooks import WebhookAddressError, WebhookEndpoint

_PATH = "/v1/webhook_endpoints"
_ONE = f"{_PATH}/{{id}}"
_PERMISSION = "webhook"
_NOUN = "webhook endpoint"
_CREATE: Mapping[str, Parameter] = {
    "api_version": STRING,
    "connect": BOOLEAN,
    "description": STRING,
    "enabled_events": Parameter("strings", required=True),
    "expand": STRINGS,
    "url": Parameter(required=True),
}
_UPDATE: Mapping[str, Parameter] = {
    "description": STRING,
    "disabled": BOOLEAN,
    "enabled_events": STRINGS,
    "expand": STRINGS,
    "url": STRING,
}


@dataclass
class _Book:
    """What the API shows of the endpoints that were made through it, newest first."""

    stand_in: StandIn
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    def create(self, call: Call) -> bytes:
        given = call.given
        make = call.account.identifiers.make
        endpoint = WebhookEndpoint(
            make("we"),
            given["url"],
            [make("whsec")],
            tuple(given["enabled_events"]),
            call.livemode,
            bool(given.get("connect")),
        )
        try:
            self.stand_in.webhooks.add(endpoint)
        except WebhookAddressError as error:
            raise _refused(error) from error
        shown = {
            "id": endpoint.id,
            "object": "webhook_endpoint",
            "api_version": given.get("api_version"),
            "application": None,
            "created": call.account.clock.now(),
            "description": given.get("description"),
            "enabled_events": given["enabled_events"],
            "livemode": call.livemode,
            "metadata": {},
            "status": "enabled",
            "url": given["url"],
        }
        self.shown = {endpoint.id: shown, **self.shown}
        return orjson.dumps({**shown, "secret": endpoint.secrets[0]})

    def one(self, call: Call) -> bytes:
        return orjson.dumps(self._shown(call))

    def every(self, call: Call) -> bytes:
        mine = [shown for shown in self.shown.values() if shown["livemode"] is call.livemode]
        page, has_more = parts(mine, call.given, _NOUN)
        return joined([orjson.dumps(shown) for shown in page], has_more, call.path)

    def update(self, call: Call) -> bytes:
        shown, given = self._shown(call), call.given
        endpoint = self.stand_in.webhooks.endpoints[shown["id"]]
        if "url" in given:
            try:
                self.stand_in.webhooks.check(given["url"])
            except WebhookAddressError as error:
                raise _refused(error) from error
            endpoint.url = given["url"]
        if "enabled_events" in given:
            endpoint.events = tuple(given["enabled_events"])
        if "disabled" in given:
            endpoint.is_enabled = not given["disabled"]
        shown.update({name: given[name] for name in ("url", "enabled_events", "description") if name in given})
        shown["status"] = "enabled" if endpoint.is_enabled else "disabled"
        return orjson.dumps(shown)

    def delete(self, call: Call) -> bytes:
        shown = self._shown(call)
        self.stand_in.webhooks.remove(shown["id"])
        del self.shown[shown["id"]]
        return orjson.dumps({"id": shown["id"], "object": "webhook_endpoint", "deleted": True})

    def _shown(self, call: Call) -> dict[str, Any]:
        shown = self.shown.get(call.path_params["id"])
        if shown is None or shown["livemode"] is not call.livemode:
            raise missing(_NOUN, call.path_params["id"], "webhook_endpoint")
        return shown


def webhook_endpoints(stand_in: StandIn) -> list[Endpoint]:
    """The endpoints that manage where events are sent."""
    book = _Book(stand_in)

    def endpoint(
        method: str, path: str, parameters: Mapping[str, Parameter], handler: Callable[[Call], bytes]
    ) -> Endpoint:
        return Endpoint(method, path, _PERMISSION, parameters, handler, is_write=method != "GET")

    return [
        endpoint("POST", _PATH, _CREATE, book.create),
        endpoint("GET", _PATH, PAGING, book.every),
        endpoint("GET", _ONE, {"expand": STRINGS}, book.one),
        endpoint("POST", _ONE, _UPDATE, book.update),
        endpoint("DELETE", _ONE, {}, book.delete),
    ]


def _refused(error: WebhookAddressError) -> StripeError:
    return StripeError(400, f"Invalid URL: {error}", code="url_invalid", param="url")
