"""`leaks leaks`: leaks, and a person's word on one: that it is none, that it may leak again, whose it is.

The same service takes it as for the pages.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from cli.actions import ShowFormat
from cli.moments import iso, parse_moment
from cli.output import Format, plain
from cli.person import require_person
from cli.store import now, open_for_verb

if TYPE_CHECKING:
    from revops.domain.leak import Leak, Reason
    from revops.domain.proposal import Proposal
    from revops.store import Store
    from revops.store.suppressions import Suppression

app = typer.Typer(help="Leaks, and a person's word on one.", no_args_is_help=True)

_COLUMNS = ["leak", "status", "leak_type", "object", "customer", "currency", "amount_minor", "owner", "opened_at"]
One = Annotated[str, typer.Argument(metavar="LEAK", help="A leak, as `leaks leaks list` names it.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose leak.")]


@app.command("list")
def list_(
    status: Annotated[
        list[str] | None, typer.Option(help="Only these, for example dismissed; by default those that are open.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Whatever its status.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, in the order of opening.")] = 1_000,
    tenant: Tenant = "default",
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
) -> None:
    """Print leaks; the first column is what the other verbs take."""
    from cli.output import rows_as_text
    from revops.domain.leak import LeakStatus
    from revops.store.leaks import Leaks
    from revops.store.tenants import Tenants

    known = get_args(LeakStatus)
    asked = known if every else status or ("open", "pending_decision", "acting")
    unknown = [one for one in asked if one not in known]
    if unknown:
        raise typer.BadParameter(f"{unknown[0]} is no status: {', '.join(known)}.", param_hint="--status")
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        found = Leaks(store).read(tenant, [one for one in known if one in asked])[:limit]
    typer.echo(rows_as_text(_COLUMNS, [_row(one) for one in found], form))


@app.command()
def show(
    leak: One,
    tenant: Tenant = "default",
    form: Annotated[ShowFormat, typer.Option("--format", help="How it is written.")] = ShowFormat.TEXT,
) -> None:
    """Print one leak: where it stands, its reasons, what was proposed for it, and whether it was dismissed."""
    from revops.bootstrap_actions import proposals_of_leak
    from revops.settings import load_settings
    from revops.store.leaks import Leaks
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        found = _leak(store, tenant, leak)
        reasons = Leaks(store).reasons(tenant, [leak])
        proposed = proposals_of_leak(store, load_settings(), tenant, leak)
        dismissal = _dismissal(store, tenant, leak)
    if form is ShowFormat.JSON:
        typer.echo(json.dumps(plain(_as_json(found, reasons, proposed, dismissal)), ensure_ascii=False, indent=2))
    else:
        typer.echo(_as_text(found, reasons, proposed, dismissal))


@app.command()
def dismiss(
    leak: One,
    reason: Annotated[str, typer.Option(help="Why it is no leak, in at most 2,000 characters.")],
    until: Annotated[
        str | None, typer.Option(help="Date or ISO time (UTC) within three years; without one, for good.")
    ] = None,
    tenant: Tenant = "default",
) -> None:
    """Say that it is none: what is proposed for it is withdrawn, and the same cause opens no other until then."""
    from revops.bootstrap_leaks import dismissing
    from revops.settings import load_settings

    moment, at = parse_moment(until), now()
    with open_for_verb() as store:
        person = require_person(store, tenant, at)
        service = dismissing(store, load_settings())
        service.dismiss(tenant, leak, person, reason=reason, until=moment, channel="cli", at=at)
    typer.echo(f"Dismissed {f'until {iso(moment)}' if moment else 'for good'}.")


@app.command()
def lift(leak: One, tenant: Tenant = "default") -> None:
    """Take a dismissal back: what still leaks opens again with the next run."""
    from revops.bootstrap_leaks import dismissing
    from revops.settings import load_settings

    at = now()
    with open_for_verb() as store:
        person = require_person(store, tenant, at)
        found = _dismissal(store, tenant, _leak(store, tenant, leak).leak_id)
        if found is None:
            raise typer.BadParameter("It is not dismissed, so there is nothing to take back.", param_hint="LEAK")
        dismissing(store, load_settings()).lift(tenant, found.suppression_id, person, channel="cli", at=at)
    typer.echo("What still leaks opens again with the next run.")


@app.command()
def assign(
    leak: One,
    to: Annotated[
        str | None,
        typer.Option("--to", help="Somebody with a role, as `leaks people list` says; without, nobody."),
    ] = None,
    tenant: Tenant = "default",
) -> None:
    """Say who cares for an open leak."""
    from revops.bootstrap_leaks import dismissing
    from revops.settings import load_settings
    from revops.store.people import People

    at = now()
    with open_for_verb() as store:
        person = require_person(store, tenant, at)
        if to is not None and to not in {one.person_id for one in People(store).read(tenant)}:
            raise typer.BadParameter(
                f"{to} has no role at {tenant}. `leaks people list` shows who has.", param_hint="--to"
            )
        dismissing(store, load_settings()).assign(tenant, leak, to, person, channel="cli", at=at)
    typer.echo(f"{to} cares for it now." if to else "It has no owner now.")


def _leak(store: Store, tenant: str, leak_id: str) -> Leak:
    from revops.domain.decision import DecisionRefusedError
    from revops.store.leaks import Leaks

    found = Leaks(store).get(tenant, [leak_id])
    if not found:
        raise DecisionRefusedError("unknown_action", "There is no such leak here.")
    return found[0]


def _dismissal(store: Store, tenant: str, leak_id: str) -> Suppression | None:
    from revops.store.suppressions import read_suppressions

    return next((one for one in read_suppressions(store, tenant) if one.leak_id == leak_id), None)


def _row(one: Leak) -> list[Any]:
    return [
        one.leak_id,
        one.status,
        one.leak_type,
        one.object_id,
        one.customer_id,
        one.currency,
        one.amount_minor,
        one.owner,
        one.opened_at,
    ]


def _as_text(leak: Leak, reasons: list[Reason], proposed: list[Proposal], dismissal: Suppression | None) -> str:
    from cli.actions import named
    from revops.domain.money import format_minor

    said = [("Leak", f"{leak.leak_id}, {leak.leak_type} of {leak.object_id}")]
    said += [("Status", leak.status.replace("_", " "))]
    said += [("Customer", leak.customer_id or "unknown"), ("Amount", format_minor(leak.amount_minor, leak.currency))]
    said += [("Confidence", f"{round(leak.confidence * 100)} %"), ("Owner", leak.owner or "nobody")]
    said += [("Opened", iso(leak.opened_at))]
    for one in reasons:
        until = f"until {iso(one.detached_at)}" if one.detached_at else f"since {iso(one.attached_at)}"
        said += [("Reason", f"{one.leak_type} of {one.object_id}, finding {one.finding_id}, {until}")]
    for shown in proposed:
        status = shown.action.status.replace("_", " ")
        said += [("Action", f"{named(shown)}: {shown.outcome or status}")]
    if dismissal is not None:
        until = f"until {iso(dismissal.until)}" if dismissal.until else "for good"
        said += [("Dismissed", f"{until} by {dismissal.created_by}, {iso(dismissal.created_at)}: {dismissal.reason}")]
    if leak.closed_at is not None:
        said += [("Ended", f"{iso(leak.closed_at)}, {(leak.resolution or '').replace('_', ' ')}")]
    width = max(len(name) for name, _ in said)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in said)


def _as_json(
    leak: Leak, reasons: list[Reason], proposed: list[Proposal], dismissal: Suppression | None
) -> dict[str, Any]:
    """The same for programs; money in minor units."""
    return {
        **vars(leak),
        "reasons": [vars(one) for one in reasons],
        "actions": [
            {"action_id": one.action.action_id, "status": one.action.status, "outcome": one.outcome} for one in proposed
        ],
        "dismissal": None if dismissal is None else vars(dismissal),
    }
