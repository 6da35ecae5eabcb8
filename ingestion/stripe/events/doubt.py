"""What events leave in doubt, and reading it again.

An event carries its object as it was, so it lands at once. The object is read again where that does not settle what is
newest: several states of one second (an invoice created, finalised and paid), objects of which the event shows less
than we keep (lists cut to ten, what we expand), and changes of a subscription's status that cannot be.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import duckdb

from ingestion.errors import ObjectGoneError, PermissionMissingError, StripeAnswerError
from ingestion.profile import Profile
from ingestion.stripe.client import CONNECTIONS, StripeReader, complete_sublists, run_together
from ingestion.stripe.events import transitions
from ingestion.stripe.events.changes import Changes
from ingestion.stripe.resources import BY_NAME


def in_doubt(
    profile: Profile, objects: Collection[tuple[str, str]], cut: Collection[tuple[str, str]]
) -> dict[tuple[str, str], datetime]:
    """Those of some objects, by table and id, that must be read again, each with its newest moment.

    Objects that events show only in part (`cut`), and those whose newest second holds several states that no later
    reading settled.
    """
    found: dict[tuple[str, str], datetime] = {}
    with duckdb.connect(str(profile.warehouse)) as connection:
        for table in sorted({table for table, _ in objects}):
            rows = connection.execute(
                f"""
                with newest as (
                    select id, version_at, payload_hash, source, loaded_at
                    from {profile.dataset}.{table}
                    where id in (select unnest($ids))
                    qualify version_at = max(version_at) over (partition by id)
                )
                select id, max(version_at) as version_at, count(distinct payload_hash) > 1 as is_tie
                from newest
                group by id
                having count(*) filter (source <> 'event') = 0
                    or max(loaded_at) filter (source <> 'event') <= max(loaded_at) filter (source = 'event')
                """,
                {"ids": [id for name, id in objects if name == table]},
            ).fetchall()
            for id, version_at, is_tie in rows:
                if is_tie or (table, id) in cut:
                    found[table, id] = version_at
    return found


@dataclass(frozen=True)
class Doubts:
    """Objects to be read again, each with its newest moment; `impossible` of them changed status as none can."""

    objects: dict[tuple[str, str], datetime]
    impossible: int


def doubts(profile: Profile, objects: Collection[tuple[str, str]], cut: Collection[tuple[str, str]]) -> Doubts:
    """What landed events leave in doubt of some objects: see `in_doubt`, and `transitions.impossible`."""
    wrong = transitions.impossible(profile, {id for table, id in objects if table == "subscription"})
    found = in_doubt(profile, objects, cut)
    return Doubts(found | {("subscription", id): moment for id, moment in wrong.items()}, len(wrong))


async def read_again(
    reader: StripeReader, objects: dict[tuple[str, str], datetime], changes: Changes
) -> set[tuple[str, str]]:
    """Reads single objects; returns those that Stripe has no more, which are left as their last event said.

    What is read now is newer than every event that had reached us, even where the clock's seconds cannot tell.
    """
    queue = sorted(objects)
    gone: set[tuple[str, str]] = set()

    async def work() -> None:
        while queue:
            table, id = queue.pop()
            resource = BY_NAME[table]
            expand = [("expand[]", path.removeprefix("data.")) for path in resource.expand]
            try:
                answer = await reader.get(f"{resource.path}/{id}", expand, resource)
            except ObjectGoneError:
                gone.add((table, id))
                continue
            except (StripeAnswerError, PermissionMissingError):
                continue
            await complete_sublists(reader, answer.body, resource)
            changes.add(answer.body, resource, max(answer.read_at, objects[table, id]))

    if queue:
        await run_together(min(CONNECTIONS, len(queue)), work)
    return gone


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
