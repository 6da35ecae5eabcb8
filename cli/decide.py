"""`leaks actions approve|deny|refine|snooze|undo`: a person's word on an action.

The same service decides as for Slack and the pages. A yes binds to one version: the one that is shown right before it
is asked for, or the one that is named (`act_...@<first characters of its hash>`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from cli.moments import parse_moment
from cli.person import require_person
from cli.store import open_for_verb

if TYPE_CHECKING:
    from revops.domain.decision import DenyReason
    from revops.domain.person import Person
    from revops.domain.proposal import Proposal
    from revops.service.batch import Foreseen
    from revops.service.decide import Deciding
    from revops.settings import Settings
    from revops.store import Store

# What of a version's hash suffices to mean no other.
_SHORTEST = 8
One = Annotated[str, typer.Argument(metavar="ACTION", help="An action, with @ and its version's hash if you like.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose action.")]
Note = Annotated[str | None, typer.Option(help="In your own words, at most 2,000 characters.")]


@dataclass(frozen=True)
class _Desk:
    store: Store
    settings: Settings
    tenant: str
    person: Person
    at: datetime

    @property
    def deciding(self) -> Deciding:
        from revops.bootstrap_actions import deciding

        return deciding(self.store, self.settings)

    def seen(self, asked: str) -> tuple[str, str]:
        """The action and the version that is meant; what is no version of it is left to be refused as superseded."""
        action_id, _, version = asked.partition("@")
        current = self.look(action_id).action.version_hash
        is_meant = not version or (len(version) >= _SHORTEST and current.startswith(version))
        return action_id, current if is_meant else version

    def look(self, action_id: str) -> Proposal:
        from revops.bootstrap_actions import proposal

        return proposal(self.store, self.settings, self.tenant, action_id)


@contextmanager
def _desk(tenant: str) -> Iterator[_Desk]:
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    at = datetime.now(UTC)
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        yield _Desk(store, load_settings(), tenant, require_person(store, tenant, at), at)


def approve(
    actions: Annotated[list[str], typer.Argument(metavar="ACTION...", help="One or several actions.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; each action must name its version.")] = False,
    tenant: Tenant = "default",
) -> None:
    """Show exactly what would happen, ask, and say yes."""
    from revops.service.batch import approve_each, foresee

    if yes and any(len(one.partition("@")[2]) < _SHORTEST for one in actions):
        raise typer.BadParameter(
            "--yes takes versions that you have seen: act_...@<hash>, as `leaks actions list` prints them.",
            param_hint="--yes",
        )
    with _desk(tenant) as desk:
        seen = [desk.seen(one) for one in dict.fromkeys(actions)]
        if not yes:
            shown = [desk.look(action_id) for action_id, _ in seen]
            rules = desk.deciding.rules(tenant)
            _preview_of(foresee(shown, desk.person, rules, "cli", desk.at))
            typer.confirm("Approve?", abort=True)
        # Somebody may have taken a long look: who they are and when it is, is asked anew.
        at = datetime.now(UTC)
        person = require_person(desk.store, tenant, at)
        answers = approve_each(desk.deciding, tenant, seen, person, channel="cli", at=at)
    for one in answers:
        typer.echo(f"{one.action_id}: {one.sentence}", err=not one.is_taken)
    if not all(one.is_taken for one in answers):
        raise typer.Exit(2)


def deny(
    action: One,
    reason: Annotated[str, typer.Option(help="not_a_leak, wrong_amount, handled_elsewhere, not_now or other.")],
    note: Note = None,
    tenant: Tenant = "default",
) -> None:
    """Say no, and why."""
    from revops.domain.decision import DenyReason

    if reason not in get_args(DenyReason):
        raise typer.BadParameter(f"{reason} is no reason: {', '.join(get_args(DenyReason))}.", param_hint="--reason")
    with _desk(tenant) as desk:
        said = desk.deciding.deny(
            tenant,
            *desk.seen(action),
            desk.person,
            channel="cli",
            at=desk.at,
            reason=cast("DenyReason", reason),
            note=note,
        )
    typer.echo(said.sentence)


def refine(
    action: One,
    not_before: Annotated[
        str | None, typer.Option(help="Date or ISO time (UTC) from which on it is carried out; the past means at once.")
    ] = None,
    note: Note = None,
    tenant: Tenant = "default",
) -> None:
    """Make another version: another time, or a note. Somebody else must approve it."""
    moment = parse_moment(not_before)
    with _desk(tenant) as desk:
        said = desk.deciding.refine(
            tenant, *desk.seen(action), desk.person, channel="cli", at=desk.at, not_before=moment, note=note
        )
    typer.echo(said.sentence)


def snooze(
    action: One,
    until: Annotated[str, typer.Option(help="Date or ISO time (UTC), at most 30 days from now.")],
    tenant: Tenant = "default",
) -> None:
    """Ask again later."""
    moment = parse_moment(until)
    if moment is None:
        raise typer.BadParameter("Say until when.", param_hint="--until")
    with _desk(tenant) as desk:
        said = desk.deciding.snooze(tenant, *desk.seen(action), desk.person, channel="cli", at=desk.at, until=moment)
    typer.echo(said.sentence)


def undo(action: One, tenant: Tenant = "default") -> None:
    """Take an approval back while nothing has begun."""
    with _desk(tenant) as desk:
        said = desk.deciding.undo(tenant, *desk.seen(action), desk.person, channel="cli", at=desk.at)
    typer.echo(said.sentence)


def _preview_of(foreseen: list[Foreseen]) -> None:
    from cli.actions import as_text
    from revops.domain.money import format_minor
    from revops.service.batch import totals

    for one in foreseen:
        typer.echo(f"{as_text(one.proposal)}\nThen        {one.sentence}\n")
    sums = ", ".join(format_minor(amount, currency) for currency, amount in sorted(totals(foreseen).items()))
    typer.echo(f"Asked for in all: {sums or 'nothing yet'}.")
