"""From settings to a store and what services ask of it: the only place that wires."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from revops.service.note_refusals import Refused
from revops.service.recognise import Senders
from revops.settings import TENANT, Settings
from revops.store import Store, schema
from revops.store.inbox import Inbox, Lag
from revops.store.integrations import Integrations
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLine, SecurityLog
from revops.store.tenants import Tenants

_log = structlog.get_logger(__name__)

# In the security log, who was refused: nobody we know.
_STRANGER = "unknown"


def senders(store: Store, settings: Settings) -> Callable[[], Senders]:
    """Asks the store who may deliver webhooks; the tenant `default` has secrets in the settings as well."""
    tenants = Tenants(store)
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    told: set[str] = set()

    def load() -> Senders:
        secrets = {tenant.tenant_id: set[str]() for tenant in tenants.read()}
        secrets.setdefault(TENANT, set()).update(settings.webhook_secrets)
        accounts: dict[tuple[str, str], str] = {}
        for one in integrations.receiving():
            if one.problem is not None and one.problem not in told:
                told.add(one.problem)
                _log.error("webhook_secrets_not_read", tenant=one.tenant_id, advice=one.problem)
            if one.tenant_id in secrets:
                secrets[one.tenant_id].update(secret.get_secret_value() for secret in one.webhook_secrets)
                if one.kind == "connect" and one.account_id is not None:
                    accounts[one.mode, one.account_id] = one.tenant_id
        return Senders(
            {tenant_id: tuple(sorted(some)) for tenant_id, some in secrets.items()},
            settings.connect_webhook_secrets,
            accounts,
        )

    return load


def inbox_lag(store: Store, settings: Settings) -> Callable[[], Lag]:
    """Asks the store whether its schema is ours and how far the worker is behind; raises where it cannot answer."""
    inbox = Inbox(store)

    def look() -> Lag:
        schema.check(settings)
        return inbox.lag(datetime.now(UTC))

    return look


def refusal_log(store: Store) -> Callable[[Sequence[Refused]], None]:
    """Writes refused deliveries of known tenants into the security log."""
    log = SecurityLog(store)

    def record(refused: Sequence[Refused]) -> None:
        at = datetime.now(UTC)
        for one in refused:
            if one.tenant_id is not None:
                detail = {"reason": one.reason, "times": one.times}
                log.append(SecurityLine(one.tenant_id, at, _STRANGER, one.event, one.address, detail))

    return record
