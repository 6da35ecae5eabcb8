"""Dispatch: carry approved actions out, each once.

Claim, preflight, begin, call, settle. Between claim and begin no transaction is open; `begin` succeeds only if the
claim and the version still hold, and stores the exact request and its idempotency key before anything is sent. Whoever
dies after that leaves an action that is `dispatching`; when its lease has run out it becomes `unknown` and is looked up
by its key. It is never sent again: what was not carried out is proposed anew, and a person decides again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog

from revops.domain.action import Action, idempotency_key
from revops.domain.action_states import Transition
from revops.domain.carrying import (
    AskPerson,
    CameToNothing,
    CarriesOut,
    Go,
    NoTrace,
    OutsideRefusedError,
    OutsideUnavailableError,
    Request,
    Result,
    StandDown,
    Wait,
    Worked,
)
from revops.domain.decision import Change, DecisionRefusedError
from revops.domain.ports import KeepsActions

Mode = Literal["off", "dry_run", "on"]
# Longer than a request can take with all its time-outs, so that a lease that ran out means a process that is gone.
LEASE = timedelta(minutes=2)
# After this long no request of ours can be under way any more, and Stripe's events tell of it.
SETTLED_AFTER = timedelta(minutes=10)
LOOK_AGAIN_AFTER = timedelta(seconds=15)
TRY_AGAIN_AFTER = timedelta(minutes=1)
# A yes that could not be carried out for so long is handed to a person.
GIVEN_UP_AFTER = timedelta(hours=24)

PAUSE_OFF = timedelta(hours=1)
_log = structlog.get_logger(__name__)


@dataclass
class Dispatched:
    """How many actions ended how; `waiting` are due and were left for a moment."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, status: str) -> None:
        """Count one."""
        self.counts[status] = self.counts.get(status, 0) + 1


class ClaimLostError(Exception):
    """Somebody else has the action by now."""


