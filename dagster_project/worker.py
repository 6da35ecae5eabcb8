"""The long-lived worker: from the inbox to leaks in seconds.

Starting Dagster, dlt and dbt takes longer than a batch, so they stay warm here. Each tenant's batches are taken one
after the other under its writer lock; tenants do not wait for each other but where dbt builds. Events stay in the inbox
until their leaks are open: a worker that dies, at whatever step, leaves them to be landed again, which changes nothing.
"""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event

import structlog

from dagster_project.batch import Batches
from dagster_project.build import BuildError
from dagster_project.erasures import strip_bodies
from dagster_project.publish import PublishError
from dagster_project.retention import Daily
from dagster_project.sources import stripe_settings
from ingestion.errors import IngestionError
from ingestion.lock import writer_lock
from ingestion.profile import Profile
from revops.bootstrap import Worker as Parts
from revops.errors import RevopsError
from revops.service.open_leaks import LeakChanges
from revops.settings import Settings
from revops.store.errors import StoreUnavailableError
from revops.store.inbox import InboxEvent

EVENTS_AT_ONCE = 1_000
POLL_SECONDS = 0.1
TENANTS_AT_ONCE = 4
# A whole run may hold the warehouse for minutes.
LOCK_SECONDS = 1_800.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# Events that were claimed this often without an end are taken one by one, and given up after some more.
SUSPECT_AFTER, GIVEN_UP_AFTER = 3, 8
# The owner of a connected account has ended our access to it.
DEAUTHORISED = "account.application.deauthorized"
EXPECTED = (BuildError, IngestionError, PublishError, RevopsError)

Step = Callable[[str, str], None]
Report = Callable[[str, Mapping[str, float]], None]
_log = structlog.get_logger(__name__)


@dataclass
class _Turn:
    """How it went with a tenant lately: when it may be tried again, and how long the next pause is."""

    not_before: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    running: Future[None] | None = field(default=None)


