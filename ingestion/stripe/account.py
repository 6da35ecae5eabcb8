"""A Stripe account over its API: backfill what is missing, then what changed since, then what is in doubt.

Two landings: the backfill's parts, and the changes. A killed run starts the first again from its spool and the second
from the last noted event; both leave out what has landed already.
"""

import asyncio
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion import versions
from ingestion.errors import PermissionMissingError
from ingestion.profile import Profile
from ingestion.progress import Progress
from ingestion.quarantine import Quarantined
from ingestion.settings import StripeSettings
from ingestion.stripe import state
from ingestion.stripe.client import API_VERSION, StripeReader
from ingestion.stripe.events import Changes, doubts, read_again, read_payments_of
from ingestion.stripe.identity import account_of
from ingestion.stripe.landing import LandingReport, finish
from ingestion.stripe.listing import BEGINNING, Listing, Window
from ingestion.stripe.resources import EVENT, METER_EVENT_SUMMARY, RESOURCES, TABLES, Resource
from ingestion.stripe.spool import Spool
from ingestion.stripe.state import Integration, ResourceState
from ingestion.stripe.summaries import metered_customers, read_summaries
from ingestion.stripe.unseen import unseen_customers

EVENTS_KEPT = timedelta(days=30)
# An event can be listed a little after its time of creation; what is read twice lands once.
OVERLAP = timedelta(minutes=10)
RECENT = timedelta(days=3)
FIRST_LOOK = timedelta(days=90)
# A backfill that took longer than this for the newest 90 days is worth showing before the rest is read.
FIRST_LOOK_SECONDS = 60.0


@dataclass
class _Run:
    profile: Profile
    settings: StripeSettings
    reader: StripeReader
    progress: Progress
    since: datetime | None
    states: dict[str, ResourceState]
    rows: dict[str, int] = field(default_factory=dict)
    quarantined: list[Quarantined] = field(default_factory=list)
    has_more: bool = False
    impossible: int = 0

    @property
    def now(self) -> datetime:
        assert self.reader.now is not None, "Stripe has answered at least once"  # noqa: S101
        return self.reader.now

    @property
    def is_live(self) -> bool:
        return self.settings.mode == "live"

    def land(self, parts: dict[str, list[Path]], *, keep_reads: bool = False) -> None:
        self.progress.step("loading", 0, None)
        fully = {name: s.fully_read_at for name, s in self.states.items() if s.fully_read_at}
        landed = versions.land(self.profile, parts, fully_read_at=fully, now=_now(), keep_reads=keep_reads)
        for table, count in landed.items():
            self.rows[table] = self.rows.get(table, 0) + count

    def switch_off(self, resource: str, error: PermissionMissingError) -> None:
        before = self.states.get(resource) or ResourceState(resource)
        before.is_on, before.reason, before.permission = False, str(error), error.permission
        # What changes while we may not look is unknown: once allowed again, it is read anew.
        before.fully_read_at = None
        self.states[resource] = before


def load_account(
    profile: Profile, settings: StripeSettings, since: datetime | None, progress: Progress
) -> LandingReport:
    """Lands what is new in the account; raises as the reader does."""
    return asyncio.run(_load(profile, settings, since, progress))


async def _load(
    profile: Profile, settings: StripeSettings, since: datetime | None, progress: Progress
) -> LandingReport:
    mode = settings.mode
    before = state.read_integration(profile)
    async with StripeReader(settings) as reader:
        account_id = await account_of(reader, settings, profile, before)
        run = _Run(profile, settings, reader, progress, since, state.read_states(profile))
        began_at = run.now
        events_from = _events_from(run, began_at)
        await _backfill(run, account_id, is_everything=events_from is None)
        await _changes(run, events_from or began_at - EVENTS_KEPT, listed_to=events_from or began_at)
        integration = Integration(
            source="api",
            account_id=account_id,
            mode=mode,
            source_now=run.now,
            api_version=API_VERSION,
            since=since.astimezone(UTC).replace(tzinfo=None) if since else None,
            landed_at=_now(),
        )
        quarantined = finish(
            profile, states=run.states, integration=integration, quarantined=run.quarantined, reread=set()
        )
        # Only now is it noted what was read: a run that ends before this goes on from the spool.
        shutil.rmtree(profile.spool, ignore_errors=True)
        return LandingReport(
            rows=run.rows,
            source_now=run.now.replace(tzinfo=UTC),
            mode=mode,
            source="api",
            switched_off=[s for s in run.states.values() if not s.is_on],
            quarantined=quarantined,
            other_mode=sum(s.other_mode_count for s in run.states.values()),
            has_more=run.has_more,
            impossible=run.impossible,
        )


def _events_from(run: _Run, now: datetime) -> datetime | None:
    """Since when events are needed, or None where they cannot tell everything and all must be read again."""
    events = run.states.get(EVENT.name)
    if events is None or not events.is_on or events.read_at is None or now - events.read_at > EVENTS_KEPT - OVERLAP:
        return None
    return events.read_at - OVERLAP


