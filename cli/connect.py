"""`leaks tenants connect|disconnect`: accounts by Stripe Connect, whose owners let us in themselves."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.moments import iso
from cli.store import author, now, open_for_verb

Slug = Annotated[str, typer.Argument(help="A tenant.")]


def connect(
    slug: Slug,
    redirect_uri: Annotated[
        str | None,
        typer.Option(help="One of the addresses in the platform's Connect settings; by default the first of them."),
    ] = None,
) -> None:
    """Print the link by which the owner of a Stripe account connects it to a tenant; it works once, for a day."""
    from revops import bootstrap
    from revops.service.connect_account import link_to_connect
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).require(slug)
        using = bootstrap.connecting(store, load_settings())
        link, expires_at = link_to_connect(using, slug, redirect_uri=redirect_uri, author=author(), at=now())
    typer.echo(link)
    typer.echo(f"Works once, until {iso(expires_at)}. It ends at /connect/stripe/callback of `leaks serve`.", err=True)


def disconnect(slug: Slug) -> None:
    """Stop reading a tenant's Stripe account: tell Stripe where it was connected, forget its key; data stays."""
    from revops import bootstrap
    from revops.settings import load_settings
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(slug)
        ended = bootstrap.disconnect(store, load_settings(), slug, actor=author(), at=now())
    typer.echo(f"{slug}: {'disconnected' if ended else 'was not connected'}.")