class Worker:
    """Takes what waits in the inbox.

    `step` hears tenant and name of each step that is done, `report` the figures of each batch; it must not raise.
    `prune` is done at the start and once a day, `propose` for a tenant whose leaks may have changed.
    """

    def __init__(
        self,
        settings: Settings,
        parts: Parts,
        batches: Batches,
        step: Step = lambda _tenant, _name: None,
        report: Report = lambda _tenant, _figures: None,
        prune: Callable[[], object] = lambda: None,
        propose: Callable[[str], object] = lambda _tenant: None,
    ) -> None:
        self._settings = settings
        self._parts = parts
        self._batches = batches
        self._step = step
        self._report = report
        self._pruning = Daily(prune)
        self._propose = propose
        self._turns: dict[str, _Turn] = {}

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; the batches under way are ended first."""
        with ThreadPoolExecutor(TENANTS_AT_ONCE, thread_name_prefix="tenant") as pool:
            while not stop.wait(POLL_SECONDS):
                self._pruning.start_if_due(pool)
                for tenant_id in self._waiting(stop):
                    turn = self._turns.setdefault(tenant_id, _Turn())
                    is_busy = turn.running is not None and not turn.running.done()
                    if not is_busy and time.monotonic() >= turn.not_before:
                        turn.running = pool.submit(self._try, tenant_id, turn)

    def _waiting(self, stop: Event) -> list[str]:
        """Tenants with events; while the store is away, wait for it: a worker that ends would help nobody."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                return self._parts.inbox.tenants_waiting()
            except StoreUnavailableError as error:
                _log.error("store_unavailable", error=str(error), again_in_seconds=pause)
            if stop.wait(pause):
                return []
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def drain(self) -> None:
        """Take everything that waits now, tenant by tenant, and end; a tenant that fails is left for the next time."""
        failed: set[str] = set()
        while waiting := [one for one in self._parts.inbox.tenants_waiting() if one not in failed]:
            for tenant_id in waiting:
                turn = _Turn()
                self._try(tenant_id, turn)
                if turn.not_before:
                    failed.add(tenant_id)

    def _try(self, tenant_id: str, turn: _Turn) -> None:
        """One batch of a tenant; a failure is logged, noted at its events, and tried again after a pause."""
        claimed: list[InboxEvent] = []
        try:
            self._take(tenant_id, claimed)
            turn.not_before, turn.pause = 0.0, FIRST_PAUSE_SECONDS
        except Exception as error:  # noqa: BLE001 - one tenant's failure, of whatever kind, must not end the others
            _log.error(
                "batch_failed",
                tenant=tenant_id,
                events=len(claimed),
                error=f"{type(error).__name__}: {error}",
                again_in_seconds=turn.pause,
                exc_info=not isinstance(error, EXPECTED),
            )
            turn.not_before = time.monotonic() + turn.pause
            turn.pause = min(2 * turn.pause, LONGEST_PAUSE_SECONDS)
            self._note(tenant_id, claimed, error)

    def _note(self, tenant_id: str, claimed: list[InboxEvent], error: Exception) -> None:
        try:
            self._note_at_events(tenant_id, claimed, error)
        except StoreUnavailableError as unavailable:
            # The attempt stays counted, which may make suspects of innocents: they are taken alone, no more.
            _log.error("failure_not_noted", tenant=tenant_id, error=str(unavailable))

    def _note_at_events(self, tenant_id: str, claimed: list[InboxEvent], error: Exception) -> None:
        sequences = [one.sequence for one in claimed]
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, EXPECTED):
            self._parts.inbox.mark_waiting(tenant_id, sequences, text)
        else:
            is_final = len(claimed) == 1 and claimed[0].attempts >= GIVEN_UP_AFTER
            self._parts.inbox.mark_failed(tenant_id, sequences, text, is_final=is_final)

    def _take(self, tenant_id: str, claimed: list[InboxEvent]) -> None:
        inbox = self._parts.inbox
        profile = Profile(self._settings.leaks_home.expanduser().absolute(), tenant_id=tenant_id)
        with writer_lock(profile, LOCK_SECONDS):
            # Only now: whatever came while we waited belongs to this batch too.
            started = time.monotonic()
            claimed += self._claim(tenant_id)
            if not claimed:
                return
            self._step(tenant_id, "claimed")
            self._note_deauthorised(claimed)
            sequences = [one.sequence for one in claimed]
            bodies = [one.event.body for one in claimed]

            def step(name: str) -> None:
                if name == "landed":
                    inbox.mark_landed(tenant_id, sequences, _now())
                self._step(tenant_id, name)

            outcome = self._batches.take(
                profile, stripe_settings(tenant_id, self._parts.stripe(tenant_id)), bodies, step
            )
            changes = LeakChanges()
            if outcome.as_of is not None:
                changes = self._parts.open_leaks(tenant_id)
                self._propose(tenant_id)
        self._step(tenant_id, "opened")
        strip_bodies(outcome.landed.erased, self._parts.bodies, tenant_id, claimed)
        inbox.mark_done(tenant_id, sequences, _now())
        self._step(tenant_id, "marked")
        figures = {
            "events": len(claimed),
            "read_again": outcome.landed.read_again,
            "impossible_transitions": outcome.landed.impossible,
            "opened": len(changes.opened),
            "closed": len(changes.closed),
            "seconds": round(time.monotonic() - started, 3),
        }
        _log.info("batch_done", tenant=tenant_id, **figures)
        self._report(tenant_id, figures)

    def _note_deauthorised(self, claimed: list[InboxEvent]) -> None:
        """First of all: what its owner has closed to us is asked nothing more."""
        for one in claimed:
            if one.event.event_type == DEAUTHORISED:
                self._parts.note_deauthorised(one.event)

    def _claim(self, tenant_id: str) -> list[InboxEvent]:
        """What waits, and what an ended worker had begun; an event that may be what ended it, alone."""
        inbox = self._parts.inbox
        suspects = inbox.suspects(tenant_id, SUSPECT_AFTER)
        if not suspects:
            return inbox.claim(tenant_id, EVENTS_AT_ONCE)
        (suspect,) = inbox.claim(tenant_id, 1, only=suspects[0])
        if suspect.attempts <= GIVEN_UP_AFTER:
            return [suspect]
        inbox.mark_failed(tenant_id, suspects[:1], "the worker ended each time it took this event", is_final=True)
        return []


def _now() -> datetime:
    return datetime.now(UTC)