async def _backfill(run: _Run, account_id: str | None, *, is_everything: bool) -> None:
    spool = Spool(run.profile.spool / "backfill", run.profile.tenant_id, run.is_live, _now())
    spool.begin({"account": account_id, "mode": run.settings.mode}, run.now)
    began = spool.began_at
    floor = run.since.astimezone(UTC).replace(tzinfo=None) if run.since else None
    wanted: list[tuple[Resource, Window, datetime | None]] = []
    for resource in RESOURCES:
        known = None if is_everything else run.states.get(resource.name)
        window, covered_from = _wanted(resource, known, floor, began)
        if window is not None:
            wanted.append((resource, window, covered_from))
    started = time.monotonic()
    first_look = began - FIRST_LOOK
    listing = Listing(run.reader, spool, run.progress)
    newest = [(r, Window(max(w.start, _seconds(first_look)) if r.is_history else w.start, w.end)) for r, w, _ in wanted]
    await listing.read([(r, gap) for r, w in newest if w.start < w.end for gap in spool.missing(r.name, w)])
    if time.monotonic() - started > FIRST_LOOK_SECONDS and not _has_landed(run):
        wanted = [(r, w, max(c or first_look, first_look) if r.is_history else c) for r, w, c in wanted]
        run.has_more = True
    else:
        await listing.read([(r, gap) for r, w, _ in wanted for gap in spool.missing(r.name, w)])
    for name, error in listing.switched_off.items():
        run.switch_off(name, error)
    read = [(r, covered) for r, _, covered in wanted if r.name not in listing.switched_off]
    run.land({r.name: spool.parts(r.name) for r, _ in read})
    if read and "customer" not in listing.switched_off:
        await _read_unseen(run, began)
    quarantined, other_mode = spool.refused()
    run.quarantined += quarantined
    for resource, covered_from in read:
        known = run.states.get(resource.name)
        run.states[resource.name] = ResourceState(
            resource.name,
            covered_from=covered_from,
            read_at=began,
            row_count=spool.rows(resource.name) + (known.row_count if known and not is_everything else 0),
            other_mode_count=other_mode[resource.name],
            fully_read_at=known.fully_read_at if known and known.fully_read_at and not is_everything else began,
        )


async def _read_unseen(run: _Run, began: datetime) -> None:
    """Deleted customers are in no list, but they can be asked for by name."""
    with ExitStack() as stack:
        found = Changes(run.profile.spool / "unseen", run.profile.tenant_id, run.is_live, _now(), stack)
        await read_again(run.reader, unseen_customers(run.profile, began), found)
    run.quarantined += found.quarantined
    run.land(found.parts)


def _wanted(
    resource: Resource, known: ResourceState | None, floor: datetime | None, began: datetime
) -> tuple[Window | None, datetime | None]:
    """The window of `created` that has not been read, and since when the resource is covered once it has been."""
    start = _seconds(floor) if floor is not None and resource.is_history else BEGINNING
    covered_from = floor if resource.is_history else None
    if known is None or known.fully_read_at is None:
        return Window(start, _seconds(began) + 1), covered_from
    if known.covered_from is None or (floor is not None and known.covered_from <= floor):
        return None, known.covered_from
    return Window(start, _seconds(known.covered_from)), covered_from


def _has_landed(run: _Run) -> bool:
    return any(s.fully_read_at for s in run.states.values())


async def _changes(run: _Run, since: datetime, *, listed_to: datetime) -> None:
    """Reads events from `since` on, and what has no creation event from `listed_to` on, where it was last listed."""
    folder = run.profile.spool / "changes"
    shutil.rmtree(folder, ignore_errors=True)
    now = run.now
    with ExitStack() as stack:
        changes = Changes(folder / "events", run.profile.tenant_id, run.is_live, _now(), stack)
        listing = Listing(run.reader, changes, run.progress, "reading changes")
        window = Window(_seconds(since), _seconds(now) + 1)
        recent = Window(_seconds(min(listed_to, now - RECENT)), window.end)
        await listing.read(
            [(EVENT, window), *((r, recent) for r in RESOURCES if not r.has_creation_event and _is_on(run, r))]
        )
        if EVENT.name not in listing.switched_off:
            run.states[EVENT.name] = ResourceState(EVENT.name, read_at=now, covered_from=now - EVENTS_KEPT)
        for name, error in listing.switched_off.items():
            run.switch_off(name, error)
    run.quarantined += changes.quarantined
    run.land(changes.parts)
    readable = [(t, id) for t, id in changes.touched if t in run.states and run.states[t].is_on]
    doubtful = doubts(run.profile, readable, changes.cut)
    run.impossible = doubtful.impossible
    with ExitStack() as stack:
        settled = Changes(folder / "settled", run.profile.tenant_id, run.is_live, _now(), stack)
        await read_again(run.reader, doubtful.objects, settled)
        await read_payments_of(run.reader, changes.ended_invoices, settled)
        await _summaries(run, settled)
    run.quarantined += settled.quarantined
    run.land(settled.parts, keep_reads=True)
    for table in TABLES:
        if table in run.states:
            run.states[table].read_at = run.now if table != EVENT.name else now
    shutil.rmtree(folder, ignore_errors=True)


async def _summaries(run: _Run, changes: Changes) -> None:
    name = METER_EVENT_SUMMARY.name
    missing = await read_summaries(run.reader, metered_customers(run.profile), changes, run.now)
    if missing is not None:
        run.switch_off(name, missing)
    else:
        run.states[name] = ResourceState(name, read_at=run.now, fully_read_at=run.now)


def _is_on(run: _Run, resource: Resource) -> bool:
    known = run.states.get(resource.name)
    return known is not None and known.is_on


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _seconds(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
