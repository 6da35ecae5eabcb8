"""Wires what goes out besides messages: approved actions, and the heads of decision records."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from revops.bootstrap import leaks_of_published
from revops.bootstrap_actions import actions, dispatching
from revops.bootstrap_carrying import Linear
from revops.domain.action import UNSETTLED
from revops.service.dispatch import Dispatched
from revops.service.follow_tasks import Following, follow_tasks
from revops.settings import Settings
from revops.store import Store
from revops.store.anchors import anchor
from revops.store.leaks import Leaks
from revops.store.tasks import Tasks
from revops.store.tenants import Tenants
from revops.warehouse import NothingPublishedError

_ACTOR = "outgoing"


@dataclass(frozen=True)
class TakingOut:
    """What goes out: what is due of one tenant, and the heads of all tenants' decision records.

    `follow_tasks` hears what colleagues said and closes tasks whose leaks have ended. `open_leaks` opens and ends a
    tenant's leaks after what is published; who calls it holds the tenant's warehouse.
    """

    take_out: Callable[[str], Dispatched]
    open_leaks: Callable[[str], object]
    anchor: Callable[[], None]
    tenants_with_actions: Callable[[], list[str]]
    follow_tasks: Callable[[], None] = lambda: None


def taking_out(store: Store, settings: Settings) -> TakingOut:
    """What the worker and its backstop do besides events. Raises SecretKeyError."""
    dispatch = dispatching(store, settings)
    kept = actions(store, settings)

    def anchor_all() -> None:
        for tenant in Tenants(store).read():
            anchor(settings, store, tenant.tenant_id)

    def with_actions() -> list[str]:
        there = {tenant.tenant_id for tenant in Tenants(store).read()}
        return [one for one in kept.tenants_with(UNSETTLED) if one in there]

    linear = Linear(settings)
    following = Following(Tasks(store), kept, Leaks(store).get, linear.of)

    def follow() -> None:
        for tenant in Tenants(store).read():
            follow_tasks(following, tenant.tenant_id, datetime.now(UTC))

    def open_leaks(tenant_id: str) -> None:
        try:
            leaks_of_published(store, settings, tenant_id, _ACTOR)
        except NothingPublishedError:
            # An action of what was published once; without findings no leak ends.
            return

    return TakingOut(dispatch.run, open_leaks, anchor_all, with_actions, follow)
