"""What a run builds, decided from its options, what has landed and what is published.

The present is whatever the last normal run published: a run without `as_of`, or the first run of a home
with one. A run for any other moment, earlier or later, builds into a schema of its own, is published
beside the present and opens or closes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from dagster_project.landed import Landed
from dagster_project.moments import iso
from dagster_project.publish import published_inputs
from revops.warehouse import NothingPublishedError, PublishedFileError, historic_path, read_pointer

# A live account's clock moves with every run. Within this span its passing alone makes no leak: retry
# windows and grace periods are counted in days.
STILL_FRESH = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """How one run builds and publishes; `is_thorough` runs every data test, not only those of each run."""

    as_of: datetime
    schema: str
    is_present: bool
    is_needed: bool
    is_full_pass: bool
    is_full_refresh: bool
    is_thorough: bool = False
    inputs: Mapping[str, str] = field(default_factory=dict)


def decide(
    tenant_dir: Path,
    landed: Landed,
    *,
    as_of: datetime | None,
    full: bool,
    full_pass: bool = False,
    policy_version: str,
    project_version: str,
) -> Plan:
    """Plan a run; `as_of` (aware UTC) is what was asked for, None means the source's own clock.

    `inputs` of the plan is what the publication will have been built from; equal inputs need no build.
    """
    is_thorough = full or full_pass
    inputs = {
        "landed": landed.fingerprint,
        "policy": policy_version,
        "project": project_version,
        "mode": landed.mode,
    }
    try:
        present = read_pointer(tenant_dir)
    except (NothingPublishedError, PublishedFileError):
        return _everything(as_of or landed.source_now, "main", True, is_thorough, inputs)
    published = published_inputs(tenant_dir)
    if as_of is not None and as_of != present.as_of:
        return _everything(as_of, f"as_of_{as_of:%Y%m%dt%H%M%Sz}", False, is_thorough, inputs)
    target = as_of or landed.source_now
    elapsed = target - present.as_of
    is_same_file = present.path.exists()
    is_same_moment = timedelta(0) <= elapsed < STILL_FRESH
    if is_same_file and published == inputs and is_same_moment and not is_thorough:
        return Plan(present.as_of, "main", True, False, False, False, inputs=inputs)
    is_new_project = published.get("project") != project_version
    is_new_policy = published.get("policy") != policy_version
    return Plan(
        as_of=target,
        schema="main",
        is_present=True,
        is_needed=True,
        is_full_pass=is_thorough or is_new_project or is_new_policy or target.date() != present.as_of.date(),
        is_full_refresh=full or is_new_project or elapsed < timedelta(0),
        is_thorough=is_thorough,
        inputs=inputs,
    )


def published_file(tenant_dir: Path, plan: Plan) -> Path:
    """Where readers find what the plan was about."""
    return read_pointer(tenant_dir).path if plan.is_present else historic_path(tenant_dir, plan.as_of)


def describe(plan: Plan) -> str:
    """One line for people."""
    if not plan.is_needed:
        return f"nothing new since {iso(plan.as_of)}"
    where = "the present" if plan.is_present else f"beside the present, in schema {plan.schema}"
    how = "everything" if plan.is_full_refresh else "all customers" if plan.is_full_pass else "what changed"
    return f"as of {iso(plan.as_of)}, {where}: {how}"


def _everything(as_of: datetime, schema: str, is_present: bool, is_thorough: bool, inputs: Mapping[str, str]) -> Plan:
    return Plan(as_of, schema, is_present, True, True, True, is_thorough, inputs)
