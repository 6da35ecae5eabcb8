"""Delivered events -> warehouse: a batch of webhook bodies, in any order and repeated, ends at what Stripe holds.

What an event carries lands at once; what its objects leave in doubt (several states of one second, fields that events
cut, a change of status that cannot be) is read again, each object once however many events tell of it. Events of a
type we do not know land as envelopes. Nothing is noted of how far the list of events has been read: deliveries have
gaps, and the hourly look at that list must not begin behind one.
"""

import asyncio
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pyarrow as pa

from ingestion import versions
from ingestion.erasure.erased import Erased
from ingestion.errors import NothingLandedYetError
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe import state
from ingestion.stripe.client import StripeReader
from ingestion.stripe.erasures import erasures_in_force
from ingestion.stripe.events import thin
from ingestion.stripe.events.changes import Changes
from ingestion.stripe.events.doubt import doubts, read_again, read_payments_of
from ingestion.stripe.landing import finish, prepare
from ingestion.stripe.objects import MalformedObjectError, parse
from ingestion.stripe.resources import EVENT
from ingestion.stripe.spool import refused


@dataclass
class BatchReport:
    """What a batch did: new versions per table, the objects it touched, and how many were read again.

    `impossible` counts changes of a subscription's status that cannot be; where no API can be asked they stay as
    delivered. `quarantined` are rows refused by now, `other_mode` events of the other mode, left out. `erased` says
    whose data was left out.
    """

    rows: dict[str, int] = field(default_factory=dict)
    touched: set[tuple[str, str]] = field(default_factory=set)
    read_again: int = 0
    impossible: int = 0
    quarantined: int = 0
    other_mode: int = 0
    source_now: datetime | None = None
    erased: Erased | None = None


def land_delivered(profile: Profile, settings: StripeSettings, bodies: Sequence[bytes]) -> BatchReport:
    """Lands what the bodies of verified webhooks tell; the caller holds `writer_lock`.

    Repeating a batch, or landing it in another order, changes nothing. Raises NothingLandedYetError on a home without
    a first run, otherwise as the reader and the loader do; whatever it raises, the batch can be landed again.
    """
    with erasures_in_force(profile) as erased:
        report = asyncio.run(_land(profile, settings, bodies))
    report.erased = erased
    return report


def rehearse() -> None:
    """Lands an event of nobody into a warehouse that is thrown away: what is done for the first time takes seconds."""
    now = datetime.now(UTC).replace(tzinfo=None)
    event: dict[str, Any] = {
        "id": "evt_1",
        "object": "event",
        "type": "customer.updated",
        "created": 0,
        "livemode": False,
    }
    event["data"] = {"object": {"id": "cus_1", "object": "customer", "livemode": False}}
    with TemporaryDirectory() as folder:
        profile = Profile(Path(folder))
        prepare(profile)
        nobody = state.Integration("export", None, "test", now, None, None, now)
        table = state.integration_table(nobody, profile.tenant_id)
        versions.replace(profile, profile.dataset, {"integration": table})
        land_delivered(profile, StripeSettings(stripe_api_key=None), [orjson.dumps(event)])


async def _land(profile: Profile, settings: StripeSettings, bodies: Sequence[bytes]) -> BatchReport:
    before = state.read_integration(profile)
    if before is None:
        raise NothingLandedYetError(
            f"{profile.tenant_dir} holds no account yet: run `leaks run` once, then events are taken up"
        )
    folder = profile.spool / "delivered"
    shutil.rmtree(folder, ignore_errors=True)
    report = BatchReport()
    is_live = before.mode == "live"
    now = datetime.now(UTC).replace(tzinfo=None)
    async with AsyncExitStack() as stack:
        # Where the source is an export, a key that is set as well may be another account's.
        can_ask = settings.stripe_api_key is not None and settings.stripe_export is None
        reader = await stack.enter_async_context(StripeReader(settings)) if can_ask else None
        with ExitStack() as parts:
            changes = Changes(folder / "events", profile.tenant_id, is_live, now, parts)
            for body in bodies:
                await _add(body, changes, reader)
        _note(report, changes, versions.land(profile, changes.parts, fully_read_at=_fully_read_at(profile), now=now))
        quarantined = changes.quarantined
        if reader is not None:
            quarantined = [*quarantined, *await _settle(profile, reader, changes, report)]
    moments = [
        before.source_now,
        *([reader.now] if reader and reader.now else []),
        *([changes.newest_event_at] if changes.newest_event_at else []),
    ]
    report.source_now = max(moments)
    states = state.read_states(profile)
    report.quarantined = finish(
        profile,
        states=states,
        integration=replace(before, source_now=report.source_now, landed_at=now),
        quarantined=quarantined,
        reread=set(),
    )
    batch = [{"tenant_id": profile.tenant_id, "resource": table, "id": id} for table, id in sorted(report.touched)]
    versions.replace(profile, profile.dataset, {"batch": pa.Table.from_pylist(batch, state.BATCH_SCHEMA)})
    shutil.rmtree(folder, ignore_errors=True)
    return report


async def _add(body: bytes, changes: Changes, reader: StripeReader | None) -> None:
    value: Any = None
    try:
        value = parse(body)
        if thin.is_thin(value):
            value = thin.as_event(await thin.complete(value, reader))
    except MalformedObjectError as error:
        kept = value if value is not None else body.decode(errors="replace")
        changes.quarantined.append(refused(kept, EVENT, str(error)))
        return
    changes.add(value, EVENT, changes.loaded_at)


async def _settle(profile: Profile, reader: StripeReader, changes: Changes, report: BatchReport) -> list[Any]:
    """Reads again what the landed events leave in doubt; what Stripe says now stands against all of them."""
    doubtful = doubts(profile, changes.touched, changes.cut)
    report.impossible = doubtful.impossible
    if not doubtful.objects and not changes.ended_invoices and not changes.paid_invoices:
        return []
    with ExitStack() as parts:
        settled = Changes(changes.folder.parent / "settled", profile.tenant_id, changes.is_live, _now(), parts)
        await read_again(reader, doubtful.objects, settled)
        await read_payments_of(reader, changes.ended_invoices | changes.paid_invoices, settled)
    report.read_again = len(doubtful.objects)
    landed = versions.land(profile, settled.parts, fully_read_at=_fully_read_at(profile), now=_now(), keep_reads=True)
    _note(report, settled, landed)
    return settled.quarantined


def _note(report: BatchReport, changes: Changes, landed: dict[str, int]) -> None:
    for table, count in landed.items():
        report.rows[table] = report.rows.get(table, 0) + count
    report.touched |= changes.touched
    report.other_mode += sum(changes.other_mode.values())


def _fully_read_at(profile: Profile) -> dict[str, datetime]:
    states = state.read_states(profile)
    return {name: known.fully_read_at for name, known in states.items() if known.fully_read_at}


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
