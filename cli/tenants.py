"""`leaks tenants`: the companies whose revenue is watched."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.connect import connect, disconnect
from cli.connect_slack import connect_slack, disconnect_slack
from cli.output import Format
from cli.secret_input import read_secret
from cli.store import author, now, open_for_verb

if TYPE_CHECKING:
    from pydantic import SecretStr

    from revops.domain.connect import Mode
    from revops.store.integrations import Integration
    from revops.store.tenants import Tenant

app = typer.Typer(help="The companies whose revenue is watched.", no_args_is_help=True)

app.command()(connect)
app.command()(disconnect)
app.command("connect-slack")(connect_slack)
app.command("disconnect-slack")(disconnect_slack)

_KEY = re.compile(r"(?:rk|sk)_(live|test)_\w+")
_COLUMNS = ["tenant_id", "name", "created_at", "removed_at", "integrations"]
Slug = Annotated[str, typer.Argument(help="1 to 40 of a-z, 0-9 and -; also its folder and its webhook address.")]


@app.command()
def add(
    slug: Slug,
    name: Annotated[str | None, typer.Option(help="What people call it; by default the slug.")] = None,
    api_key_env: Annotated[
        str | None, typer.Option(metavar="VAR", help="The variable that holds its Stripe API key; - reads stdin.")
    ] = None,
    webhook_secret_env: Annotated[
        str | None,
        typer.Option(metavar="VAR", help="The variable that holds its webhook secrets, by commas; - reads stdin."),
    ] = None,
    product_usage_env: Annotated[
        str | None,
        typer.Option(
            metavar="VAR", help="The variable that says where its product's logs are, as LEAKS_PRODUCT_USAGE does."
        ),
    ] = None,
    actions_key_env: Annotated[
        str | None,
        typer.Option(
            metavar="VAR", help="The variable that holds another Stripe key, one that may write; - reads stdin."
        ),
    ] = None,
    mode: Annotated[str | None, typer.Option(help="live or test; by default the key's, else live.")] = None,
) -> None:
    """Add a tenant, or renew its name and secrets, which are stored encrypted with LEAKS_SECRET_KEY."""
    key = read_secret(api_key_env, "API key")
    webhook_secrets = _webhook_secrets(read_secret(webhook_secret_env, "webhook secret"))
    places = read_secret(product_usage_env, "place of logs")
    actions_key = read_secret(actions_key_env, "API key for actions")
    chosen = _mode(mode, key or actions_key)
    if actions_key:
        _mode(chosen, actions_key)
    from revops.settings import load_settings
    from revops.store.integrations import PRODUCT_USAGE, STRIPE, STRIPE_ACTIONS, Integrations
    from revops.store.secrets import Secrets
    from revops.store.tenants import Tenants

    secrets = Secrets(load_settings().leaks_secret_key)
    has_secrets = bool(key or webhook_secrets or places or actions_key)
    if has_secrets:
        secrets.require_key()
    with open_for_verb() as store:
        is_new = Tenants(store).add(slug, name, actor=author(), at=now())
        keep = partial(Integrations(store, secrets).connect, slug, mode=chosen, actor=author(), at=now())
        if key or webhook_secrets:
            keep(system=STRIPE, kind="api_key", credentials=key, webhook_secrets=webhook_secrets)
        if actions_key:
            keep(system=STRIPE_ACTIONS, kind="api_key", credentials=actions_key)
        if places:
            # Logs have no mode: one set of them per tenant.
            keep(system=PRODUCT_USAGE, kind="export", credentials=places, mode="live")
    typer.echo(f"{slug}: {'added' if is_new else 'was there'}{', secrets stored' if has_secrets else ''}.")


@app.command("list")
def list_(
    removed: Annotated[bool, typer.Option("--removed", help="Removed ones too.")] = False,
    form: Annotated[Format, typer.Option("--format", help="How rows are written.")] = Format.TABLE,
) -> None:
    """Print every tenant with its integrations; never a secret."""
    from cli.output import rows_as_text
    from revops.store.integrations import Integrations
    from revops.store.secrets import Secrets
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        tenants = Tenants(store).read(with_removed=removed)
        integrations = Integrations(store, Secrets(None)).read()
    rows = [_row(tenant, [one for one in integrations if one.tenant_id == tenant.tenant_id]) for tenant in tenants]
    if form is not Format.JSON:
        rows = [[*row[:-1], "; ".join(_words(one) for one in row[-1])] for row in rows]
    typer.echo(rows_as_text(_COLUMNS, rows, form))


@app.command()
def remove(slug: Annotated[str, typer.Argument(help="A tenant.")]) -> None:
    """Stop working on a tenant and forget its credentials; its leaks, decisions and files stay."""
    from revops import bootstrap
    from revops.settings import load_settings
    from revops.store.tenants import Tenants, check_removable

    check_removable(slug)
    with open_for_verb() as store:
        # An account that was connected is let go at Stripe, too.
        bootstrap.disconnect(store, load_settings(), slug, actor=author(), at=now())
        was_there = Tenants(store).remove(slug, actor=author(), at=now())
    folder = load_settings().leaks_home / slug
    kept = f" Its warehouse stays in {folder}." if folder.exists() else ""
    typer.echo(f"{slug}: {'removed, credentials forgotten' if was_there else 'was removed before'}.{kept}")


def _mode(given: str | None, key: SecretStr | None) -> Mode:
    """The mode that option and key agree on."""
    found = _KEY.fullmatch(key.get_secret_value()) if key else None
    if key and not found:
        raise typer.BadParameter("The API key must be a restricted (rk_live_, rk_test_) or secret one (sk_...).")
    of_key = found[1] if found else None
    if given not in (None, "live", "test"):
        raise typer.BadParameter(f"{given} is no mode: live or test.", param_hint="--mode")
    if given and of_key and given != of_key:
        raise typer.BadParameter(f"The API key is a {of_key} key; leave --mode out.", param_hint="--mode")
    return "test" if (given or of_key) == "test" else "live"


def _webhook_secrets(together: SecretStr | None) -> list[SecretStr]:
    from pydantic import SecretStr

    texts = [text.strip() for text in together.get_secret_value().split(",")] if together else []
    if any(not text.startswith("whsec_") for text in texts):
        raise typer.BadParameter("A webhook secret begins with whsec_; Stripe shows it beside the endpoint.")
    return [SecretStr(text) for text in texts]


def _row(tenant: Tenant, integrations: list[Integration]) -> list[Any]:
    connected = [
        {
            "integration_id": one.integration_id,
            "system": one.system,
            "mode": one.mode,
            "kind": one.kind,
            "account_id": one.account_id,
            "status": one.status,
            "reason": one.reason,
            "has_credentials": one.has_credentials,
            "has_webhook_secrets": one.has_webhook_secrets,
        }
        for one in integrations
    ]
    return [tenant.tenant_id, tenant.name, tenant.created_at, tenant.removed_at, connected]


def _words(integration: dict[str, Any]) -> str:
    secrets = [name for name in ("credentials", "webhook_secrets") if integration[f"has_{name}"]]
    held = f" with {' and '.join(secrets).replace('_', ' ')}" if secrets else ""
    words = (integration["system"], integration["mode"], integration["kind"], integration["account_id"])
    return " ".join(word for word in (*words, integration["status"]) if word) + held
