"""`leaks slack`: presses of buttons in Slack without an open port, by Socket Mode."""

import signal
import threading

import typer


def slack() -> None:
    """Take presses of buttons in Slack until Ctrl-C by Socket Mode: of every tenant whose app has a token for it."""
    from revops import bootstrap_slack
    from revops.http.slack_presses import Presses
    from revops.http.slack_socket import SocketModeError, listen
    from revops.logging import configure_logging
    from revops.settings import load_settings
    from revops.store import open_store

    settings = load_settings()
    configure_logging(is_debug=settings.leaks_debug, is_service=True)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    with open_store(settings, upgrade=True) as store:
        tell = bootstrap_slack.notifying(store, settings)
        found = [
            bootstrap_slack.slack_tenant(store, settings, tenant_id, tell)
            for tenant_id in bootstrap_slack.slack_tenants(store, settings)
        ]
        presses = [Presses(tenant) for tenant in found if tenant is not None and tenant.app_token]
        if not presses:
            raise SocketModeError(
                "No tenant's Slack app has an app-level token. Set SLACK_APP_TOKEN beside SLACK_BOT_TOKEN, or give "
                "--app-token-env to `leaks tenants connect-slack`."
            )
        with listen(presses, settings.slack_api_base):
            typer.echo(f"Connected to Slack: {', '.join(one.tenant.tenant_id for one in presses)}")
            stop.wait()
