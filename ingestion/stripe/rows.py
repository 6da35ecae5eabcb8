"""From parsed JSON to rows of parts: the same for an API page, an export's line and an event."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ingestion.parts import PartWriter
from ingestion.stripe.objects import EventVersions, check, split_event, version
from ingestion.stripe.resources import EVENT, Resource

WriterOf = Callable[[str], PartWriter]


def add_object(
    value: Any, resource: Resource, writer: WriterOf, *, is_live: bool, read_at: datetime | None, source: str
) -> str:
    """Adds an object that was read at `read_at` (naive UTC, None where not known yet); returns its id.

    Raises as `objects.check` does.
    """
    checked = version(check(value, resource, is_live=is_live))
    writer(resource.name).add(
        id=checked.id,
        version_at=read_at,
        source=source,
        payload=checked.payload,
        payload_hash=checked.payload_hash,
    )
    return checked.id


def add_event(value: Any, writer: WriterOf, *, is_live: bool) -> EventVersions:
    """Adds an event's envelope and the object version it carries.

    Raises as `objects.check` does, having added nothing.
    """
    event = split_event(check(value, EVENT, is_live=is_live), is_live=is_live)
    writer(EVENT.name).add(
        id=event.envelope.id,
        version_at=event.created_at,
        source="event",
        event_id=event.envelope.id,
        api_version=event.api_version,
        payload=event.envelope.payload,
        payload_hash=event.envelope.payload_hash,
    )
    if event.resource is not None and event.object is not None:
        writer(event.resource.name).add(
            id=event.object.id,
            version_at=event.created_at,
            source="event",
            event_id=event.envelope.id,
            api_version=event.api_version,
            payload=event.object.payload,
            payload_hash=event.object.payload_hash,
        )
    return event
