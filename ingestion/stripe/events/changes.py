"""What was read of changes: events and objects, written as parts, with what they touched and left to ask."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.parts import PartWriter
from ingestion.quarantine import Quarantined
from ingestion.stripe.listing import Window
from ingestion.stripe.objects import MalformedObjectError, OtherModeError
from ingestion.stripe.resources import EVENT, Resource
from ingestion.stripe.rows import add_event, add_object
from ingestion.stripe.spool import refused

# These end an invoice's open payment without an event of the payment's own.
ENDS_INVOICE_PAYMENTS = frozenset({"invoice.voided", "invoice.marked_uncollectible"})
# A payment of an invoice is made without one.
PAYS_INVOICE = frozenset({"invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed"})


@dataclass
class Changes:
    """Parts of one incremental reading, kept in `folder`; a sink for pages of events and of plain objects.

    `touched` are the objects that were added, by table and id, `cut` those of which events showed only a part.
    """

    folder: Path
    tenant_id: str
    is_live: bool
    loaded_at: datetime
    stack: ExitStack
    writers: dict[str, PartWriter] = field(default_factory=dict)
    parts: dict[str, list[Path]] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    other_mode: Counter[str] = field(default_factory=Counter)
    touched: set[tuple[str, str]] = field(default_factory=set)
    cut: set[tuple[str, str]] = field(default_factory=set)
    ended_invoices: set[str] = field(default_factory=set)
    paid_invoices: set[str] = field(default_factory=set)
    newest_event_at: datetime | None = None
    events: int = 0

    @contextmanager
    def open(self, resource: Resource, _window: Window) -> Iterator["_Pages"]:
        """Takes pages of a resource; all windows share one part per table."""
        yield _Pages(self, resource)

    def writer(self, table: str) -> PartWriter:
        """The part of a table, opened when its first row comes."""
        if table not in self.writers:
            path = self.folder / table / "changes.parquet"
            part = PartWriter(path, tenant_id=self.tenant_id, loaded_at=self.loaded_at)
            self.writers[table] = self.stack.enter_context(part)
            self.parts[table] = [path]
        return self.writers[table]

    def add(self, value: Any, resource: Resource, read_at: datetime) -> None:
        """Adds an event or an object that was read; what may not land is kept as refused."""
        try:
            if resource is EVENT:
                self._add_event(value)
            else:
                id = add_object(value, resource, self.writer, is_live=self.is_live, read_at=read_at, source="api")
                self.touched.add((resource.name, id))
        except OtherModeError:
            self.other_mode[resource.name] += 1
        except MalformedObjectError as error:
            self.quarantined.append(refused(value, resource, str(error)))

    def _add_event(self, value: Any) -> None:
        event = add_event(value, self.writer, is_live=self.is_live)
        self.events += 1
        self.newest_event_at = max(event.created_at, self.newest_event_at or event.created_at)
        if event.resource is not None and event.object is not None:
            self.touched.add((event.resource.name, event.object.id))
            if event.is_cut:
                self.cut.add((event.resource.name, event.object.id))
            if event.type in ENDS_INVOICE_PAYMENTS:
                self.ended_invoices.add(event.object.id)
            if event.type in PAYS_INVOICE:
                self.paid_invoices.add(event.object.id)


@dataclass
class _Pages:
    changes: Changes
    resource: Resource

    def take(self, page: list[dict[str, Any]], read_at: datetime) -> None:
        """Adds the rows of one page."""
        for value in page:
            self.changes.add(value, self.resource, read_at)
