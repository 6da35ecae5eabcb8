"""Disconnect an account: on our wish, with Stripe told, or on its owner's, as Stripe tells."""

from collections.abc import Callable
from datetime import datetime

from revops.domain.ports import Connections, Platform


def disconnect_account(
    connections: Connections, platform: Callable[[], Platform], tenant_id: str, *, actor: str, at: datetime
) -> int:
    """End what a tenant's Stripe account is read by, and count it; `platform` is made only where there is Connect.

    Stripe is told first: what it does not hear stays connected here, and the verb may be repeated. Raises
    ConnectUnavailableError and ConnectSettingsError.
    """
    ended = 0
    for one in connections.reading(tenant_id):
        if one.kind == "connect" and one.account_id is not None:
            platform().deauthorise(one.account_id)
        reason = f"disconnected by {actor}"
        ended += connections.disconnect(tenant_id, one.integration_id, reason, actor=actor, at=at)
    return ended


def note_deauthorised(
    connections: Connections, tenant_id: str, account_id: str, told_at: datetime, *, actor: str, at: datetime
) -> bool:
    """An account's owner has ended the access, as an event of `told_at` says; False where that is no news.

    An event that comes late does not end what was connected anew since; within Stripe's one second it does.
    """
    ended = False
    for one in connections.reading(tenant_id):
        is_meant = one.kind == "connect" and one.account_id == account_id
        if is_meant and told_at >= one.updated_at.replace(microsecond=0):
            reason = "deauthorised in Stripe"
            ended |= connections.disconnect(tenant_id, one.integration_id, reason, actor=actor, at=at)
    return ended
