"""What Stripe shows of an account: lists, events, and single objects, read into parts without the writer's lock."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingestion.profile import Profile
from ingestion.progress import Progress
from ingestion.quarantine import Quarantined
from ingestion.stripe.client import StripeReader
from ingestion.stripe.events import Changes, read_again
from ingestion.stripe.listing import Listing, Window
from ingestion.stripe.reconcile.compare import Shown
from ingestion.stripe.reconcile.scope import Scope, lists, seconds
from ingestion.stripe.resources import EVENT, METER_EVENT_SUMMARY, RESOURCES
from ingestion.stripe.spool import Spool
from ingestion.stripe.state import ResourceState
from ingestion.stripe.summaries import read_summaries

EVENTS_KEPT = timedelta(days=30)
# An event younger than this may be on its way to us, by webhook or in the inbox: what it is about has not drifted.
ON_ITS_WAY = timedelta(minutes=10)


@dataclass
class Reading:
    """One reading of an account; `began` is this machine's clock, `at` and `begins` Stripe's, all naive UTC."""

    profile: Profile
    reader: StripeReader
    states: dict[str, ResourceState]
    folder: Path
    progress: Progress
    is_live: bool
    scope: Scope
    began: datetime = field(init=False)
    at: datetime = field(init=False)
    begins: datetime | None = field(init=False)
    unread: dict[str, str] = field(init=False)
    gone: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.began, self.at = _now(), self.now
        self.begins = self.scope.begins(self.at)
        self.unread = {name: one.reason or "switched off" for name, one in self.states.items() if not one.is_on}
        self._spool = Spool(self.folder / "lists", self.profile.tenant_id, self.is_live, self.began)
        self.told, self._on_its_way, self._asked = (self._changes(name) for name in ("told", "on_its_way", "asked"))

    @property
    def now(self) -> datetime:
        """Stripe's clock at its last answer."""
        assert self.reader.now is not None, "Stripe has answered at least once"  # noqa: S101
        return self.reader.now

    @property
    def tables(self) -> list[str]:
        """The tables of objects that Stripe may be asked for."""
        return [one.name for one in (*RESOURCES, METER_EVENT_SUMMARY) if self.is_on(one.name)]

    @property
    def parts(self) -> dict[str, list[Path]]:
        """What the lists showed, by table."""
        return {table: self._spool.parts(table) for table in self.tables}

    @property
    def quarantined(self) -> list[Quarantined]:
        """What was shown and may not land."""
        return [*self._spool.refused()[0], *self.told.quarantined, *self._asked.quarantined]

    def is_on(self, table: str) -> bool:
        """Whether a table is read at all, and the key may read it."""
        return table in self.states and table not in self.unread

    def shown(self, table: str) -> Shown:
        """All that Stripe showed of a table."""
        return Shown(
            [*self._spool.parts(table), *self._asked.parts.get(table, ())],
            gone=[id for name, id in self.gone if name == table],
            moving=[id for name, id in self._on_its_way.touched if name == table],
        )

    async def read_lists(self) -> None:
        """Reads the lists, and the events that tell what else changed."""
        listing = Listing(self.reader, self._spool, self.progress)
        await listing.read(lists(self.states, self.begins, self.at))
        self._note(listing)
        if self.is_on(EVENT.name):
            begins = max(self.begins or self.at - EVENTS_KEPT, self.at - EVENTS_KEPT)
            edge = seconds(self.at - ON_ITS_WAY)
            await self._read_events(self.told, Window(min(seconds(begins), edge), edge))
            await self._read_events(self._on_its_way, Window(edge, seconds(self.now) + 1))

    async def read_singles(self, ids: set[tuple[str, str]], metered: list[tuple[str, str]]) -> None:
        """Asks for objects one by one, by table and id, and for the usage of (meter, customer) as Stripe counted it."""
        self.progress.step("reading single objects", 0, None)
        with self._asked.stack:
            self.gone = await read_again(self.reader, dict.fromkeys(ids, datetime.min), self._asked)  # noqa: DTZ901
            missing = await read_summaries(self.reader, metered, self._asked, self.at)
        if missing is not None:
            self.unread[METER_EVENT_SUMMARY.name] = str(missing)

    async def _read_events(self, sink: Changes, window: Window) -> None:
        with sink.stack:
            listing = Listing(self.reader, sink, self.progress, "reading events")
            await listing.read([(EVENT, window)])
            self._note(listing)

    def _note(self, listing: Listing) -> None:
        self.unread |= {name: str(error) for name, error in listing.switched_off.items()}

    def _changes(self, name: str) -> Changes:
        return Changes(self.folder / name, self.profile.tenant_id, self.is_live, self.began, ExitStack())


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
