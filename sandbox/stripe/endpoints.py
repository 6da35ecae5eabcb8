"""The read-only endpoints: a list and a retrieve per resource, and the lists that belong to a parent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from .accounts import Account
from .errors import StripeError, missing
from .expand import Expander, served
from .keys import Key
from .listing import ITEM_PARAMETERS, PAGING, SUMMARY_PARAMETERS, joined, page, parameters, parts
from .parameters import STRINGS, Parameter
from .resources import BY_NAME, RESOURCES, Resource
from .shapes import listed
from .store import Record

_EVENTS_KEPT_SECONDS = 30 * 24 * 3600


@dataclass(slots=True)
class Call:
    """One request that passed every check: who asks, for what, with which parameters."""

    account: Account
    key: Key
    path: str
    path_params: Mapping[str, str]
    given: Mapping[str, Any]
    request_id: str
    idempotency_key: str | None = None
    livemode: bool = field(init=False)

    def __post_init__(self) -> None:
        self.livemode = self.key.livemode

    def permit(self, resource: Resource) -> None:
        """Raise StripeError 403 unless the key may read the resource."""
        self.key.require(resource.permission, self.account.id)

    def expanded(self, roots: list[dict[str, Any]], *, in_list: bool) -> list[dict[str, Any]]:
        """Expand in the roots what the request asks for."""
        paths = self.given.get("expand", ())
        if paths:
            Expander(self.account.store, self.livemode, self.permit).apply(roots, list(paths), in_list=in_list)
        return roots

    def record(self, resource: Resource, object_id: str, param: str, *, status: int = 404) -> Record:
        """The record of an id in the key's mode. Raises StripeError as Stripe words it."""
        record = self.account.store.tables[resource.name].by_id.get(object_id)
        if record is None:
            raise missing(resource.noun, object_id, param, status=status)
        if record.livemode is not None and record.livemode != self.livemode:
            other = "live" if record.livemode else "test"
            raise missing(resource.noun, object_id, param, status=status, other_mode=other)
        return record


