"""`leaks tenants connect-slack|disconnect-slack`: the Slack workspace in which a tenant's people decide."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.secret_input import read_secret
from cli.store import author, now, open_for_verb

Slug = Annotated[str, typer.Argument(help="A tenant.")]


def connect_slack(
    slug: Slug,
    bot_token_env: Annotated[
        str, typer.Option(metavar="VAR", help="The variable that holds the app's token (xoxb-...); - reads stdin.")
    ],
    signing_secret_env: Annotated[
        str | None, typer.Option(metavar="VAR", help="That of the signing secret, for presses by HTTP (/slack/SLUG).")
    ] = None,
    app_token_env: Annotated[
        str | None, typer.Option(metavar="VAR", help="That of the app-level token (xapp-...), for Socket Mode.")
    ] = None,
) -> None:
    """Connect a tenant's Slack workspace, or renew its tokens: Slack is asked whose they are; they are encrypted."""
    from revops.bootstrap_slack import packed
    from revops.connectors.slack import SlackWorkspace
    from revops.settings import load_settings
    from revops.store.integrations import SLACK, Integrations
    from revops.store.secrets import Secrets
    from revops.store.tenants import Tenants

    bot_token = read_secret(bot_token_env, "bot token")
    signing_secret = read_secret(signing_secret_env, "signing secret")
    app_token = read_secret(app_token_env, "app-level token")
    if bot_token is None or not bot_token.get_secret_value().startswith("xoxb-"):
        raise typer.BadParameter("A bot token begins with xoxb-; Slack shows it under OAuth & Permissions.")
    settings = load_settings()
    secrets = Secrets(settings.leaks_secret_key)
    secrets.require_key()
    with open_for_verb() as store:
        Tenants(store).require(slug)
        team_id = SlackWorkspace(bot_token, settings.slack_api_base).team_id()
        Integrations(store, secrets).connect(
            slug,
            mode="live",
            kind="api_key",
            account_id=team_id,
            credentials=packed(bot_token, signing_secret, app_token),
            system=SLACK,
            actor=author(),
            at=now(),
        )
    ways = [way for way, secret in (("HTTP", signing_secret), ("Socket Mode", app_token)) if secret is not None]
    typer.echo(f"{slug}: Slack workspace {team_id} connected; buttons by {' and '.join(ways) or 'neither way yet'}.")


def disconnect_slack(slug: Slug) -> None:
    """Tell a tenant's people in Slack no more, and forget the tokens; messages there stay as they are."""
    from revops.store.integrations import SLACK, Integrations
    from revops.store.secrets import Secrets
    from revops.store.tenants import Tenants

    with open_for_verb() as store:
        Tenants(store).known(slug)
        integrations = Integrations(store, Secrets(None))
        ended = [
            integrations.disconnect(slug, one.integration_id, "disconnected", actor=author(), at=now())
            for one in integrations.read(slug)
            if one.system == SLACK and one.status == "active"
        ]
    typer.echo(f"{slug}: {'disconnected from Slack' if any(ended) else 'was not connected to Slack'}.")
