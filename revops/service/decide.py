"""Decide: a person's word on an action, from wherever it comes. Slack, pages and the command line all come here.

The action is looked at under its lock, so of two people in one second the first decides and the second
hears who it was.
Every refusal of what is no slip (a missing role, an unknown action) is in the security log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from revops.domain import decision
from revops.domain.action import Action
from revops.domain.decision import Change, Channel, DecisionRefusedError, DenyReason, Rules
from revops.domain.person import Person
from revops.domain.ports import ChangesActions

Log = Callable[[str, DecisionRefusedError, str, str], None]


@dataclass(frozen=True)
class Decided:
    """What a decision led to, and the sentence for the person who made it."""

    action: Action
    sentence: str


@dataclass(frozen=True)
class Deciding:
    """`rules` are a tenant's of now; `log` is told tenant, refusal, person and action."""

    actions: ChangesActions
    rules: Callable[[str], Rules]
    log: Log

    def approve(
        self, tenant_id: str, action_id: str, version_hash: str, person: Person, *, channel: Channel, at: datetime
    ) -> Decided:
        """Say yes to the version that was seen. Raises DecisionRefusedError."""
        rules = self.rules(tenant_id)

        def look(action: Action) -> Change:
            return decision.approve(action, version_hash, person, rules, channel, at)

        action = self._change(tenant_id, action_id, person, look, at)
        if action.status == "drafted":
            return Decided(action, "Noted. It needs a second person before anything happens.")
        due = action.draft.not_before
        when = "at once" if due is None or due <= at else f"on {due:%Y-%m-%d %H:%M} UTC"
        undo = int(rules.undo_for.total_seconds())
        return Decided(
            action, f"Approved. It is carried out {when}" + (f"; you have {undo} s to undo it." if undo else ".")
        )

    def deny(
        self,
        tenant_id: str,
        action_id: str,
        version_hash: str,
        person: Person,
        *,
        channel: Channel,
        at: datetime,
        reason: DenyReason,
        note: str | None = None,
    ) -> Decided:
        """Say no, and why. Raises DecisionRefusedError."""

        def look(action: Action) -> Change:
            return decision.deny(action, version_hash, person, channel, at, reason=reason, note=note)

        return Decided(self._change(tenant_id, action_id, person, look, at), "Denied. Nothing is carried out.")

    def refine(
        self,
        tenant_id: str,
        action_id: str,
        version_hash: str,
        person: Person,
        *,
        channel: Channel,
        at: datetime,
        not_before: datetime | None = None,
        note: str | None = None,
    ) -> Decided:
        """Make another version of it: another time, or a note. Raises DecisionRefusedError."""
        rules = self.rules(tenant_id)

        def look(action: Action) -> Change:
            return decision.refine(
                action, version_hash, person, channel, at, rules=rules, not_before=not_before, note=note
            )

        action = self._change(tenant_id, action_id, person, look, at)
        return Decided(action, f"Changed: this is version {action.version} now. Somebody else must approve it.")

    def snooze(
        self,
        tenant_id: str,
        action_id: str,
        version_hash: str,
        person: Person,
        *,
        channel: Channel,
        at: datetime,
        until: datetime,
    ) -> Decided:
        """Ask again later. Raises DecisionRefusedError."""

        def look(action: Action) -> Change:
            return decision.snooze(action, version_hash, person, channel, at, until=until)

        action = self._change(tenant_id, action_id, person, look, at)
        return Decided(action, f"It comes back on {until:%Y-%m-%d %H:%M} UTC.")

    def undo(
        self, tenant_id: str, action_id: str, version_hash: str, person: Person, *, channel: Channel, at: datetime
    ) -> Decided:
        """Take an approval back while nothing has begun. Raises DecisionRefusedError."""

        def look(action: Action) -> Change:
            return decision.undo(action, version_hash, person, channel, at)

        return Decided(
            self._change(tenant_id, action_id, person, look, at), "Taken back. It waits for a decision again."
        )

    def _change(
        self, tenant_id: str, action_id: str, person: Person, look: Callable[[Action], Change], at: datetime
    ) -> Action:
        try:
            return self.actions.change(tenant_id, action_id, look, at=at)
        except DecisionRefusedError as refusal:
            if refusal.code in ("not_allowed", "unknown_action", "needs_admin"):
                self.log(tenant_id, refusal, person.person_id, action_id)
            raise
