"""`leaks decisions`: the signed log of what people decided and what was done, read, played again, and handed out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.decision_keys import app as keys
from cli.decisions_verify import TextFormat, verify
from cli.moments import parse_moment
from cli.output import Format
from cli.store import author, now, open_for_verb

if TYPE_CHECKING:
    from revops.domain.kept_records import KeptRecord

app = typer.Typer(help="The signed log of decisions.", no_args_is_help=True)
app.command()(verify)
app.add_typer(keys, name="keys", help="The keys that sign decisions.")

_COLUMNS = ["number", "at", "kind", "subject", "actor", "role", "channel", "note"]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose decisions.")]


@app.command("list")
def list_(
    tenant: Tenant = "default",
    about: Annotated[str | None, typer.Option(help="Only of this action, leak or key, by its id.")] = None,
    since: Annotated[str | None, typer.Option(help="Date or ISO time (UTC); earlier ones are left out.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many, the newest ones.")] = 100,
    form: Annotated[Format, typer.Option("--format", help="How they are written.")] = Format.TABLE,
) -> None:
    """Print decisions as they stand in the log, oldest first; `leaks decisions verify` checks it."""
    from cli.output import rows_as_text
    from revops.store.decisions import Decisions
    from revops.store.tenants import Tenants

    moment = parse_moment(since)
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        found = Decisions(store).newest(tenant, limit, since=moment, about=about)
    typer.echo(rows_as_text(_COLUMNS, [_row(kept) for kept in found], form))


@app.command()
def replay(
    tenant: Tenant = "default",
    form: Annotated[TextFormat, typer.Option("--format", help="How the result is written.")] = TextFormat.TEXT,
) -> None:
    """Play all decisions again from nothing and compare with the tables; exit code 1 where they differ."""
    from revops.domain.replay import differences
    from revops.store.kept_states import replayed_and_kept
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        replayed, kept = replayed_and_kept(store, tenant)
    found = [*replayed.problems, *differences(replayed, kept)]
    if form is TextFormat.JSON:
        actions = {name: {**vars(one), "approvals": sorted(one.approvals)} for name, one in replayed.actions.items()}
        leaks = {name: vars(one) for name, one in replayed.leaks.items()}
        typer.echo(json.dumps({"differences": found, "actions": actions, "leaks": leaks}, indent=2))
    elif found:
        typer.echo("\n".join(found))
    else:
        actions_and_leaks = f"{len(replayed.actions)} actions and {len(replayed.leaks)} leaks"
        typer.echo(f"Played again, the decisions give {actions_and_leaks}, equal to the tables.")
    raise typer.Exit(1 if found else 0)


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="A file that does not exist yet; default: stdout.")] = None,
    tenant: Tenant = "default",
    without_personal: Annotated[
        bool, typer.Option("--without-personal", help="Leave out who decided and what they wrote.")
    ] = False,
) -> None:
    """Write the log with keys and anchors as JSON lines, which `python -m revops.verify_export` checks anywhere."""
    from revops.domain.decision_export import ExportedKey, export_lines
    from revops.settings import load_settings
    from revops.store.anchors import read_anchor_files
    from revops.store.decisions import Decisions
    from revops.store.signing_keys import read_keys
    from revops.store.tenants import Tenants

    if file is not None and file.exists():
        raise typer.BadParameter(f"{file} exists already.", param_hint="FILE")
    with open_for_verb() as store:
        Tenants(store).known(tenant)
        # First what is anchored, then the records: decisions that are made meanwhile are no cut-off end.
        anchors = read_anchor_files(load_settings(), tenant)
        records = list(Decisions(store).read(tenant))
        with store.tenant(tenant, is_read_only=True) as connection:
            known = read_keys(connection, tenant)
    exported = [ExportedKey(one.key_id, one.public_key, one.created_at, one.retired_at) for one in known]
    lines = export_lines(tenant, exported, records, anchors, with_personal=not without_personal, at=now())
    if file is None:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return
    with file.open("x", encoding="utf-8") as stream:
        stream.writelines(f"{line}\n" for line in lines)
    typer.echo(f"{file}: {len(records)} records.", err=True)


@app.command()
def restored(tenant: Tenant = "default") -> None:
    """Note in the anchors that a backup took the store's place; `leaks db restore` does so by itself, SQLite only."""
    from revops.settings import load_settings
    from revops.store.restored_anchors import note_restored
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        done = note_restored(load_settings(), store, tenant, by=author(), at=now())
    typer.echo(done.sentence if done else "Nothing to note: the log agrees with its newest anchor.")


def _row(kept: KeptRecord) -> list[Any]:
    """A record as a line; who decided by name, where that is still known."""
    from revops.domain.decision_record import DecisionRecordError

    try:
        record = kept.record
    except DecisionRecordError:
        return [kept.number, None, "unreadable", None, None, None, None, None]
    actor = kept.told("actor") or record.actor.id
    version = f" v{record.subject.version}" if record.subject.version else ""
    subject = f"{record.subject.type} {record.subject.id}{version}"
    named = [record.number, record.at, record.kind, subject]
    return [*named, actor, record.actor.role, record.actor.channel, kept.told("note")]
