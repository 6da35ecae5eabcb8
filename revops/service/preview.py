"""What dispatching would do now, action by action: everything is read as for the real thing, and nothing is changed."""

from dataclasses import dataclass
from datetime import datetime

from revops.domain.action import Action, ActionStatus
from revops.domain.carrying import (
    AskPerson,
    CarriesOut,
    Go,
    OutsideRefusedError,
    OutsideUnavailableError,
    Request,
    StandDown,
    Wait,
)
from revops.service.dispatch import Dispatching


@dataclass(frozen=True)
class Preview:
    """One approved action: the request that would be sent now, or why none would."""

    action: Action
    request: Request | None
    sentence: str


def preview(parts: Dispatching, tenant_id: str) -> list[Preview]:
    """Every approved action of a tenant, in the order of drafting."""
    statuses: tuple[ActionStatus, ...] = ("approved",)
    approved = parts.actions.read(tenant_id, statuses=statuses)
    return [_look(parts, one) for one in approved]


def _look(parts: Dispatching, action: Action) -> Preview:
    at = parts.clock()
    due = max((one for one in (action.draft.not_before, action.undo_until, action.snoozed_until) if one), default=at)
    if at >= action.expires_at:
        return Preview(action, None, "It was approved too long ago and expires.")
    if due > at:
        return Preview(action, None, f"It waits until {_text(due)}.")
    mode = parts.mode(action.tenant_id, action.draft.kind)
    if mode == "off":
        return Preview(action, None, "The policy has this kind of action switched off.")
    kind = parts.kinds[action.draft.kind]
    missing = kind.missing(action.tenant_id, is_dry=True)
    if missing is not None:
        return Preview(action, None, missing)
    return _checked(action, kind, at, is_rehearsal=mode == "dry_run")


def _checked(action: Action, kind: CarriesOut, at: datetime, *, is_rehearsal: bool) -> Preview:
    try:
        verdict = kind.look(action, at, is_dry=True)
    except (OutsideRefusedError, OutsideUnavailableError) as error:
        return Preview(action, None, str(error))
    if isinstance(verdict, Go):
        said = "The policy asks for a dry run: this is shown and not sent." if is_rehearsal else "This would be sent."
        return Preview(action, kind.request(action), said)
    if isinstance(verdict, Wait):
        return Preview(action, None, f"{verdict.reason} It waits until {_text(verdict.until)}.")
    if isinstance(verdict, AskPerson):
        return Preview(action, None, f"A person must look at it: {verdict.reason}")
    if not isinstance(verdict, StandDown):
        raise TypeError(verdict)
    return Preview(action, None, f"Not carried out: {verdict.reason}")


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
