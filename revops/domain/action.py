"""Actions as records: what is proposed, what an approval binds to, and what became of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import rfc8785

ActionKind = Literal["retry_invoice", "send_email", "open_task"]
ACTION_KINDS: tuple[ActionKind, ...] = get_args(ActionKind)
ActionStatus = Literal[
    "drafted",
    "approved",
    "dispatching",
    "unknown",
    "done",
    "failed",
    "denied",
    "superseded",
    "expired",
    "withdrawn",
    "handed_over",
    "rehearsed",
]
ACTION_STATUSES: tuple[ActionStatus, ...] = get_args(ActionStatus)
# Money may still move, or may have moved: no second action may begin beside it.
UNSETTLED: tuple[ActionStatus, ...] = ("drafted", "approved", "dispatching", "unknown")

# Parts of a body that people change: what the proposal rests on is the same without them.
_REFINED = frozenset(("note", "letter", "words", "to"))


@dataclass(frozen=True)
class Draft:
    """One proposed step.

    `amount_minor` is in minor units of `currency`. `body` is what would be asked of the other system, `facts` what the
    decision rests on; both are plain JSON without floats. `why` and `what_happens` are for people.
    `amount_reporting_minor` is in the policy's reporting currency, None where there is no rate.
    """

    kind: ActionKind
    moves_money: bool
    amount_minor: int
    currency: str
    customer_id: str | None
    not_before: datetime | None
    body: Mapping[str, Any]
    facts: Mapping[str, Any]
    why: tuple[str, ...]
    what_happens: str
    amount_reporting_minor: int | None

    @property
    def bound(self) -> dict[str, Any]:
        """What an approval binds to. Ages, probabilities and as_of are outside: they change every day."""
        return {
            "kind": self.kind,
            "amount_minor": self.amount_minor,
            "currency": self.currency,
            "customer_id": self.customer_id,
            "not_before": self.not_before.astimezone(UTC).isoformat(timespec="seconds") if self.not_before else None,
            "body": dict(self.body),
            "facts": dict(self.facts),
        }

    @property
    def version_hash(self) -> str:
        """SHA-256 of the canonical JSON (RFC 8785) of `bound`, in hex."""
        return hashlib.sha256(rfc8785.dumps(self.bound)).hexdigest()

    @property
    def basis(self) -> str:
        """Hash of what the proposal rests on, without what people refine: equal where nothing is new to decide on."""
        body = {name: value for name, value in self.body.items() if name not in _REFINED}
        rest = {name: value for name, value in self.bound.items() if name != "not_before"}
        return hashlib.sha256(rfc8785.dumps({**rest, "body": body})).hexdigest()


@dataclass(frozen=True)
class Approval:
    """One person's yes to one version."""

    person_id: str
    role: str
    channel: str
    approved_at: datetime


@dataclass(frozen=True)
class Action:
    """A draft and where it stands. `changes` counts every change of it; `version` those of what is approved.

    `undo_until`: until then an approved action waits, so that a wrong press can be taken back. `lease_until` and
    `fencing_token` belong to whoever dispatches it. `reason` says why it ended where that needs words.
    """

    action_id: str
    tenant_id: str
    leak_id: str
    root_cause: str
    draft: Draft
    version: int
    status: ActionStatus
    proposed_by: str
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    changes: int = 0
    reason: str | None = None
    snoozed_until: datetime | None = None
    undo_until: datetime | None = None
    idempotency_key: str | None = None
    request: Mapping[str, Any] | None = None
    outcome: Mapping[str, Any] | None = None
    lease_until: datetime | None = None
    fencing_token: int = 0
    dispatched_at: datetime | None = None
    ended_at: datetime | None = None
    approvals: tuple[Approval, ...] = field(default=())

    @property
    def version_hash(self) -> str:
        """What a button must carry to decide on this version."""
        return self.draft.version_hash

    @property
    def is_unsettled(self) -> bool:
        """Whether money may still move because of it."""
        return self.status in UNSETTLED


def action_id(tenant_id: str, leak_id: str, kind: str, number: int) -> str:
    """The id of a leak's n-th action of a kind: the same whoever drafts it."""
    text = rfc8785.dumps([tenant_id, leak_id, kind, number])
    return f"act_{hashlib.sha256(text).hexdigest()[:24]}"


def idempotency_key(action: Action) -> str:
    """One key for one attempt: another version or another attempt has another."""
    text = rfc8785.dumps([action.tenant_id, action.action_id, action.version, action.version_hash])
    return f"leaks-{hashlib.sha256(text).hexdigest()[:40]}"
