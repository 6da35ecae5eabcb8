"""Changes since the last run: events, what no event tells of, and the objects that events leave in doubt.

An event carries its object as it was, so it lands at once. The object is read again where that does not settle what is
newest: several states of one second (an invoice created, finalised and paid), and objects of which the event shows less
than we keep (lists cut to ten, what we expand).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ingestion.errors import PermissionMissingError, StripeAnswerError
from ingestion.parts import PartWriter
from ingestion.profile import Profile
from ingestion.quarantine import Quarantined
from ingestion.stripe.client import CONNECTIONS, StripeReader, complete_sublists, run_together
from ingestion.stripe.listing import Window
from ingestion.stripe.objects import MalformedObjectError, OtherModeError
from ingestion.stripe.resources import BY_NAME, EVENT, Resource
from ingestion.stripe.rows import add_event, add_object
from ingestion.stripe.spool import refused
from ingestion.versions import read

# These end an invoice's open payment without an event of the payment's own.
ENDS_INVOICE_PAYMENTS = frozenset({"invoice.voided", "invoice.marked_uncollectible"})


@dataclass
class Changes:
    """Parts of one incremental reading, kept in `folder`; a sink for pages of events and of plain objects."""

    folder: Path
    tenant_id: str
    is_live: bool
    loaded_at: datetime
    stack: ExitStack
    writers: dict[str, PartWriter] = field(default_factory=dict)
    parts: dict[str, list[Path]] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    other_mode: Counter[str] = field(default_factory=Counter)
    cut: set[tuple[str, str]] = field(default_factory=set)
    ended_invoices: set[str] = field(default_factory=set)
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
                add_object(value, resource, self.writer, is_live=self.is_live, read_at=read_at, source="api")
        except OtherModeError:
            self.other_mode[resource.name] += 1
        except MalformedObjectError as error:
            self.quarantined.append(refused(value, resource, str(error)))

    def _add_event(self, value: Any) -> None:
        event = add_event(value, self.writer, is_live=self.is_live)
        self.events += 1
        if event.resource is not None and event.object is not None:
            if event.is_cut:
                self.cut.add((event.resource.name, event.object.id))
            if event.type in ENDS_INVOICE_PAYMENTS:
                self.ended_invoices.add(event.object.id)


@dataclass
class _Pages:
    changes: Changes
    resource: Resource

    def take(self, page: list[dict[str, Any]], read_at: datetime) -> None:
        """Adds the rows of one page."""
        for value in page:
            self.changes.add(value, self.resource, read_at)


def in_doubt(
    profile: Profile, tables: Iterable[str], cut: set[tuple[str, str]], since: datetime
) -> dict[tuple[str, str], datetime]:
    """Objects that must be read again, each with its newest moment.

    Those that events show only in part (`cut`), and those with events since then whose newest second holds several
    states that no later reading settled.
    """
    found: dict[tuple[str, str], datetime] = {}
    moment = since.isoformat(sep=" ")
    for table in tables:
        rows = read(
            profile,
            f"""
            with touched as (
                select distinct id from {profile.dataset}.{table}
                where source = 'event' and version_at >= timestamp '{moment}'
            ),
            newest as (
                select id, version_at, payload_hash, source, loaded_at
                from {profile.dataset}.{table} semi join touched using (id)
                qualify version_at = max(version_at) over (partition by id)
            )
            select id, max(version_at) as version_at, count(distinct payload_hash) > 1 as is_tie
            from newest
            group by id
            having count(*) filter (source <> 'event') = 0
                or max(loaded_at) filter (source <> 'event') <= max(loaded_at) filter (source = 'event')
            """,
        )
        for row in rows:
            if row["is_tie"] or (table, row["id"]) in cut:
                found[table, row["id"]] = row["version_at"]
    return found


async def read_again(reader: StripeReader, objects: dict[tuple[str, str], datetime], changes: Changes) -> None:
    """Reads single objects; one that Stripe has no more is left as its last event said.

    What is read now is newer than every event that had reached us, even where the clock's seconds cannot tell.
    """
    queue = sorted(objects)

    async def work() -> None:
        while queue:
            table, id = queue.pop()
            resource = BY_NAME[table]
            expand = [("expand[]", path.removeprefix("data.")) for path in resource.expand]
            try:
                answer = await reader.get(f"{resource.path}/{id}", expand, resource)
            except (StripeAnswerError, PermissionMissingError):
                continue
            await complete_sublists(reader, answer.body, resource)
            changes.add(answer.body, resource, max(answer.read_at, objects[table, id]))

    if queue:
        await run_together(min(CONNECTIONS, len(queue)), work)


async def read_payments_of(reader: StripeReader, invoices: set[str], changes: Changes) -> None:
    """Reads the payments of invoices that ended without one."""
    resource = BY_NAME["invoice_payment"]
    limit = asyncio.Semaphore(CONNECTIONS)

    async def one(invoice: str) -> None:
        async with limit:
            answer = await reader.get(resource.path, [("invoice", invoice), ("limit", "100")], resource)
        for value in answer.body.get("data") or []:
            changes.add(value, resource, answer.read_at)

    try:
        await asyncio.gather(*(one(invoice) for invoice in sorted(invoices)))
    except PermissionMissingError:
        return
