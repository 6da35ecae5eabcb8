"""Findings become leaks: one per root cause and occurrence, closed only by what became of their objects.

A finding that is gone proves nothing (a permission may be missing, data stale, a rule new), so it alone closes no
leak. A root cause that leaks again after its leak was closed is another occurrence: July's is not June's reopened.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from revops.domain.finding import Finding, Resolution
from revops.domain.leak import Leak, NewLeak, NewReason
from revops.domain.ports import KeepsLeaks
from revops.service.endings import endings
from revops.service.withdrawals import KeepsWithdrawals, held_back


@dataclass(frozen=True)
class LeakChanges:
    """Ids of the leaks that began and ended."""

    opened: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


def open_leaks(
    leaks: KeepsLeaks,
    tenant_id: str,
    findings: Sequence[Finding],
    resolutions: Sequence[Resolution],
    *,
    actor: str,
    at: datetime,
    withdrawals: KeepsWithdrawals,
    suppressed: Collection[str] = (),
) -> LeakChanges:
    """Open, renew and close a tenant's leaks after its findings; doing it twice changes nothing.

    `suppressed` are root causes that people have said are no leak.

    `findings` are all there are today, not those of a batch. The caller holds the tenant's warehouse, so that nobody
    does the same with older ones afterwards.
    """
    causes = {cause: group for cause, group in _by_cause(findings).items() if cause not in suppressed}
    open_now = {leak.root_cause: leak for leak in leaks.read_open(tenant_id)}
    before = leaks.read_last(tenant_id, [cause for cause in causes if cause not in open_now])
    new = [_leak(group, open_now.get(cause), before.get(cause)) for cause, group in causes.items()]
    opened = leaks.open(tenant_id, new, actor=actor, at=at)
    held = {leak.root_cause: done for leak, done in zip(new, opened, strict=True) if done.is_open}
    reasons = [_reason(held[cause].leak_id, one) for cause, group in causes.items() if cause in held for one in group]
    leaks.attach(tenant_id, reasons, at=at)
    closed = _close(leaks, tenant_id, [*open_now.values()], findings, resolutions, withdrawals, actor, at)
    return LeakChanges(tuple(done.leak_id for done in opened if done.is_new), tuple(closed))


def _by_cause(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Findings by root cause; the first of each group is the most specific, and says what the leak is."""
    causes: dict[str, list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda one: (not one.is_alert, one.rank, -one.confidence, one.finding_id)):
        causes[finding.root_cause].append(finding)
    return causes


def _leak(group: Sequence[Finding], open_now: Leak | None, before: Leak | None) -> NewLeak:
    first = group[0]
    occurrence = open_now.occurrence if open_now else str(int(before.occurrence) + 1) if before else "1"
    times = [one.first_detectable_at for one in group if one.first_detectable_at is not None]
    return NewLeak(
        root_cause=first.root_cause,
        occurrence=occurrence,
        family=first.family,
        leak_type=first.leak_type,
        object_type=first.object_type,
        object_id=first.object_id,
        customer_id=first.customer_id,
        currency=first.currency,
        amount_minor=first.amount_minor,
        recurring_minor=first.recurring_minor,
        confidence=first.confidence,
        is_alert=first.is_alert,
        first_detectable_at=min(times, default=None),
        definition_version=first.definition_version,
        as_of=first.as_of,
    )


def _reason(leak_id: str, finding: Finding) -> NewReason:
    return NewReason(
        leak_id=leak_id,
        finding_id=finding.finding_id,
        leak_type=finding.leak_type,
        object_type=finding.object_type,
        object_id=finding.object_id,
        currency=finding.currency,
        amount_minor=finding.amount_minor,
        confidence=finding.confidence,
    )


def _close(
    leaks: KeepsLeaks,
    tenant_id: str,
    open_before: Sequence[Leak],
    findings: Sequence[Finding],
    resolutions: Sequence[Resolution],
    withdrawals: KeepsWithdrawals,
    actor: str,
    at: datetime,
) -> list[str]:
    """Closes leaks of whose findings none is left and each is explained; explained ones of others are detached."""
    present = {one.finding_id for one in findings}
    reasons = leaks.reasons(tenant_id, [leak.leak_id for leak in open_before])
    found = endings(open_before, reasons, present, resolutions, at)
    leaks.detach(tenant_id, found.detached, at=at)
    held = held_back(withdrawals, tenant_id, open_before, found.leaks, at)
    ending = [one.closing for one in found.leaks if one.leak.leak_id not in held]
    return leaks.close(tenant_id, ending, actor=actor, at=at)
