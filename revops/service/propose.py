"""Propose: from what leaks to what could be done about it, for a person to decide.

A proposal rests on facts. Where they have changed it becomes another version, and a yes to the former counts no more;
where nothing can be done any more it is withdrawn. What was denied is not asked again until there is something new.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from revops.actions import retry_invoice
from revops.actions.retry_invoice import Limit, NotProposed
from revops.actions.retry_rules import RetryRules
from revops.domain.action import UNSETTLED, Action, Draft
from revops.domain.decision import Change, Rules
from revops.domain.leak import Reason
from revops.domain.ports import KeepsActions, KeepsLeaks

# What nobody decided on is asked again after a while, if it still leaks.
ASK_AGAIN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Evidence:
    """What a finding's detector saw; `amount_reporting_minor` in the reporting currency, None without a rate."""

    finding_id: str
    leak_type: str
    customer_id: str | None
    amount_reporting_minor: int | None
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Proposing:
    """What a tenant's proposals are made of; `evidence` is of all findings of today, by finding."""

    leaks: KeepsLeaks
    actions: KeepsActions
    rules: Rules
    retry_rules: RetryRules
    limit: Limit
    evidence: Mapping[str, Evidence]
    card_tries: Mapping[str, Sequence[datetime]]
    # Whether a kind of action is carried out, so that a dry run is asked for once and the real thing after it again.
    is_on: Callable[[str], bool]


@dataclass(frozen=True)
class Proposed:
    """Ids of actions that were drafted, changed and ended."""

    drafted: tuple[str, ...] = ()
    renewed: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


def propose(parts: Proposing, tenant_id: str, at: datetime) -> Proposed:
    """Draft, renew and withdraw a tenant's actions after its open leaks; doing it twice changes nothing."""
    leaks = {leak.leak_id: leak for leak in parts.leaks.read_open(tenant_id)}
    unsettled = parts.actions.read(tenant_id, statuses=("drafted", "approved"))
    orphans = [one for one in unsettled if one.leak_id not in leaks]
    ended = [_end(parts, one, "withdraw", "The leak has ended.", at) for one in orphans]
    alerts = [leak for leak in leaks.values() if leak.is_alert]
    if not alerts:
        return Proposed(ended=tuple(ended))
    ids = [leak.leak_id for leak in alerts]
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for reason in parts.leaks.reasons(tenant_id, ids):
        if reason.detached_at is None:
            reasons[reason.leak_id].append(reason)
    before: dict[str, list[Action]] = defaultdict(list)
    for action in parts.actions.of_leaks(tenant_id, ids):
        before[action.leak_id].append(action)
    drafted: list[str] = []
    renewed: list[str] = []
    for leak in alerts:
        verdict = weigh(parts, reasons[leak.leak_id], at)
        if verdict is None:
            continue
        open_one = next((one for one in before[leak.leak_id] if one.status in UNSETTLED), None)
        if open_one is None:
            if isinstance(verdict, Draft) and _is_worth_asking(parts, verdict, before[leak.leak_id], at):
                made = parts.actions.draft(leak, verdict, expires_at=at + parts.rules.expires_after, at=at)
                drafted += [made.action_id] if made else []
        elif open_one.status in ("drafted", "approved"):
            if isinstance(verdict, NotProposed):
                ended.append(_end(parts, open_one, "supersede", verdict.reason, at))
            elif verdict.basis != open_one.draft.basis:
                renewed.append(_renew(parts, open_one, verdict, at))
    return Proposed(tuple(drafted), tuple(renewed), tuple(ended))


def weigh(parts: Proposing, reasons: Sequence[Reason], at: datetime) -> Draft | NotProposed | None:
    """What could be done about a leak with these reasons, or why not; None where nothing here knows its types."""
    for reason in reasons:
        found = parts.evidence.get(reason.finding_id)
        if found is None or found.leak_type != "unpaid_invoice":
            continue
        try:
            invoice = retry_invoice.read_unpaid_invoice(found.content, found.customer_id, found.amount_reporting_minor)
        except (KeyError, ValueError, TypeError):
            return NotProposed("What is known of it is of an older version.", "Run `leaks run`, then look again.")
        return retry_invoice.consider(invoice, parts.retry_rules, parts.limit, at, card_tries=parts.card_tries)
    return None


def _is_worth_asking(parts: Proposing, draft: Draft, before: Sequence[Action], at: datetime) -> bool:
    same = [one for one in before if one.draft.kind == draft.kind]
    if not same:
        return True
    last = max(same, key=lambda one: (one.created_at, one.action_id))
    if last.draft.basis != draft.basis:
        return True
    if last.status == "expired":
        return at >= (last.ended_at or last.updated_at) + ASK_AGAIN_AFTER
    if last.status == "rehearsed":
        return parts.is_on(draft.kind)
    # Not carried out for a reason that is gone, or sent and never arrived; done, declined, denied and handed over have
    # nothing new to say.
    return last.status in ("withdrawn", "superseded") or (last.outcome or {}).get("how") == "not_charged"


def _renew(parts: Proposing, held: Action, draft: Draft, at: datetime) -> str:
    def look(action: Action) -> Change | None:
        if action.status not in ("drafted", "approved") or action.draft.basis == draft.basis:
            return None
        is_claimed = action.lease_until is not None and at < action.lease_until
        if is_claimed:
            return None
        values = {
            "proposed_by": "system",
            "undo_until": None,
            "snoozed_until": None,
            "expires_at": at + parts.rules.expires_after,
        }
        return Change("renew", values, draft=draft, data={"why": "the facts it rests on have changed"})

    return parts.actions.change(held.tenant_id, held.action_id, look, at=at).action_id


def _end(parts: Proposing, held: Action, how: str, reason: str, at: datetime) -> str:
    def look(action: Action) -> Change | None:
        if action.status not in ("drafted", "approved"):
            return None
        return Change(
            "withdraw" if how == "withdraw" else "supersede", {"ended_at": at, "reason": reason}, data={"why": reason}
        )

    return parts.actions.change(held.tenant_id, held.action_id, look, at=at).action_id
