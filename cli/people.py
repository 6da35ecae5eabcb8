"""`leaks people`: who may decide for a tenant.

Whoever can give these verbs holds the store and its keys already, so they ask for no role: that is also how the first
person gets one. Each change is in the security log. Deciding does ask for a role.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cli.moments import parse_moment
from cli.output import Format
from cli.person import person_id
from cli.store import now, open_for_verb

app = typer.Typer(help="Who may decide for a tenant.", no_args_is_help=True)

_COLUMNS = ["person_id", "role", "name", "delegated_to", "delegated_until"]
Who = Annotated[str, typer.Argument(metavar="PERSON", help="web:<e-mail>, slack:<team id>:<user id> or cli:<user>.")]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose people.")]


@app.command()
def add(
    person: Annotated[
        str | None,
        typer.Argument(help="web:<e-mail>, slack:<team id>:<user id> or cli:<user>; without one, you at this machine."),
    ] = None,
    role: Annotated[str, typer.Option(help="viewer, approver or admin.")] = "approver",
    name: Annotated[str | None, typer.Option(help="What people call them.")] = None,
    tenant: Tenant = "default",
) -> None:
    """Give a person a role, or another one."""
    from revops.domain.person import check_role
    from revops.store.people import People

    chosen, who = check_role(role), _spelled(person) if person else person_id()
    with open_for_verb() as store:
        People(store).add(tenant, who, chosen, name, actor=person_id(), at=now())
    typer.echo(f"{who} is {chosen} at {tenant}.")


@app.command("list")
def list_(
    tenant: Tenant = "default",
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
) -> None:
    """Print who has which role, and to whom they handed it."""
    from cli.output import rows_as_text
    from revops.store.people import People
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        members = People(store).read(tenant)
    rows = [[getattr(one, name) for name in _COLUMNS] for one in members]
    typer.echo(rows_as_text(_COLUMNS, rows, form))
    if not members and form is Format.TABLE:
        typer.echo(f"Nobody may decide at {tenant} yet. `leaks people add --role admin` makes you the first.", err=True)


@app.command()
def remove(person: Who, tenant: Tenant = "default") -> None:
    """Take a person's role, and what they handed on."""
    from revops.store.people import People

    who = _spelled(person)
    with open_for_verb() as store:
        People(store).remove(tenant, who, actor=person_id(), at=now())
    typer.echo(f"{who} has no role at {tenant} any more.")


@app.command()
def delegate(
    person: Who,
    to: Annotated[str, typer.Option("--to", help="Who decides in their place.")],
    until: Annotated[str, typer.Option("--until", help="Date or ISO time (UTC), at most 90 days from now.")],
    tenant: Tenant = "default",
) -> None:
    """Let somebody decide with a person's role until a time."""
    from revops.store.people import People

    moment = parse_moment(until)
    if moment is None:
        raise typer.BadParameter("Say until when.", param_hint="--until")
    who, other = _spelled(person), _spelled(to)
    with open_for_verb() as store:
        People(store).delegate(tenant, who, other, moment, actor=person_id(), at=now())
    typer.echo(f"{other} decides for {who} at {tenant} until {moment:%Y-%m-%d %H:%M} UTC.")


def _spelled(person: str) -> str:
    """An e-mail address has one spelling here, the one in which sign-in is compared with it."""
    from revops.domain.person import check_person_id

    person = person.strip()
    return check_person_id(person.lower() if person.startswith("web:") else person)
