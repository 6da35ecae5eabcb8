"""`leaks security-log`: what bears on security, searched; nothing can change or delete a line of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

import typer

from cli.moments import parse_moment
from cli.output import Format
from cli.store import open_for_verb

if TYPE_CHECKING:
    from revops.store.security_log import SecurityLine

_COLUMNS = ["at", "event", "actor", "address", "detail"]


def security_log(
    tenant: Annotated[str, typer.Option("--tenant", help="Whose lines.")] = "default",
    event: Annotated[str | None, typer.Option(help="Only this event, for example refused_signature.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only what this person or part did.")] = None,
    text: Annotated[str | None, typer.Option(help="Only lines with this text in actor, address or detail.")] = None,
    since: Annotated[str | None, typer.Option(help="Date or ISO time (UTC); lines before it are left out.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many lines, the newest ones.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How lines are written.")] = Format.TABLE,
) -> None:
    """Print who used a key, who was refused, and who changed tenants, connections and policies; newest first."""
    from cli.output import rows_as_text
    from revops.store.security_log import SecurityEvent, SecurityLog
    from revops.store.tenants import Tenants

    moment = parse_moment(since)
    known = get_args(SecurityEvent)
    if event is not None and event not in known:
        raise typer.BadParameter(f"{event} is no event: {', '.join(known)}.", param_hint="--event")
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        log = SecurityLog(store)
        lines = log.search(tenant, event=cast("Any", event), actor=actor, text=text, since=moment, limit=limit)
    typer.echo(rows_as_text(_COLUMNS, [_row(line, form) for line in lines], form))


def _row(line: SecurityLine, form: Format) -> list[Any]:
    detail = dict(line.detail)
    return [line.at, line.event, line.actor, line.address, detail if form is Format.JSON else _words(detail)]


def _words(detail: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in detail.items()
    )