Handler = Callable[[Call], bytes]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A path and method, what it takes and the permission it asks for."""

    method: str
    path: str
    permission: str
    parameters: Mapping[str, Parameter]
    handler: Handler
    is_write: bool = False


_RETRIEVE: Mapping[str, Parameter] = {"expand": STRINGS}


def read_endpoints() -> list[Endpoint]:
    """Every GET endpoint."""
    endpoints = [
        Endpoint(
            "GET",
            "/v1/account",
            "accounts_kyc_basic",
            _RETRIEVE,
            lambda call: orjson.dumps(call.account.describe()),
        ),
        Endpoint("GET", "/v1/subscription_items", "subscription", ITEM_PARAMETERS, _items),
        Endpoint("GET", "/v1/subscription_items/{id}", "subscription", _RETRIEVE, _item),
        Endpoint("GET", "/v1/invoices/{id}/lines", "invoice", PAGING, _parts("invoice", "line item")),
        Endpoint("GET", "/v1/credit_notes/{id}/lines", "credit_note", PAGING, _parts("credit_note", "line item")),
        Endpoint(
            "GET",
            "/v1/billing/meters/{id}/event_summaries",
            "billing_meter",
            SUMMARY_PARAMETERS,
            _summaries,
        ),
        Endpoint(
            "GET",
            "/v1/customers/{id}/payment_methods",
            "payment_method",
            {
                **PAGING,
                **{n: BY_NAME["payment_method"].filters[n].parameter for n in ("type", "allow_redisplay")},
            },
            _customer_payment_methods,
        ),
    ]
    for resource in RESOURCES:
        endpoints.append(Endpoint("GET", resource.path, resource.permission, parameters(resource), _list(resource)))
        endpoints.append(
            Endpoint("GET", f"{resource.path}/{{id}}", resource.permission, _RETRIEVE, _retrieve(resource))
        )
    return endpoints


def _list(resource: Resource) -> Handler:
    def handle(call: Call) -> bytes:
        given = dict(call.given)
        if "customer" in given:
            call.record(BY_NAME["customer"], given["customer"], "customer", status=400)
        return _page(call, resource, given)

    return handle


def _page(call: Call, resource: Resource, given: Mapping[str, Any]) -> bytes:
    window = None
    if resource.name == "event":
        now = call.account.clock.now()
        window = (now - _EVENTS_KEPT_SECONDS, now)
    table = call.account.store.tables[resource.name]
    records, has_more = page(table, given, livemode=call.livemode, window=window)
    if "expand" not in given:
        return joined([record.body for record in records], has_more, call.path)
    roots = call.expanded([served(record) for record in records], in_list=True)
    return joined([orjson.dumps(root) for root in roots], has_more, call.path)


def _retrieve(resource: Resource) -> Handler:
    def handle(call: Call) -> bytes:
        record = call.record(resource, call.path_params["id"], resource.id_parameter)
        is_forgotten = (
            record.position >> 32 < call.account.clock.now() - _EVENTS_KEPT_SECONDS
            if resource.name == "event"
            # Of a deleted customer Stripe keeps a stub, of all else nothing.
            else record.is_deleted and resource.name != "customer"
        )
        if is_forgotten:
            raise missing(resource.noun, record.id, resource.id_parameter)
        if "expand" not in call.given and not record.is_deleted:
            return record.body
        return orjson.dumps(call.expanded([served(record)], in_list=False)[0])

    return handle


def _customer_payment_methods(call: Call) -> bytes:
    customer = call.record(BY_NAME["customer"], call.path_params["id"], "customer")
    return _page(call, BY_NAME["payment_method"], {**call.given, "customer": customer.id})


def _parts(name: str, noun: str) -> Handler:
    """The lines of an invoice or credit note: all of them, page by page."""

    def handle(call: Call) -> bytes:
        resource = BY_NAME[name]
        record = call.record(resource, call.path_params["id"], resource.id_parameter)
        lines = (record.payload().get("lines") or {}).get("data") or []
        return _part_page(call, [listed(line) for line in lines], noun)

    return handle


def _items(call: Call) -> bytes:
    subscription = call.record(BY_NAME["subscription"], call.given["subscription"], "subscription", status=400)
    items = (subscription.payload().get("items") or {}).get("data") or []
    return _part_page(call, [listed(item) for item in items], "subscription_item")


def _part_page(call: Call, items: list[dict[str, Any]], noun: str) -> bytes:
    chosen, has_more = parts(items, call.given, noun)
    roots = call.expanded(chosen, in_list=True)
    return joined([orjson.dumps(root) for root in roots], has_more, call.path)


def _item(call: Call) -> bytes:
    item_id = call.path_params["id"]
    parent = call.account.store.items.get(item_id)
    if parent is None:
        raise missing("subscription_item", item_id, "item")
    payload = call.record(BY_NAME["subscription"], parent, "item").payload()
    for item in payload["items"]["data"]:
        if item["id"] == item_id:
            return orjson.dumps(call.expanded([listed(item)], in_list=False)[0])
    raise missing("subscription_item", item_id, "item")


def _summaries(call: Call) -> bytes:
    meter = call.record(BY_NAME["meter"], call.path_params["id"], "id")
    start, end, window = (
        call.given["start_time"],
        call.given["end_time"],
        call.given.get("value_grouping_window"),
    )
    if end <= start:
        raise StripeError(400, "The end_time must be after the start_time.", param="end_time")
    own = [
        one
        for one in call.account.store.summaries.values()
        if one["meter"] == meter.id
        and one.get("customer") == call.given["customer"]
        and one.get("livemode", True) == call.livemode
        and start <= one["start_time"]
        and one["end_time"] <= end
    ]
    own.sort(key=lambda one: one["start_time"], reverse=True)
    plain = [{key: value for key, value in one.items() if key != "customer"} for one in own]
    if window is None and plain:
        total = sum(one["aggregated_value"] for one in plain)
        plain = [{**plain[0], "aggregated_value": total, "start_time": start, "end_time": end}]
    return _part_page(call, plain, "billing meter event summary")
