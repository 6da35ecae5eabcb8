"""Connect an account: hand out a link that leads to one tenant, and take the account that comes back by it.

The state of a link is sealed by us, so nobody makes one; it names its tenant, so it connects no other; it is used up by
the first who comes back with it, and it ends after a day. What is refused spends no code of Stripe's, so nothing stays
connected that we do not know of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from revops.domain.connect import AccountTakenError, ConnectedAccount, ConnectRefusedError, IntegrationError
from revops.domain.ports import Connections, ConnectLinks, Platform

VALID = timedelta(hours=24)
_ASK = "Ask who sent you the link for a new one."


@dataclass(frozen=True)
class Connecting:
    """What connecting works with. `unseal` raises ConnectRefusedError for what `seal` has not made."""

    links: ConnectLinks
    connections: Connections
    platform: Platform
    seal: Callable[[str, str], str]
    unseal: Callable[[str], tuple[str, str]]


def link_to_connect(
    using: Connecting, tenant_id: str, *, redirect_uri: str | None, author: str, at: datetime
) -> tuple[str, datetime]:
    """The link for a tenant's account, and when it ends.

    Raises TenantError, and IntegrationError where the tenant has an account already.
    """
    _refuse_second(using, tenant_id)
    expires_at = at + VALID
    state_id = using.links.issue(tenant_id, author=author, at=at, expires_at=expires_at)
    return using.platform.link(using.seal(tenant_id, state_id), redirect_uri), expires_at


def connect_account(using: Connecting, state: str, code: str | None, *, at: datetime) -> tuple[str, ConnectedAccount]:
    """The tenant of a link and the account that was connected to it; without a code its owner has declined.

    Raises ConnectRefusedError, ConnectUnavailableError and ConnectSettingsError.
    """
    tenant_id, state_id = using.unseal(state)
    fate = using.links.use(tenant_id, state_id, at)
    if fate == "unknown":
        raise ConnectRefusedError("connect_forged", f"This link is none of ours. {_ASK}", tenant_id)
    if fate == "replayed":
        raise ConnectRefusedError("connect_replayed", f"This link was used before. {_ASK}", tenant_id)
    if fate == "expired":
        raise ConnectRefusedError("connect_expired", f"This link has ended. {_ASK}", tenant_id)
    if code is None:
        raise ConnectRefusedError(
            "connect_denied", "The account's owner has declined. Nothing was connected.", tenant_id
        )
    try:
        _refuse_second(using, tenant_id)
    except IntegrationError as error:
        raise ConnectRefusedError("connect_already", str(error), tenant_id) from error
    account = _exchange(using, tenant_id, code)
    author = using.links.author(tenant_id, state_id)
    try:
        using.connections.connect_account(tenant_id, account, actor=author, at=at)
    except AccountTakenError as error:
        # Not deauthorised: that would cut off the tenant whose account it is.
        message = "This account is connected already, elsewhere. Disconnect it there first."
        raise ConnectRefusedError("connect_other_tenant", message, tenant_id) from error
    except IntegrationError as error:
        raise ConnectRefusedError("connect_already", str(error), tenant_id) from error
    return tenant_id, account


def _exchange(using: Connecting, tenant_id: str, code: str) -> ConnectedAccount:
    try:
        return using.platform.exchange(code)
    except ConnectRefusedError as error:
        raise ConnectRefusedError(error.problem, str(error), tenant_id) from error


def _refuse_second(using: Connecting, tenant_id: str) -> None:
    """A tenant's warehouse is of one account."""
    for known in using.connections.reading(tenant_id):
        by = f"as {known.account_id}" if known.account_id else "by an API key"
        raise IntegrationError(
            f"{tenant_id} has a Stripe account already, {by}. `leaks tenants disconnect {tenant_id}` first."
        )
