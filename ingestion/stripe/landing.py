"""One landing of a Stripe account: from whichever source is configured, to versions, states and quarantine."""

import errno
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from dataclasses import replace as changed
from datetime import UTC, datetime
from pathlib import Path

from ingestion import quarantine, versions
from ingestion.erasure.erased import Erased
from ingestion.errors import ExportError
from ingestion.operations import erasures
from ingestion.profile import Profile
from ingestion.progress import NoProgress, Progress
from ingestion.quarantine import Quarantined
from ingestion.settings import StripeSettings
from ingestion.stripe import drift, line_memory, state, webhook_endpoints
from ingestion.stripe.chunks import Target
from ingestion.stripe.erasures import erasures_in_force
from ingestion.stripe.export import find_files, read_export, stated_time
from ingestion.stripe.resources import TABLES
from ingestion.stripe.state import Integration, ResourceState


@dataclass
class LandingReport:
    """What a landing brought: `rows` are new versions per table, `source_now` (UTC) is the default as_of.

    `has_more` says that older history is still to be read: run again to go on. `impossible` counts changes of a
    subscription's status that cannot be, as events told them; Stripe was asked.
    """

    rows: dict[str, int]
    source_now: datetime
    mode: str
    source: str
    switched_off: list[ResourceState] = field(default_factory=list)
    quarantined: int = 0
    other_mode: int = 0
    has_more: bool = False
    impossible: int = 0
    seconds: float = 0.0


def prepare(profile: Profile) -> None:
    """Makes the warehouse with every table this source lands in, if it is not there yet."""
    versions.prepare(
        profile,
        TABLES,
        {
            f"{profile.dataset}.integration": state.INTEGRATION_SCHEMA,
            f"{profile.dataset}.resource_status": state.SCHEMA,
            f"{profile.dataset}.quarantine": quarantine.SCHEMA,
            f"{profile.dataset}.batch": state.BATCH_SCHEMA,
            f"{profile.dataset}.drift": drift.SCHEMA,
            f"{profile.dataset}.drift_objects": drift.OBJECTS_SCHEMA,
            f"{profile.dataset}.webhook_endpoints": webhook_endpoints.SCHEMA,
        },
    )
    line_memory.prepare(profile)
    erasures.prepare(profile)


def load(
    profile: Profile,
    *,
    since: datetime | None = None,
    progress: Progress | None = None,
    settings: StripeSettings | None = None,
) -> LandingReport:
    """Lands everything that is new in the configured account or export; the caller holds `writer_lock`.

    `since` limits how far back transactions are read from the API. Raises subclasses of IngestionError; whatever had
    been read until then is kept and the next run goes on from there.
    """
    started = time.monotonic()
    settings = settings or StripeSettings()
    progress = progress or NoProgress()
    try:
        prepare(profile)
        with erasures_in_force(profile) as erased:
            if settings.stripe_export is not None:
                report = _load_export(profile, settings, progress, erased)
            else:
                from ingestion.stripe.account import load_account

                report = load_account(profile, settings, since, progress)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise versions.disk_full(profile) from error
        raise
    report.seconds = time.monotonic() - started
    return report


def finish(
    profile: Profile,
    *,
    states: dict[str, ResourceState],
    integration: Integration,
    quarantined: list[Quarantined],
    reread: set[str],
) -> int:
    """Stores what a landing learned, last of all; returns the number of rows in quarantine.

    `reread` names origins (files) that were read whole now, whose old quarantine rows are superseded.
    """
    old = [(row, at) for row, at in versions.read_quarantine(profile) if row.origin.partition(":")[0] not in reread]
    seen = {(row.resource, row.id, row.raw_text) for row, _ in old}
    new = [(row, integration.landed_at) for row in quarantined if (row.resource, row.id, row.raw_text) not in seen]
    rows = versions.still_refused(profile, [*old, *new])
    refused = Counter(row.resource for row, _ in rows)
    for name, resource in states.items():
        resource.quarantined_count = refused[name]
    versions.replace(
        profile,
        profile.dataset,
        {
            "quarantine": quarantine.as_table(rows, profile.tenant_id),
            "resource_status": state.states_table(states, profile.tenant_id),
            "integration": state.integration_table(integration, profile.tenant_id),
        },
    )
    return len(rows)


