"""The steps of a reconciliation: read lists, ask for single objects, compare, land what differs, note the report."""

import asyncio
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ingestion import versions
from ingestion.erasure.in_force import current, in_force
from ingestion.errors import IngestionError, NothingLandedYetError, SettingsError
from ingestion.lock import WAIT_SECONDS, writer_lock
from ingestion.operations.erasures import read_erased
from ingestion.profile import Profile
from ingestion.progress import NoProgress, Progress
from ingestion.settings import StripeSettings
from ingestion.stripe import state
from ingestion.stripe.client import StripeReader
from ingestion.stripe.drift import Drift, DriftReport, store
from ingestion.stripe.erasures import strip_followers
from ingestion.stripe.identity import account_of
from ingestion.stripe.landing import finish, prepare
from ingestion.stripe.reconcile.compare import compare
from ingestion.stripe.reconcile.missed import missed_events
from ingestion.stripe.reconcile.reading import Reading
from ingestion.stripe.reconcile.scope import LATELY, Scope, singles
from ingestion.stripe.resources import EVENT, METER_EVENT_SUMMARY
from ingestion.stripe.summaries import metered_customers

# A whole run may hold the warehouse for minutes; what was read is worth waiting for.
PATIENT_SECONDS = 1_800.0


def reconcile(
    profile: Profile,
    settings: StripeSettings,
    scope: Scope = LATELY,
    *,
    is_repairing: bool = True,
    progress: Progress | None = None,
    lock_seconds: float = WAIT_SECONDS,
) -> DriftReport:
    """Compares an account with what we hold of it, lands what differs, and keeps the report in `drift`.

    It takes `writer_lock` by itself, waiting up to `lock_seconds` before it reads, and does not hold it meanwhile.
    Raises NothingLandedYetError before a first run, SettingsError where the source is an export, AccountError for
    another account's key, otherwise as the reader and the loader do; whatever it raises, it can be done again.
    """
    if settings.stripe_export is not None:
        raise SettingsError(
            f"STRIPE_EXPORT names {settings.stripe_export}, and an export cannot be asked: `leaks run` reads it whole. "
            "To compare with the account, set STRIPE_API_KEY instead"
        )
    with writer_lock(profile, lock_seconds):
        erased = read_erased(profile)
    with in_force(erased):
        return asyncio.run(_reconcile(profile, settings, scope, progress or NoProgress(), is_repairing, lock_seconds))


async def _reconcile(
    profile: Profile,
    settings: StripeSettings,
    scope: Scope,
    progress: Progress,
    is_repairing: bool,
    lock_seconds: float,
) -> DriftReport:
    with writer_lock(profile, lock_seconds):
        before, states = state.read_integration(profile), state.read_states(profile)
        if before is None:
            raise NothingLandedYetError(
                f"{profile.tenant_dir} holds no account yet: run `leaks run` once, then there is something to compare"
            )
        prepare(profile)
    folder = profile.spool / "reconcile"
    shutil.rmtree(folder, ignore_errors=True)
    async with StripeReader(settings) as reader:
        await account_of(reader, settings, profile, before)
        reading = Reading(profile, reader, states, folder, progress, before.mode == "live", scope)
        await reading.read_lists()
        with writer_lock(profile, PATIENT_SECONDS):
            ids = singles(profile, reading.parts, reading.told.touched, reading.begins)
            metered = metered_customers(profile) if reading.is_on(METER_EVENT_SUMMARY.name) else []
        await reading.read_singles(ids, metered)
    progress.step("comparing", 0, None)
    with writer_lock(profile, PATIENT_SECONDS):
        report = _settle(profile, reading, is_repairing=is_repairing)
    shutil.rmtree(folder, ignore_errors=True)
    return report


def _settle(profile: Profile, reading: Reading, *, is_repairing: bool) -> DriftReport:
    erased, before = read_erased(profile), current()
    if (erased and erased.erasures) != (before and before.erasures):
        raise IngestionError("a customer was erased while Stripe was read; nothing of it was kept, reconcile again")
    drifts = [Drift(table, unread_reason=reason) for table, reason in reading.unread.items()]
    parts: dict[str, list[Path]] = {}
    for table in reading.tables:
        folder = reading.folder / "drift" / table
        compared = compare(profile, table, reading.shown(table), began=reading.began, now=reading.now, folder=folder)
        drifts.append(compared.drift)
        parts[table] = compared.parts
    if reading.is_on(EVENT.name):
        drift, missed = missed_events(profile, reading.told, reading.folder / "drift" / "missed")
        drifts.append(drift)
        for table, paths in missed.items():
            parts[table] = [*parts.get(table, ()), *paths]
    if is_repairing:
        _land(profile, reading, parts)
    report = DriftReport(_utc(reading.at), reading.begins and _utc(reading.begins), is_repairing, _ordered(drifts))
    store(profile, report)
    return report


def _land(profile: Profile, reading: Reading, parts: dict[str, list[Path]]) -> None:
    before, states = state.read_integration(profile), state.read_states(profile)
    assert before is not None, "nobody takes an integration away"  # noqa: S101
    fully_read_at = {name: known.fully_read_at for name, known in states.items() if known.fully_read_at}
    now = datetime.now(UTC).replace(tzinfo=None)
    versions.land(profile, parts, fully_read_at=fully_read_at, now=now)
    erased = current()
    if erased is not None:
        strip_followers(profile, erased, now)
    if reading.begins is None:
        for table in reading.parts:
            states[table].fully_read_at = reading.at
    finish(
        profile,
        states=states,
        integration=replace(before, source_now=max(before.source_now, reading.now), landed_at=now),
        quarantined=reading.quarantined,
        reread=set(),
    )


def _ordered(drifts: list[Drift]) -> tuple[Drift, ...]:
    return tuple(sorted(drifts, key=lambda one: one.resource))


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
