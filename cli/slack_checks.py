"""The checks of `leaks doctor` on Slack: whether each workspace answers, how presses come, and what waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cli.check import Finding, State
from cli.moments import iso
from revops.settings import load_settings

if TYPE_CHECKING:
    from revops.bootstrap_slack import SlackAccess


def check_slack() -> Iterator[Finding]:
    """Each connected workspace, and messages that could not be posted so far."""
    from revops import bootstrap_slack
    from revops.store import StoreMissingError, open_store
    from revops.store.actions import CHANGED
    from revops.store.outbox import Outbox

    settings = load_settings()
    try:
        with open_store(settings) as store:
            tenants = bootstrap_slack.slack_tenants(store, settings)
            found = {
                tenant_id: bootstrap_slack.slack_access(store, settings, tenant_id, purpose="doctor", actor="doctor")
                for tenant_id in tenants
            }
            waiting = Outbox(store).waiting([CHANGED])
    except StoreMissingError:
        found, waiting = {}, []
    if not found:
        yield Finding("slack", "off", "not set: proposals are decided on the dashboard and by `leaks actions`")
    for tenant_id, access in found.items():
        if access is not None:
            yield _workspace(tenant_id, access, settings.slack_api_base)
    for one in waiting:
        yield Finding(
            f"slack of {one.tenant_id}",
            "broken",
            f"{one.messages} messages wait since {iso(one.since)} and are tried again: {one.error}",
        )


def _workspace(tenant_id: str, access: SlackAccess, api_base: str) -> Finding:
    from revops.connectors.slack import SlackWorkspace
    from revops.domain.message import NotPostedError

    name = f"slack of {tenant_id}"
    try:
        team_id = SlackWorkspace(access.bot_token, api_base).team_id()
    except NotPostedError as error:
        return Finding(name, "broken", str(error))
    if access.team_id not in (None, team_id):
        return Finding(name, "broken", f"the token is of workspace {team_id}, connected was {access.team_id}")
    ways = [f"/slack/{tenant_id} of `leaks serve`"] if access.signing_secret else []
    ways += ["`leaks slack`"] if access.app_token else []
    state: State = "ok" if ways else "broken"
    said = f"buttons by {' and '.join(ways)}" if ways else "buttons do not work: set SLACK_SIGNING_SECRET or _APP_TOKEN"
    return Finding(name, state, f"workspace {team_id}, {said}")
