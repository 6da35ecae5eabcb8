"""Thin events: what Stripe sends of its newer API, such as rejected meter events, in the shape of all other events.

They name the object they are about and carry neither the object nor, in most deliveries, what happened; that is read
from Stripe. Their time is text with fractions of a second.
"""

from datetime import UTC, datetime
from typing import Any

from ingestion.errors import PermissionMissingError, StripeAnswerError
from ingestion.stripe.client import StripeReader
from ingestion.stripe.objects import MalformedObjectError

OBJECT = "v2.core.event"


def is_thin(value: Any) -> bool:
    """Whether this is an event of the newer API."""
    return isinstance(value, dict) and value.get("object") == OBJECT


async def complete(value: dict[str, Any], reader: StripeReader | None) -> dict[str, Any]:
    """The event with its data; as delivered where it has them, nobody can be asked, or Stripe refuses."""
    if value.get("data") is not None or reader is None or not isinstance(value.get("id"), str):
        return value
    try:
        answer = await reader.get(f"/v2/core/events/{value['id']}", [])
    except (StripeAnswerError, PermissionMissingError):
        return value
    return {**value, **answer.body}


def as_event(value: dict[str, Any]) -> dict[str, Any]:
    """The same in the shape of other events: `created` in seconds, the related object in `data.object`.

    Raises MalformedObjectError where the time is none.
    """
    try:
        created = datetime.fromisoformat(value["created"])
    except (KeyError, TypeError, ValueError):
        raise MalformedObjectError(f"thin event created at {value.get('created')!r}, which is no time") from None
    related = value.get("related_object")
    related = related if isinstance(related, dict) else {}
    data = value.get("data")
    about = {"id": related.get("id"), "object": related.get("type")} if related else {}
    return {
        **{name: content for name, content in value.items() if name != "related_object"},
        "object": "event",
        "created": int((created if created.tzinfo else created.replace(tzinfo=UTC)).timestamp()),
        "data": {**(data if isinstance(data, dict) else {}), "object": about},
    }
