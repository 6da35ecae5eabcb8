"""What is kept for a while only: raw bodies of received events, and what refused rows said."""

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from ingestion.errors import WarehouseBusyError
from ingestion.lock import WAIT_SECONDS, writer_lock
from ingestion.profile import Profile
from ingestion.retention import forget_quarantined
from revops.service.prune_bodies import prune_bodies
from revops.settings import Settings
from revops.store import Store
from revops.store.inbox import Inbox
from revops.store.tenants import Tenants

_DAY_SECONDS = 86_400.0
_log = structlog.get_logger(__name__)


class Daily:
    """Does something at once and then once a day, beside other work; a failure is logged and tried the next day."""

    def __init__(self, work: Callable[[], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._work = work
        self._clock = clock
        self._due = clock()

    def start_if_due(self, pool: Executor) -> None:
        """Begin in the pool, unless it was begun within the last day."""
        if self._clock() >= self._due:
            self._due = self._clock() + _DAY_SECONDS
            pool.submit(self._try)

    def _try(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - events are worked on whatever happens here
            _log.error("pruning_failed", error=f"{type(error).__name__}: {error}")


@dataclass(frozen=True)
class Pruned:
    """How many bodies and how many texts of refused rows were deleted, and what they are older than."""

    before: datetime
    bodies: int
    texts: int


def prune(settings: Settings, store: Store, now: datetime, *, lock_seconds: float = WAIT_SECONDS) -> Pruned:
    """Delete what is older than LEAKS_KEEP_BODIES_DAYS, of all tenants, removed ones too; `now` is aware UTC.

    What is not done keeps its body. Raises WarehouseBusyError, after all others' are done, where a tenant's warehouse
    stays in use.
    """
    before = now - timedelta(days=settings.leaks_keep_bodies_days)
    tenant_ids = [tenant.tenant_id for tenant in Tenants(store).read(with_removed=True)]
    bodies = prune_bodies(Inbox(store), tenant_ids, before)
    home = settings.leaks_home.expanduser().absolute()
    texts, busy = 0, []
    for profile in (Profile(home, tenant_id=tenant_id) for tenant_id in tenant_ids):
        if profile.warehouse.exists():
            try:
                with writer_lock(profile, lock_seconds):
                    texts += forget_quarantined(profile, before.astimezone(UTC).replace(tzinfo=None))
            except WarehouseBusyError:
                busy.append(profile.tenant_id)
    if busy:
        raise WarehouseBusyError(
            f"Refused rows of {', '.join(busy)} keep their texts until the next pruning: the warehouse is in use. "
            f"All else that is older than {before:%Y-%m-%d} is deleted."
        )
    return Pruned(before, bodies, texts)
