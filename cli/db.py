"""`leaks db`: the operational store's schema, backups and key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.moments import iso
from cli.store import author, now

if TYPE_CHECKING:
    from revops.settings import Settings

# A batch of the worker takes seconds.
_PRUNING_WAITS_SECONDS = 60.0

app = typer.Typer(help="The operational store: schema, backups, key.", no_args_is_help=True)


@app.command()
def upgrade(
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="You have made one; PostgreSQL makes its own with pg_dump.")
    ] = False,
) -> None:
    """Make the store, or bring an older schema to this version's, after a backup."""
    from revops.settings import load_settings
    from revops.store import upgrade

    done = upgrade.upgrade(load_settings(), now(), with_backup=not no_backup)
    if done.backup:
        typer.echo(f"Backup: {done.backup}", err=True)
    if done.revision_before == done.revision:
        typer.echo(f"Nothing to do: the store has schema {done.revision}.")
    elif done.revision_before is None:
        typer.echo(f"The store was made, schema {done.revision}.")
    else:
        typer.echo(f"The store was upgraded from schema {done.revision_before} to {done.revision}.")


@app.command()
def check() -> None:
    """Check schema, files and, on PostgreSQL, that tenants are kept apart; exit code 1 when something is wrong."""
    from revops.settings import load_settings
    from revops.store.schema import head
    from revops.store.upgrade import problems

    found = list(problems(load_settings()))
    for problem in found:
        typer.echo(problem, err=True)
    if found:
        raise typer.Exit(1)
    typer.echo(f"The store is as it must be, schema {head()}.")


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="A tar that does not exist yet; default: a new one in LEAKS_HOME/backups.")
    ] = None,
) -> None:
    """Copy the store while it is in use; prints the file."""
    from revops.settings import load_settings
    from revops.store.backup import backup

    typer.echo(str(backup(load_settings(), file, now())))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="What `leaks db backup` wrote.")]) -> None:
    """Put a backup in the place of the store, which is backed up first; stop everything that uses it before."""
    from revops.settings import load_settings
    from revops.store.backup import restore

    settings = load_settings()
    before = restore(settings, file, now())
    if before:
        typer.echo(f"What was there: {before}", err=True)
    typer.echo(f"The store is that of {file}.")
    _note_restored(settings)


def _note_restored(settings: Settings) -> None:
    """Decisions that the backup did not have yet are gone; their anchors say so from now on."""
    from revops.store import SchemaOlderError, open_store
    from revops.store.restored_anchors import note_restored
    from revops.store.tenants import Tenants

    try:
        with open_store(settings) as store:
            for tenant in Tenants(store).read(with_removed=True):
                done = note_restored(settings, store, tenant.tenant_id, by=author(), at=now())
                if done:
                    typer.echo(f"{tenant.tenant_id}: {done.sentence}", err=True)
    except SchemaOlderError:
        typer.echo("After `leaks db upgrade`, run `leaks decisions restored` for each tenant.", err=True)


@app.command()
def prune() -> None:
    """Delete raw bodies of events, and texts of refused rows, older than LEAKS_KEEP_BODIES_DAYS."""
    from dagster_project.retention import prune
    from revops.settings import load_settings
    from revops.store import open_store

    settings = load_settings()
    with open_store(settings, upgrade=True) as store:
        done = prune(settings, store, now(), lock_seconds=_PRUNING_WAITS_SECONDS)
    typer.echo(f"Older than {iso(done.before)}: {done.bodies} bodies of events and {done.texts} refused rows' texts.")


@app.command("new-key")
def new_key() -> None:
    """Print a random key for LEAKS_SECRET_KEY."""
    from revops.store.secrets import new_key

    typer.echo(new_key())


@app.command("rotate-key")
def rotate_key() -> None:
    """Encrypt every credential and signing key with the first key of LEAKS_SECRET_KEY; then the other keys may go."""
    from revops.settings import load_settings
    from revops.store import open_store
    from revops.store.integrations import Integrations
    from revops.store.secrets import Secrets
    from revops.store.signing_keys import load_signer

    settings = load_settings()
    with open_store(settings) as store:
        secrets = Secrets(settings.leaks_secret_key)
        count = Integrations(store, secrets).encrypt_anew(actor=author(), at=now())
        signer = load_signer(settings)
        with store.everyone() as connection:
            keys = signer.encrypt_anew(connection)
    typer.echo(
        f"Encrypted anew: {count} integrations, {keys} signing keys. Remove the other keys from LEAKS_SECRET_KEY."
    )
