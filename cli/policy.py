"""`leaks policy`: the versions of a tenant's rules."""

from __future__ import annotations

import json
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.moments import iso
from cli.output import ResultFormat
from cli.store import author as person
from cli.store import now, open_for_verb

if TYPE_CHECKING:
    from revops.domain.policy_version import PolicyVersion

app = typer.Typer(help="The versions of a tenant's rules.", no_args_is_help=True)

_NONE = "# No policy was imported: the defaults hold."
Tenant = Annotated[str, typer.Option("--tenant", help="Whose policy.")]
Form = Annotated[ResultFormat, typer.Option("--format", help="How the result is written.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="One YAML document; policy.example.yml says what each key means.")],
    author: Annotated[str | None, typer.Option(help="Who changes the policy; by default your user name.")] = None,
    tenant: Tenant = "default",
) -> None:
    """Make a document the policy from now on; one that says the same as the newest version makes no new one."""
    from revops.leak_types import steps_by_leak_type
    from revops.policy import read_policy_file
    from revops.service.import_policy import import_policy
    from revops.store.policies import Policies

    text = read_policy_file(file)
    with open_for_verb() as store:
        version, is_new = import_policy(
            Policies(store),
            text,
            source=str(file),
            leak_types=steps_by_leak_type(),
            author=author or person(),
            at=now(),
            tenant_id=tenant,
        )
    if is_new:
        typer.echo(f"Version {version.number} holds from {iso(version.valid_from)}.")
    else:
        typer.echo(f"Nothing new: version {version.number} says the same.")


@app.command()
def show(
    number: Annotated[int | None, typer.Option(help="A former version; by default the one that holds.")] = None,
    every: Annotated[bool, typer.Option("--all", help="A line per version instead of the document.")] = False,
    tenant: Tenant = "default",
    form: Form = ResultFormat.TABLE,
) -> None:
    """Print the policy that holds, or another version of it."""
    from cli.output import Format, rows_as_text
    from revops.store.policies import Policies

    with open_for_verb() as store:
        policies = Policies(store)
        if every:
            rows = [_line(version) for version in policies.read(tenant)]
            columns = ["number", "policy_version", "valid_from", "author"]
            typer.echo(rows_as_text(columns, [[row[name] for name in columns] for row in rows], Format(form.value)))
            return
        version = policies.current(tenant, now()) if number is None else policies.get(tenant, number)
    if form is ResultFormat.JSON:
        typer.echo(json.dumps(_line(version) | {"document": version.document} if version else None, indent=2))
    else:
        typer.echo(version.document.rstrip("\n") if version else _NONE)


@app.command()
def diff(
    before: Annotated[int | None, typer.Argument(help="A version; by default the one before the other.")] = None,
    after: Annotated[int | None, typer.Argument(help="A version; by default the newest.")] = None,
    tenant: Tenant = "default",
) -> None:
    """Print what changed between two versions as a unified diff; nothing where they are the same."""
    from revops.store.policies import Policies

    with open_for_verb() as store:
        policies = Policies(store)
        newest = len(policies.read(tenant))
        later = policies.get(tenant, after or newest)
        earlier = policies.get(tenant, before or max(later.number - 1, 1))
    texts = [one.document.splitlines() for one in (earlier, later)]
    names = [f"version {one.number}, {one.author}, {iso(one.valid_from)}" for one in (earlier, later)]
    for line in unified_diff(texts[0], texts[1], names[0], names[1], lineterm=""):
        typer.echo(line)


def _line(version: PolicyVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "policy_version": version.policy_version,
        "valid_from": iso(version.valid_from),
        "author": version.author,
    }
