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
from revops.actions.retry_invoice import NotProposed
from revops.domain.action import UNSETTLED, Action, ActionKind, Draft
from revops.domain.decision import Change, Needed, Rules, approve_by_policy, needed
from revops.domain.dunning import Dunning, after
from revops.domain.dunning_events import Ended, Paid
from revops.domain.dunning_schedule import Schedule
from revops.domain.leak import Leak, Reason
from revops.domain.letter import TaskDraft
from revops.domain.ports import KeepsActions, KeepsDunning, KeepsLeaks, KeepsTaskWords
from revops.service.weigh import Case, Weighed, Weighing, weigh_invoice

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
    dunning: KeepsDunning
    tasks: KeepsTaskWords
    rules: Rules
    weighing: Weighing
    evidence: Mapping[str, Evidence]
    # Whether a kind of action is carried out, so that a dry run is asked for once and the real thing after it again.
    is_on: Callable[[str], bool]
    policy_version: str


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
    reasons: dict[str, list[Reason]] = defaultdict(list)
    for reason in parts.leaks.reasons(tenant_id, [*leaks]):
        if reason.detached_at is None:
            reasons[reason.leak_id].append(reason)
    before: dict[str, list[Action]] = defaultdict(list)
    for action in parts.actions.of_leaks(tenant_id, [*leaks]):
        before[action.leak_id].append(action)
    told = _Told([], [], ended)
    running = parts.dunning.running(tenant_id)
    for leak in leaks.values():
        weighed = weigh(parts, leak, reasons[leak.leak_id], before[leak.leak_id], at)
        for kind, verdict in weighed.verdicts.items():
            # Of what may still be paid by itself nothing is proposed but a notice.
            if not leak.is_alert and kind != "send_email":
                continue
            _follow(parts, leak, kind, verdict, weighed, before[leak.leak_id], told, at)
        state = weighed.dunning
        if state is not None and running.get(state.invoice) != (leak.leak_id, state):
            parts.dunning.save(tenant_id, leak.leak_id, leak.customer_id, state, at)
    _end_dunning(parts, tenant_id, {name: one for name, one in running.items() if one[0] not in leaks}, at)
    return Proposed(tuple(told.drafted), tuple(told.renewed), tuple(told.ended))


@dataclass(frozen=True)
class _Told:
    drafted: list[str]
    renewed: list[str]
    ended: list[str]


def weigh(parts: Proposing, leak: Leak, reasons: Sequence[Reason], before: Sequence[Action], at: datetime) -> Weighed:
    """What could be done about a leak with these reasons, kind by kind; nothing where nothing here knows its types."""
    for reason in reasons:
        found = parts.evidence.get(reason.finding_id)
        if found is None or found.leak_type != "unpaid_invoice":
            continue
        try:
            invoice = retry_invoice.read_unpaid_invoice(found.content, found.customer_id, found.amount_reporting_minor)
        except (KeyError, ValueError, TypeError):
            older = NotProposed("What is known of it is of an older version.", "Run `leaks run`, then look again.")
            return Weighed({"retry_invoice": older})
        case = Case(leak.tenant_id, leak.leak_id, leak.is_alert, invoice, before)
        return weigh_invoice(parts.weighing, case, at)
    return Weighed()


def _follow(
    parts: Proposing,
    leak: Leak,
    kind: ActionKind,
    verdict: Draft | NotProposed,
    weighed: Weighed,
    before: Sequence[Action],
    told: _Told,
    at: datetime,
) -> None:
    """Make what is there of one kind of action fit what it came to now."""
    open_one = next((one for one in before if one.draft.kind == kind and one.status in UNSETTLED), None)
    if open_one is None:
        if isinstance(verdict, Draft) and _is_worth_asking(parts, verdict, before, at):
            made = parts.actions.draft(leak, verdict, expires_at=at + parts.rules.expires_after, at=at)
            if made is not None:
                told.drafted.append(made.action_id)
                _with_words(parts, made, weighed.words, at)
                _decide_alone(parts, made, at)
    elif open_one.status in ("drafted", "approved"):
        if isinstance(verdict, NotProposed):
            told.ended.append(_end(parts, open_one, "supersede", verdict.reason, at))
        elif verdict.basis != open_one.draft.basis:
            told.renewed.append(_renew(parts, open_one, verdict, at))
            _with_words(parts, open_one, weighed.words, at)
        elif open_one.status == "drafted":
            # Somebody died between the draft and its words.
            _with_words(parts, open_one, weighed.words, at)


def _with_words(parts: Proposing, action: Action, words: TaskDraft | None, at: datetime) -> None:
    if action.draft.kind == "open_task" and words is not None:
        parts.tasks.keep(action.tenant_id, action.leak_id, action.action_id, words, at)


def _decide_alone(parts: Proposing, action: Action, at: datetime) -> None:
    """Where the policy lets so small an amount go without a person, its yes is recorded as the policy's."""
    playbook = parts.weighing.playbooks.get("unpaid_invoice")
    autonomy = playbook.autonomy_of(action.draft.kind) if playbook is not None else None
    is_alone = autonomy is not None and autonomy.is_alone(action.draft.amount_reporting_minor)
    if not is_alone or needed(action.draft, parts.rules) != Needed(1, is_admin_needed=False):
        return

    def look(held: Action) -> Change | None:
        is_same = held.status == "drafted" and held.version_hash == action.version_hash
        return approve_by_policy(held, parts.policy_version, parts.rules, at) if is_same else None

    parts.actions.change(action.tenant_id, action.action_id, look, at=at)


def _end_dunning(parts: Proposing, tenant_id: str, over: Mapping[str, tuple[str, Dunning]], at: datetime) -> None:
    """The leak has ended, and with it everything that was still to be written."""
    if not over:
        return
    last = parts.leaks.read_last(tenant_id, [f"invoice:{name}" for name in over])
    for name, (leak_id, state) in over.items():
        leak = last.get(f"invoice:{name}")
        is_paid = leak is not None and leak.status in ("recovered", "resolved_elsewhere")
        when = max((leak.resolved_at if leak else None) or at, state.started_at)
        because = (leak.resolution if leak else None) or "the leak has ended"
        event = Paid(when) if is_paid else Ended(when, because)
        customer_id = leak.customer_id if leak else None
        parts.dunning.save(tenant_id, leak_id, customer_id, after(state, event, Schedule()), at)


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
