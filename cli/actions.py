"""`leaks actions`: what is proposed, what was decided, what became of it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.decide import approve, deny, refine, snooze, undo
from cli.moments import iso
from cli.output import Format, plain
from cli.store import open_for_verb

if TYPE_CHECKING:
    from revops.domain.proposal import Proposal

app = typer.Typer(help="What is proposed, decided and done.", no_args_is_help=True)
for verb in (approve, deny, refine, snooze, undo):
    app.command()(verb)

_COLUMNS = [
    "action",
    "kind",
    "status",
    "customer",
    "currency",
    "amount_minor",
    "needs",
    "not_before",
    "expires_at",
    "outcome",
]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose actions.")]


class ShowFormat(StrEnum):
    """How one action is written."""

    TEXT = "text"
    JSON = "json"


@app.command("list")
def list_(
    status: Annotated[
        list[str] | None, typer.Option(help="Only these, for example approved; by default what awaits a decision.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Whatever its status.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, in the order of drafting.")] = 1_000,
    tenant: Tenant = "default",
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
) -> None:
    """Print actions; the first column is what the other verbs take: the action and the version that is shown."""
    from cli.output import rows_as_text
    from revops.bootstrap_actions import proposals
    from revops.domain.action_states import STATES
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    asked = status or ["drafted"]
    statuses = [one for one in STATES if one in asked]
    unknown = [one for one in asked if one not in STATES]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is no status: {', '.join(STATES)}.", param_hint="--status")
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        found = proposals(store, load_settings(), tenant, statuses=None if every else statuses, limit=limit)
    typer.echo(rows_as_text(_COLUMNS, [_row(one) for one in found], form))


@app.command()
def show(
    action: Annotated[str, typer.Argument(metavar="ACTION", help="An action, as `leaks actions list` names it.")],
    tenant: Tenant = "default",
    form: Annotated[ShowFormat, typer.Option("--format", help="How it is written.")] = ShowFormat.TEXT,
) -> None:
    """Print one action: why, what happens on approve with the exact request, who must say yes, what became of it."""
    from revops.bootstrap_actions import proposal
    from revops.settings import load_settings

    with open_for_verb() as store:
        found = proposal(store, load_settings(), tenant, action.partition("@")[0])
    if form is ShowFormat.JSON:
        typer.echo(json.dumps(plain(as_json(found)), ensure_ascii=False, indent=2))
    else:
        typer.echo(as_text(found))


def as_text(one: Proposal) -> str:
    """Everything that a person needs to decide, line by line."""
    from revops.bootstrap_actions import request_of
    from revops.domain.letter import with_named_links
    from revops.domain.money import format_minor

    action, draft = one.action, one.action.draft
    request = request_of(draft)
    said = [("Action", f"{named(one)}, version {action.version}"), ("Status", action.status.replace("_", " "))]
    said += [("Customer", ", ".join(text for text in (one.customer, draft.customer_id, one.plan) if text))]
    said += [("Amount", format_minor(draft.amount_minor, draft.currency))]
    said += [("Confidence", f"{round(one.leak.confidence * 100)} %")]
    said += [("Why", reason) for reason in one.why]
    said += [("On approve", one.what_happens)]
    if one.letter is not None and one.letter.letter is not None:
        said += [("To", str(one.letter.address)), ("Subject", one.letter.letter.subject)]
        said += [("", line) for line in with_named_links(one.letter.letter.text).splitlines()]
    if one.task is not None:
        said += [("Task", one.task.title), *(("", line) for line in one.task.description.splitlines())]
    said += [("Request", f"{request.method} {request.path} {' '.join(f'{k}={v}' for k, v in request.form.items())}")]
    said += [("When", "at once" if draft.not_before is None else f"from {iso(draft.not_before)} on")]
    said += [("Needs", one.needs)]
    said += [("Approved by", f"{_name(one, given.person_id)}, {iso(given.approved_at)}") for given in action.approvals]
    if action.is_unsettled:
        said += [("Expires", iso(action.expires_at))]
    if one.outcome:
        said += [("Outcome", one.outcome)]
    width = max(len(name) for name, _ in said)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in said)


def _letter(one: Proposal) -> dict[str, Any] | None:
    if one.letter is None or one.letter.letter is None:
        return None
    letter = one.letter.letter
    names = ("topic", "language", "subject", "text", "written_by", "note")
    return {"to": one.letter.address, **{name: getattr(letter, name) for name in names}}


def as_json(one: Proposal) -> dict[str, Any]:
    """The same for programs; money in minor units."""
    from revops.bootstrap_actions import request_of

    action, draft = one.action, one.action.draft
    return {
        "action_id": action.action_id,
        "version": action.version,
        "version_hash": action.version_hash,
        "status": action.status,
        "kind": draft.kind,
        "leak_id": action.leak_id,
        "customer_id": draft.customer_id,
        "customer": one.customer,
        "plan": one.plan,
        "currency": draft.currency,
        "amount_minor": draft.amount_minor,
        "confidence": one.leak.confidence,
        "why": list(one.why),
        "what_happens": one.what_happens,
        "letter": _letter(one),
        "task": {"title": one.task.title, "description": one.task.description} if one.task else None,
        "request": request_of(draft).as_json(None) if action.request is None else dict(action.request),
        "not_before": draft.not_before,
        "expires_at": action.expires_at,
        "snoozed_until": action.snoozed_until,
        "undo_until": action.undo_until,
        "needs": one.needs,
        "approvals": [
            {"person_id": one.person_id, "role": one.role, "channel": one.channel, "at": one.approved_at}
            for one in action.approvals
        ],
        "reason": action.reason,
        "outcome": one.outcome,
    }


def named(one: Proposal) -> str:
    """The action with the version that was shown, as the deciding verbs take it."""
    return f"{one.action.action_id}@{one.action.version_hash[:12]}"


def _name(one: Proposal, person_id: str) -> str:
    return dict(one.people).get(person_id, person_id)


def _row(one: Proposal) -> list[Any]:
    action, draft = one.action, one.action.draft
    snoozed = " (later)" if action.status == "drafted" and action.snoozed_until else ""
    return [
        named(one),
        draft.kind,
        action.status + snoozed,
        one.customer,
        draft.currency,
        draft.amount_minor,
        one.needs,
        draft.not_before,
        action.expires_at if action.is_unsettled else None,
        one.outcome,
    ]
