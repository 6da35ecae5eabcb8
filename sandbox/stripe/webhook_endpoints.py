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
    """What the API shows of endpoints: those the sandbox began with and those made through it, newest first."""

    stand_in: StandIn
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for endpoint in self.stand_in.webhooks.endpoints.values():
            self._show(endpoint, self.stand_in.clock.now(), {})

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
        shown = self._show(endpoint, call.account.clock.now(), given)
        return orjson.dumps({**shown, "secret": endpoint.secrets[0]})

    def one(self, call: Call) -> bytes:
        return orjson.dumps(_in(call, self._shown(call)))

    def every(self, call: Call) -> bytes:
        mine = [_in(call, shown) for shown in self.shown.values() if _is_of(call, shown)]
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
        return orjson.dumps(_in(call, shown))

    def delete(self, call: Call) -> bytes:
        shown = self._shown(call)
        self.stand_in.webhooks.remove(shown["id"])
        del self.shown[shown["id"]]
        return orjson.dumps({"id": shown["id"], "object": "webhook_endpoint", "deleted": True})

    def _shown(self, call: Call) -> dict[str, Any]:
        shown = self.shown.get(call.path_params["id"])
        if shown is None or not _is_of(call, shown):
            raise missing(_NOUN, call.path_params["id"], "webhook_endpoint")
        return shown

    def _show(self, endpoint: WebhookEndpoint, created: int, given: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "id": endpoint.id,
            "object": "webhook_endpoint",
            "api_version": given.get("api_version"),
            "application": None,
            "created": created,
            "description": given.get("description"),
            "enabled_events": [*endpoint.events],
            "livemode": endpoint.livemode,
            "metadata": {},
            "status": "enabled",
            "url": endpoint.url,
        }
        self.shown = {endpoint.id: shown, **self.shown}
        return shown


def _is_of(call: Call, shown: Mapping[str, Any]) -> bool:
    """Whether the key's mode sees it; an endpoint that takes both modes is seen in each."""
    return shown["livemode"] in (None, call.livemode)


def _in(call: Call, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {**shown, "livemode": call.livemode}


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