@dataclass(frozen=True)
class Dispatching:
    """What carrying out works with. `step` hears the name of each step that is done (tests end the process there).

    `kinds` has what carries out each kind of action; a dry run only reads. `close` ends the connections that were
    opened meanwhile.
    """

    actions: KeepsActions
    kinds: Mapping[str, CarriesOut]
    mode: Callable[[str, str], Mode]
    clock: Callable[[], datetime]
    step: Callable[[str], None] = lambda _name: None
    looked_up: dict[str, datetime] = field(default_factory=dict)
    close: Callable[[], None] = lambda: None

    def run(self, tenant_id: str, *, at_most: int = 100) -> Dispatched:
        """Everything of a tenant that is due now: expiries, lost answers, approved actions."""
        done = Dispatched()
        self.expire(tenant_id, done)
        self.look_up(tenant_id, done)
        for _ in range(at_most):
            claimed = self.actions.claim(tenant_id, self.clock(), LEASE)
            if claimed is None:
                break
            self.step("claimed")
            done.add(self._carry_out(claimed))
        return done

    def expire(self, tenant_id: str, done: Dispatched) -> None:
        """End what nobody decided on, and what was approved too long ago; ask again about what was snoozed."""
        at = self.clock()
        for one in self.actions.read(tenant_id, statuses=("drafted", "approved")):
            if _is_due(one, at):
                changed = self.actions.change(tenant_id, one.action_id, lambda held: _lapse(held, at), at=at)
                if changed.status == "expired":
                    done.add("expired")

    def look_up(self, tenant_id: str, done: Dispatched) -> None:
        """Find out what became of requests whose answers are not known."""
        waiting = self.actions.read(tenant_id, statuses=("dispatching", "unknown"))
        for one in waiting:
            at = self.clock()
            before = self.looked_up.get(one.action_id)
            if before is not None and at - before < LOOK_AGAIN_AFTER:
                continue
            if one.status == "dispatching" and one.lease_until is not None and at < one.lease_until:
                continue
            try:
                if one.status == "dispatching":
                    one = self._settle(one, "lose", {"lease_until": None}, {"why": "who sent it has ended"})
                kind = self.kinds[one.draft.kind]
                if kind.missing(tenant_id, is_dry=False) is None:
                    self.looked_up[one.action_id] = at
                    done.add(self._find(one, kind))
            except ClaimLostError:
                # Another worker looked at it in the same moment.
                continue

    def _carry_out(self, action: Action) -> str:
        mode = self.mode(action.tenant_id, action.draft.kind)
        kind, is_dry = self.kinds[action.draft.kind], mode == "dry_run"
        try:
            if mode == "off":
                return self._put_off(action, "The policy has this kind of action switched off.", PAUSE_OFF)
            missing = kind.missing(action.tenant_id, is_dry=is_dry)
            if missing is not None:
                return self._put_off(action, missing, PAUSE_OFF)
            return self._checked(action, kind, is_dry=is_dry)
        except (ClaimLostError, DecisionRefusedError):
            return "lost_claim"

    def _checked(self, action: Action, kind: CarriesOut, *, is_dry: bool) -> str:
        at = self.clock()
        try:
            verdict = kind.look(action, at, is_dry=is_dry)
        except OutsideRefusedError as error:
            # A key that is mended tomorrow must not cost today's approvals.
            return (
                self._later(action, str(error), PAUSE_OFF)
                if error.is_ours_to_mend
                else self._end(action, "hand_over", str(error))
            )
        except OutsideUnavailableError as error:
            return self._later(action, str(error), _pause(error))
        self.step("checked")
        if isinstance(verdict, StandDown):
            return self._end(action, "withdraw" if verdict.is_settled else "supersede", verdict.reason)
        if isinstance(verdict, AskPerson):
            return self._end(action, "hand_over", verdict.reason)
        if isinstance(verdict, Wait):
            return self._put_off(action, verdict.reason, verdict.until - at)
        if not isinstance(verdict, Go):
            raise TypeError(verdict)
        request = kind.request(action)
        if is_dry:
            shown = {"request": request.as_json(None)}
            return self._end(action, "rehearse", "Dry run: this would have been sent, and nothing was.", shown)
        return self._send(action, kind, request)

    def _send(self, action: Action, kind: CarriesOut, request: Request) -> str:
        key, at = idempotency_key(action), self.clock()
        values = {
            "idempotency_key": key,
            "request": request.as_json(key),
            "dispatched_at": at,
            "lease_until": at + LEASE,
            "reason": None,
        }
        begun = self._settle(action, "begin", values, {"request": request.as_json(key)})
        self.step("begun")
        try:
            result = kind.send(begun, request, key)
        except OutsideRefusedError as error:
            self.step("answered")
            return self._refused(begun, kind, error)
        except OutsideUnavailableError as error:
            self.step("answered")
            if not error.may_have_arrived:
                return self._put_back(begun, str(error), _pause(error))
            return self._settle(begun, "lose", {"lease_until": None, "reason": str(error)}, {"why": str(error)}).status
        self.step("answered")
        return self._ended_by(begun, result)

    def _find(self, action: Action, kind: CarriesOut) -> str:
        """An outcome that is not known: found by its key, or certain to have been none."""
        key, sent_at = action.idempotency_key, action.dispatched_at
        if key is None or sent_at is None:
            raise AssertionError("an action that began has a key and a time")
        try:
            found = kind.find(action, key, sent_at)
        except (OutsideUnavailableError, OutsideRefusedError) as error:
            _log.warning("outcome_not_found", tenant=action.tenant_id, action=action.action_id, error=str(error))
            return "unknown"
        if not isinstance(found, NoTrace):
            return self._ended_by(action, found)
        if self.clock() < sent_at + SETTLED_AFTER or found.is_on_its_way:
            return "unknown"
        outcome = dict(found.outcome)
        return self._settle(action, "fail", {"reason": found.reason, "outcome": outcome}, outcome).status

    def _ended_by(self, action: Action, result: Result) -> str:
        outcome = dict(result.outcome)
        if isinstance(result, Worked):
            return self._settle(action, "succeed", {"outcome": outcome, "lease_until": None}, outcome).status
        if not isinstance(result, CameToNothing):
            raise TypeError(result)
        values = {"outcome": outcome, "lease_until": None, "reason": result.reason}
        return self._settle(action, "fail", values, outcome).status

    def _refused(self, action: Action, kind: CarriesOut, error: OutsideRefusedError) -> str:
        """The other system would not do it, so nothing happened. Somebody else was faster, or a person looks."""
        if error.is_ours_to_mend and not self._is_given_up(action):
            return self._put_back(action, str(error), PAUSE_OFF)
        otherwise = kind.is_settled_otherwise(action, str(action.idempotency_key), self.clock())
        if otherwise is not None:
            outcome: dict[str, Any] = {"how": "paid_otherwise"}
            ended = {"reason": otherwise, "outcome": outcome, "lease_until": None}
            return self._settle(action, "fail", ended, outcome).status
        outcome = {"how": "refused", "code": error.code}
        values = {"lease_until": None, "reason": str(error), "outcome": outcome}
        return self._settle(action, "hand_over", values, outcome).status

    def _put_back(self, action: Action, reason: str, pause: timedelta) -> str:
        """It is certain that nothing was sent: it stays approved."""
        later = {"lease_until": None, "snoozed_until": self.clock() + pause, "reason": reason}
        return self._settle(action, "put_back", later, {"why": "nothing was sent"}).status

    def _later(self, action: Action, reason: str, pause: timedelta) -> str:
        if self._is_given_up(action):
            return self._end(action, "hand_over", f"It could not be carried out for a day: {reason}")
        return self._put_off(action, reason, pause)

    def _is_given_up(self, action: Action) -> bool:
        """Whether it has been due, and approved, for too long."""
        approved_at = max(one.approved_at for one in action.approvals)
        return self.clock() - max(action.draft.not_before or approved_at, approved_at) > GIVEN_UP_AFTER

    def _put_off(self, action: Action, reason: str, pause: timedelta) -> str:
        """It stays approved; without a record where nothing but the time to look again changes."""
        if action.reason == reason and pause <= timedelta(hours=1):
            self.actions.put_off(action, self.clock() + pause)
            return "waiting"
        values = {"snoozed_until": self.clock() + pause, "reason": reason, "lease_until": None}
        self._settle(action, "postpone", values, {"why": reason})
        return "waiting"

    def _end(self, action: Action, how: Transition, reason: str, values: dict[str, Any] | None = None) -> str:
        ending = {"ended_at": self.clock(), "reason": reason, "lease_until": None, **(values or {})}
        return self._settle(action, how, ending, {"why": reason}).status

    def _settle(self, action: Action, how: Transition, values: dict[str, Any], data: dict[str, Any]) -> Action:
        """Change an action that is still ours as we saw it. Raises ClaimLostError."""

        def look(held: Action) -> Change:
            is_same = (held.status, held.version_hash) == (action.status, action.version_hash)
            if not is_same or held.fencing_token != action.fencing_token:
                raise ClaimLostError
            # Who was held up for longer than the claim begins nothing: it may have been undone and approved anew.
            if how == "begin" and (held.lease_until is None or held.lease_until <= self.clock()):
                raise ClaimLostError
            return Change(how, values, data=data)

        changed = self.actions.change(action.tenant_id, action.action_id, look, at=self.clock())
        _log.info("action_changed", tenant=action.tenant_id, action=action.action_id, how=how, status=changed.status)
        return changed


def _is_due(action: Action, at: datetime) -> bool:
    """Whether time alone changes it."""
    is_awake = action.status == "drafted" and action.snoozed_until is not None and at >= action.snoozed_until
    return at >= action.expires_at or is_awake


def _lapse(held: Action, at: datetime) -> Change | None:
    is_claimed = held.lease_until is not None and at < held.lease_until
    if held.status not in ("drafted", "approved") or is_claimed or not _is_due(held, at):
        return None
    if at < held.expires_at:
        return Change("wake", {"snoozed_until": None})
    reason = "Nobody decided in time." if held.status == "drafted" else "It could not be carried out in time."
    return Change("expire", {"ended_at": at, "reason": reason})


def _pause(error: OutsideUnavailableError) -> timedelta:
    return timedelta(seconds=error.retry_after_seconds) if error.retry_after_seconds else TRY_AGAIN_AFTER
