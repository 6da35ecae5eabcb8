"""What assets are given: the run's options, the home, and the lock of its one writer."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.erasures import bring_erasures
from dagster_project.landed import read_landed
from dagster_project.manifest import project_version
from dagster_project.moments import utc
from dagster_project.plan import Plan, decide
from dagster_project.sources import product_usage_settings, stripe_source
from dagster_project.tenants import can_wait, tenant_of
from ingestion.lock import WAIT_SECONDS, writer_lock
from ingestion.profile import Profile
from ingestion.settings import ProductUsageSettings, StripeSettings
from revops.bootstrap import leaks_of_published, policy_of, product_usage_of
from revops.bootstrap_actions import propose_for
from revops.leak_types import steps_by_leak_type
from revops.policy import Policy
from revops.service.open_leaks import LeakChanges
from revops.settings import TENANT, load_settings
from revops.store import open_store
from revops.store.decided_rows import action_rows, leak_rows
from revops.store.deliveries import newest_delivered

# The worker and other runs have the warehouse for seconds or minutes, and a schedule's run has time.
PATIENT_SECONDS = 1_800.0
_ACTOR = "pipeline"


class RunOptions(dg.ConfigurableResource[None]):
    """What this run was asked for; empty text means unset. Times are ISO, UTC.

    `full_pass` looks at every customer again, `full` also rebuilds every table from what has landed, `accept` takes
    what just landed although the quality gate finds it suspect.
    """

    as_of: str = ""
    since: str = ""
    full: bool = False
    full_pass: bool = False
    accept: bool = False

    @property
    def as_of_at(self) -> datetime | None:
        """The moment asked for, aware UTC."""
        return utc(datetime.fromisoformat(self.as_of)) if self.as_of else None

    @property
    def since_at(self) -> datetime | None:
        """How far back history is read, aware UTC; None reads all."""
        return utc(datetime.fromisoformat(self.since)) if self.since else None


class Home(dg.ConfigurableResource["Home"]):
    """The home of the tenant whose partition runs. The writer lock is held from the first step of a run to its last."""

    _tenant_id: str = PrivateAttr(default=TENANT)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["Home", None, None]:
        """Hold the writer lock while the run lasts. Raises WarehouseBusyError naming the holder."""
        self._tenant_id = tenant_of(context.run)
        with writer_lock(self.profile, PATIENT_SECONDS if can_wait(context.run) else WAIT_SECONDS):
            yield self

    @property
    def tenant_id(self) -> str:
        """Whose home it is."""
        return self._tenant_id

    @property
    def profile(self) -> Profile:
        """Paths of the warehouse, from the environment."""
        return Profile.from_environment(self._tenant_id)

    @property
    def tenant_dir(self) -> Path:
        """Folder of the warehouse and of what is published."""
        return self.profile.tenant_dir

    def bring_erasures(self) -> None:
        """Before anything lands: what of whom may not."""
        with open_store(load_settings(), upgrade=True) as store:
            bring_erasures(store, self.profile)

    def stripe(self) -> StripeSettings:
        """How the tenant's Stripe account is reached. Raises NotConnectedError and SecretKeyError."""
        return stripe_source(self._tenant_id, purpose="a run", actor=_ACTOR)

    def product_usage(self) -> ProductUsageSettings:
        """Where the tenant's product keeps its logs. Raises SecretKeyError."""
        settings = load_settings()
        with open_store(settings, upgrade=True) as store:
            places = product_usage_of(store, settings, self._tenant_id, purpose="a run", actor=_ACTOR)
        return product_usage_settings(self._tenant_id, places)

    def newest_delivered(self, mode: str) -> datetime | None:
        """When the newest event happened that a webhook brought to the tenant, in live or in test mode."""
        with open_store(load_settings(), upgrade=True) as store:
            return newest_delivered(store, self._tenant_id, mode)

    def policy(self) -> Policy:
        """The tenant's policy of now: the newest version, LEAKS_POLICY imported before. Raises PolicyError."""
        known = steps_by_leak_type()
        settings = load_settings()
        with open_store(settings, upgrade=True) as store:
            return policy_of(store, settings, self._tenant_id, known)

    def open_leaks(self) -> LeakChanges:
        """Make leaks of what is published now, and propose what can be done about them."""
        settings = load_settings()
        with open_store(settings, upgrade=True) as store:
            changes = leaks_of_published(store, settings, self._tenant_id, actor=_ACTOR)
            propose_for(store, settings, self._tenant_id)
            return changes

    def decided(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The tenant's leaks and actions as they stand."""
        with open_store(load_settings(), upgrade=True) as store:
            return leak_rows(store, self._tenant_id), action_rows(store, self._tenant_id)

    def plan(self, options: RunOptions) -> Plan:
        """What this run builds; the same at every step, because landing is over and the lock is held."""
        return decide(
            self.tenant_dir,
            read_landed(self.profile.warehouse),
            as_of=options.as_of_at,
            full=options.full,
            full_pass=options.full_pass,
            policy_version=self.policy().detection_version,
            project_version=project_version(),
        )
