"""One Stripe object in, one sound version out: what is checked before anything lands.

A malformed object is never dropped: it goes to quarantine with the reason, and lands when the source has mended it.
"""

import csv
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ingestion.erasure.in_force import current
from ingestion.stripe.resources import BY_OBJECT, Resource

# Half of SHA-256, which has instructions of its own on every server: twice as fast as BLAKE2b.
HASH_CHARACTERS = 32
CURRENCIES = Path(__file__).parents[2] / "dbt_project" / "seeds" / "currencies.csv"
# Deleting events carry the object as it last was; a subscription that ends stays an object with a status.
KEPT_WHEN_DELETED = frozenset({"subscription"})


class MalformedObjectError(Exception):
    """An object that must not land; the text is the reason shown in the quarantine."""


class OtherModeError(Exception):
    """A test object in a live tenant, or a live object in a test tenant."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one object: canonical JSON (sorted keys, UTF-8) and its hash."""

    id: str
    payload: bytes
    payload_hash: str


@cache
def known_currencies() -> frozenset[str]:
    """Every currency Stripe bills in, present and historic, lower case."""
    with CURRENCIES.open(newline="") as file:
        return frozenset(row["currency"] for row in csv.DictReader(file))


def parse(raw: bytes | str) -> Any:
    """The JSON value; raises MalformedObjectError for anything that is no JSON."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise MalformedObjectError(f"no valid JSON: {error}") from None


def id_of(value: Any) -> str | None:
    """The id of what may be no sound object."""
    id = value.get("id") if isinstance(value, dict) else None
    return id if isinstance(id, str) else None


def check(value: Any, resource: Resource, *, is_live: bool) -> dict[str, Any]:
    """The object itself if it may land.

    Raises MalformedObjectError for an object without id, of another type, with an unknown currency, with an amount that
    is no integer; OtherModeError where its livemode is not the tenant's.
    """
    if type(value) is not dict:
        raise MalformedObjectError(f"expected an object, found {type(value).__name__}")
    id = value.get("id")
    if type(id) is not str or not id:
        raise MalformedObjectError("object without id")
    kind = value.get("object", resource.object)
    if kind != resource.object:
        raise MalformedObjectError(f"expected object {resource.object!r}, found {kind!r}")
    livemode = value.get("livemode")
    if type(livemode) is bool and livemode is not is_live:
        raise OtherModeError
    created = value.get("created")
    if created is not None and (type(created) is not int or not 0 <= created < 2**33):
        raise MalformedObjectError(f"created must be seconds since 1970, found {created!r}")
    currency = value.get("currency")
    if currency is not None and currency not in known_currencies():
        raise MalformedObjectError(f"unknown currency {currency!r}")
    for name in resource.money:
        _check_amount(name, value.get(name))
    if resource.name == "invoice":
        for line in (value.get("lines") or {}).get("data") or ():
            _check_amount("lines.amount", line.get("amount"))
    return value


def _check_amount(name: str, amount: Any) -> None:
    if amount is not None and (type(amount) is not int or not -(2**53) < amount < 2**53):
        raise MalformedObjectError(f"{name} must be an integer in minor units, found {amount!r}")


def version(value: dict[str, Any]) -> Version:
    """The version of a checked object; equal objects give equal hashes, whatever the order of their keys.

    Of an erased customer's object it is what may be kept of it.
    """
    erased = current()
    payload = orjson.dumps(value, option=orjson.OPT_SORT_KEYS) if erased is None else erased.payload(value)
    return Version(value["id"], payload, hashlib.sha256(payload).hexdigest()[:HASH_CHARACTERS])


@dataclass(frozen=True, slots=True)
class EventVersions:
    """An event's own row (without the object) and the version of the object that it carries, where we land its type."""

    envelope: Version
    created_at: datetime
    api_version: str | None
    type: str
    resource: Resource | None
    object: Version | None
    is_cut: bool


def split_event(event: dict[str, Any], *, is_live: bool) -> EventVersions:
    """Takes an event apart.

    Raises MalformedObjectError where the object inside may not land; the event is then kept in quarantine as a whole.
    """
    data = event.get("data")
    if type(data) is not dict or type(event.get("created")) is not int or type(event.get("type")) is not str:
        raise MalformedObjectError("event without type, created or data")
    inner = data.get("object")
    inner = inner if type(inner) is dict else {}
    resource = BY_OBJECT.get(str(inner.get("object")))
    carried: Version | None = None
    is_cut = False
    # Some events, such as invoice.upcoming, carry an object that has no id yet.
    if resource is not None and inner.get("id") is not None:
        checked = check(inner, resource, is_live=is_live)
        if event["type"].endswith(".deleted") and resource.name not in KEPT_WHEN_DELETED:
            checked = {**checked, "deleted": True}
        carried = version(checked)
        is_cut = resource.is_cut_in_events or any(
            (inner.get(s.field) or {}).get("has_more") is True for s in resource.sublists
        )
    reference = {name: inner[name] for name in ("id", "object", "customer") if name in inner}
    # How many deliveries are pending says nothing of the event, and differs each time it is read.
    told = {name: content for name, content in event.items() if name != "pending_webhooks"}
    envelope = version({**told, "data": {**data, "object": reference}})
    return EventVersions(
        envelope=envelope,
        created_at=datetime.fromtimestamp(event["created"], UTC).replace(tzinfo=None),
        api_version=event.get("api_version"),
        type=event["type"],
        resource=resource if carried else None,
        object=carried,
        is_cut=is_cut,
    )
