"""From settings to a store and what services ask of it: the only place that wires."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import SecretStr

from revops.findings import read_findings, read_resolutions
from revops.policy import Policy, load_policy, read_policy_file
from revops.service.import_policy import import_policy
from revops.service.note_refusals import Refused
from revops.service.open_leaks import LeakChanges, open_leaks
from revops.service.recognise import Senders
from revops.settings import TENANT, Settings
from revops.store import Store, schema
from revops.store.inbox import Inbox, Lag
from revops.store.integrations import Integrations
from revops.store.leaks import Leaks
from revops.store.policies import Policies
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLine, SecurityLog
from revops.store.tenants import Tenants
from revops.warehouse import Published

_log = structlog.get_logger(__name__)

# In the security log, who was refused: nobody we know.
_STRANGER = "unknown"
_WORKER = "worker"
# A key that was replaced is taken up by a running worker after at most this long.
_KEYS_HELD = timedelta(minutes=5)


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


@dataclass(frozen=True)
class Worker:
    """What taking events from the inbox to leaks needs of the store."""

    inbox: Inbox
    open_leaks: Callable[[str], LeakChanges]
    credentials: Callable[[str], SecretStr | None]


def worker(store: Store, settings: Settings) -> Worker:
    """The inbox, what makes leaks, and each tenant's API key (None for a tenant without one in the store)."""
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    held: dict[str, tuple[datetime, SecretStr | None]] = {}

    def credentials(tenant_id: str) -> SecretStr | None:
        now = datetime.now(UTC)
        known = held.get(tenant_id)
        if known is None or now - known[0] > _KEYS_HELD:
            active = [one for one in integrations.read(tenant_id) if one.status == "active" and one.has_credentials]
            key = (
                integrations.credentials(
                    tenant_id, active[0].integration_id, purpose="taking up events", actor=_WORKER, at=now
                )
                if active
                else None
            )
            held[tenant_id] = known = (now, key)
        return known[1]

    return Worker(Inbox(store), lambda tenant_id: leaks_of_published(store, settings, tenant_id, _WORKER), credentials)


def leaks_of_published(store: Store, settings: Settings, tenant_id: str, actor: str) -> LeakChanges:
    """Open and close a tenant's leaks after what is published; the caller holds the tenant's warehouse."""
    with Published.open(settings.leaks_home, tenant=tenant_id) as published:
        findings, resolutions = read_findings(published), read_resolutions(published)
    return open_leaks(Leaks(store), tenant_id, findings, resolutions, actor=actor, at=datetime.now(UTC))


def policy_of(store: Store, settings: Settings, tenant_id: str, leak_types: Collection[str]) -> Policy:
    """The tenant's policy of now; the file that LEAKS_POLICY names becomes a version first, as `policy import` does.

    Without any the defaults hold. Raises PolicyError.
    """
    policies = Policies(store)
    now = datetime.now(UTC)
    if settings.leaks_policy is not None and tenant_id == TENANT:
        text = read_policy_file(settings.leaks_policy)
        import_policy(
            policies,
            text,
            source=str(settings.leaks_policy),
            leak_types=leak_types,
            author="LEAKS_POLICY",
            at=now,
            tenant_id=tenant_id,
        )
    current = policies.current(tenant_id, now)
    if current is None:
        return Policy()
    return load_policy(f"policy version {current.number} of {tenant_id}", leak_types, text=current.document)