def _load_export(
    profile: Profile, settings: StripeSettings, progress: Progress, erased: Erased | None
) -> LandingReport:
    folder = settings.stripe_export
    assert folder is not None, "the caller asked for an export"  # noqa: S101
    now = datetime.now(UTC).replace(tzinfo=None)
    states, before = state.read_states(profile), state.read_integration(profile)
    files = find_files(folder, {s.mark: s.digest for s in states.values() if s.mark and s.digest})
    if before is not None and before.mode != settings.mode:
        raise ExportError(
            f"{profile.home} holds a {before.mode}-mode account: use another LEAKS_HOME or "
            f"another tenant for STRIPE_MODE={settings.mode}"
        )
    changed_files = [f for f in files if _is_changed(f.resource, f.digest, states)]
    spool = profile.spool / "export"
    shutil.rmtree(spool, ignore_errors=True)
    target = Target(spool, profile.tenant_id, is_live=settings.mode == "live", loaded_at=now, erased=erased)
    stated_at = stated_time(folder, settings.stripe_export_at)
    read = read_export(profile, changed_files, target, progress)
    known_at = max((s.read_at for f in files if (s := states.get(f.resource)) and s.read_at), default=None)
    if not changed_files and before is not None and stated_at in (None, known_at):
        # The same export as last time; events may have told of later moments since.
        exported_at = before.source_now
    elif stated_at is not None:
        exported_at = stated_at
    else:
        unread = [file.resource for file in files if file not in changed_files]
        exported_at = _moment(folder, max(read.newest_moment, line_memory.newest_moment(profile, unread)))
    progress.step("loading", 0, None)
    fully_read_at = {name: s.fully_read_at for name, s in states.items() if s.fully_read_at is not None}
    rows = versions.land(profile, read.parts, fully_read_at=fully_read_at, now=now, read_at=exported_at)
    line_memory.remember(profile, read.lines)
    found = {file.resource: file for file in files}
    changed_names = {file.resource for file in changed_files}
    updated = {name: _state_of(name, states.get(name), found.get(name) is not None) for name in TABLES}
    for name in changed_names:
        updated[name] = changed(
            updated[name],
            read_at=exported_at,
            fully_read_at=exported_at,
            row_count=read.rows[name],
            other_mode_count=read.other_mode[name],
            digest=found[name].digest,
            mark=found[name].mark,
        )
    integration = Integration(
        source="export",
        account_id=settings.stripe_account,
        mode=settings.mode,
        source_now=exported_at,
        api_version=None,
        since=None,
        landed_at=now,
    )
    quarantined = finish(
        profile,
        states=updated,
        integration=integration,
        quarantined=read.quarantined,
        reread={file.path.name for file in changed_files},
    )
    shutil.rmtree(spool, ignore_errors=True)
    return LandingReport(
        rows=rows,
        source_now=exported_at.replace(tzinfo=UTC),
        mode=settings.mode,
        source="export",
        switched_off=[s for s in updated.values() if not s.is_on],
        quarantined=quarantined,
        other_mode=sum(s.other_mode_count for s in updated.values()),
    )


def _moment(folder: Path, moment: int) -> datetime:
    if moment == 0:
        raise ExportError(f"no object in {folder} has a time: state the export's time in STRIPE_EXPORT_AT")
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)


def _is_changed(resource: str, digest: str, states: dict[str, ResourceState]) -> bool:
    return resource not in states or states[resource].digest != digest


def _state_of(resource: str, before: ResourceState | None, is_there: bool) -> ResourceState:
    """A missing file is an object type we know nothing of: off, not empty, so that nothing is concluded from it."""
    if is_there:
        return changed(before, is_on=True, reason=None) if before else ResourceState(resource)
    reason = f"the export has no {resource}.jsonl"
    return (
        changed(before, is_on=False, reason=reason) if before else ResourceState(resource, is_on=False, reason=reason)
    )
