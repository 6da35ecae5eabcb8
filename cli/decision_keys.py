"""`leaks decisions keys`: the keys that sign decisions, and another one in their place."""

from typing import Annotated

import typer

from cli.output import Format
from cli.store import author, now, open_for_verb

app = typer.Typer(help="The keys that sign decisions.", no_args_is_help=True)

_COLUMNS = ["key_id", "public_key", "created_at", "retired_at"]
Tenant = Annotated[str, typer.Option("--tenant", help="Whose keys.")]


@app.command("list")
def list_(
    tenant: Tenant = "default",
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
) -> None:
    """Print a tenant's public keys, oldest first; the one without an end signs now. Note it where others keep it."""
    from cli.output import rows_as_text
    from revops.store.signing_keys import read_keys
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(tenant)
        with store.tenant(tenant, is_read_only=True) as connection:
            known = read_keys(connection, tenant)
    typer.echo(rows_as_text(_COLUMNS, [[getattr(one, name) for name in _COLUMNS] for one in known], form))


@app.command()
def rotate(
    tenant: Tenant = "default",
    lost: Annotated[
        bool, typer.Option("--lost", help="The former key cannot be read any more: the new one vouches for itself.")
    ] = False,
) -> None:
    """Sign with a fresh key from now on; the former one signs that it is so, and is forgotten."""
    from revops.settings import load_settings
    from revops.store.anchors import anchor
    from revops.store.rotate_keys import rotate
    from revops.store.signing_keys import load_signer

    settings = load_settings()
    with open_for_verb() as store:
        signer = load_signer(settings)
        # Whoever may run this verb owns the home, so nobody's role is asked.
        done = rotate(store, signer, tenant, is_lost=lost, actor=f"cli:{author()}", role="operator", at=now())
        anchored = anchor(settings, store, tenant, vouched=[done.key.public] if lost else [])
    former = f", {done.former_key_id} is retired" if done.former_key_id else ""
    typer.echo(f"{tenant}: decisions are signed with {done.key.key_id}{former}.")
    if anchored.fault is not None or anchored.problems:
        typer.echo("It could not be anchored: `leaks decisions verify` says why.", err=True)
        raise typer.Exit(1)
