"""From settings to a store and what services ask of it: the only place that wires."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import SecretStr

from revops.connectors.stripe_connect import StripeConnect
from revops.domain.connect import ConnectRefusedError, ConnectSettingsError, Mode
from revops.domain.received import ReceivedEvent
from revops.domain.stripe_access import StripeAccess
from revops.findings import read_findings, read_resolutions
from revops.policy import Policy, load_policy, read_policy_file
from revops.service.connect_account import Connecting
from revops.service.disconnect_account import disconnect_account, note_deauthorised
from revops.service.import_policy import import_policy
from revops.service.note_refusals import Refused
from revops.service.open_leaks import LeakChanges, open_leaks
from revops.service.recognise import Senders
from revops.settings import TENANT, Settings
from revops.store import SecretKeyError, Store, schema
from revops.store.bodies import Bodies
from revops.store.connect_states import ConnectStates
from revops.store.inbox import Inbox, Lag
from revops.store.integrations import PRODUCT_USAGE, STRIPE_ACTIONS, Integrations
from revops.store.leaks import Leaks
from revops.store.policies import Policies
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLine, SecurityLog
from revops.store.signing_keys import load_signer
from revops.store.suppressions import suppressed_causes
from revops.store.tenants import Tenants
from revops.store.withdrawals import Withdrawals
from revops.warehouse import Published

_log = structlog.get_logger(__name__)

# In the security log, who was refused: nobody we know.
_STRANGER = "unknown"
_WORKER = "worker"
# Whom sealed states of links belong to: what is sealed for them opens nothing else.
_STATE = "connect-link"
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
    """Writes refused deliveries of known tenants, and refused connections, into the security log."""
    log = SecurityLog(store)

    def record(refused: Sequence[Refused]) -> None:
        at = datetime.now(UTC)
        for one in refused:
            # A forged link names no tenant, and whoever runs this installation should know.
            tenant_id = TENANT if one.tenant_id is None and one.event == "refused_connect" else one.tenant_id
            if tenant_id is not None:
                detail = {"reason": one.reason, "times": one.times}
                log.append(SecurityLine(tenant_id, at, _STRANGER, one.event, one.address, detail))

    return record


def stripe_of(store: Store, settings: Settings, tenant_id: str, *, purpose: str, actor: str) -> StripeAccess | None:
    """How a tenant's Stripe account is reached, where the store knows; the security log says who took the key.

    Raises SecretKeyError, and ConnectSettingsError where the platform's key is missing or of the other mode.
    """
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    at = datetime.now(UTC)
    for one in integrations.reading(tenant_id)[:1]:
        if one.kind == "connect":
            key = _platform_key(settings, one.mode)
            integrations.note_use(tenant_id, one.integration_id, purpose=purpose, actor=actor, at=at)
            return StripeAccess(key, one.account_id)
        taken = integrations.credentials(tenant_id, one.integration_id, purpose=purpose, actor=actor, at=at)
        return StripeAccess(taken) if taken else None
    return None


def product_usage_of(store: Store, settings: Settings, tenant_id: str, *, purpose: str, actor: str) -> SecretStr | None:
    """Where a tenant's product keeps its logs, where the store knows. Raises SecretKeyError."""
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    for one in integrations.read(tenant_id):
        if one.system == PRODUCT_USAGE and one.status == "active":
            at = datetime.now(UTC)
            return integrations.credentials(tenant_id, one.integration_id, purpose=purpose, actor=actor, at=at)
    return None


def connected_tenants(store: Store) -> set[str]:
    """Tenants whose Stripe account the store knows how to read."""
    there = {tenant.tenant_id for tenant in Tenants(store).read()}
    return {one.tenant_id for one in Integrations(store, Secrets(None)).reading()} & there


def _platform_key(settings: Settings, mode: Mode) -> SecretStr:
    key = settings.stripe_connect_api_key
    if key is None:
        raise ConnectSettingsError(
            "STRIPE_CONNECT_API_KEY is not set; accounts that are connected by Stripe Connect are read with the "
            "platform's key."
        )
    if f"_{mode}_" not in key.get_secret_value()[:8]:
        raise ConnectSettingsError(f"STRIPE_CONNECT_API_KEY is no {mode} key, but the connected account is {mode}.")
    return key


def platform(settings: Settings) -> StripeConnect:
    """Stripe Connect. Raises ConnectSettingsError where it is not set up."""
    client_id, key = settings.stripe_connect_client_id, settings.stripe_connect_api_key
    if client_id is None or key is None:
        raise ConnectSettingsError(
            "Stripe Connect is not set up: set STRIPE_CONNECT_CLIENT_ID and STRIPE_CONNECT_API_KEY, both of the "
            "platform's Connect settings in Stripe's dashboard."
        )
    return StripeConnect(client_id, key, settings.stripe_connect_base)


def connecting(store: Store, settings: Settings) -> Connecting:
    """What connecting accounts works with. Raises ConnectSettingsError and SecretKeyError where it is not set up."""
    secrets = Secrets(settings.leaks_secret_key)
    secrets.require_key()

    def seal(tenant_id: str, state_id: str) -> str:
        return secrets.encrypt(SecretStr(json.dumps([tenant_id, state_id])), _STATE).decode()

    def unseal(state: str) -> tuple[str, str]:
        try:
            tenant_id, state_id = json.loads(secrets.decrypt(state.encode(), _STATE).get_secret_value())
        except (SecretKeyError, UnicodeEncodeError) as error:
            raise ConnectRefusedError("connect_forged", "This link is none of ours.") from error
        return str(tenant_id), str(state_id)

    return Connecting(ConnectStates(store), Integrations(store, secrets), platform(settings), seal, unseal)


def disconnect(store: Store, settings: Settings, tenant_id: str, *, actor: str, at: datetime) -> int:
    """End what a tenant's Stripe account is read by, and count it. Raises as `disconnect_account` does."""
    connections = Integrations(store, Secrets(None))
    ended = disconnect_account(connections, lambda: platform(settings), tenant_id, actor=actor, at=at)
    # Nothing is done to an account that is not read any more.
    for one in connections.read(tenant_id):
        if one.system == STRIPE_ACTIONS and one.status == "active":
            connections.disconnect(tenant_id, one.integration_id, f"disconnected by {actor}", actor=actor, at=at)
    return ended


@dataclass(frozen=True)
class Worker:
    """What taking events from the inbox to leaks needs of the store."""

    inbox: Inbox
    open_leaks: Callable[[str], LeakChanges]
    stripe: Callable[[str], StripeAccess | None]
    note_deauthorised: Callable[[ReceivedEvent], None]
    bodies: Bodies


def worker(store: Store, settings: Settings) -> Worker:
    """The inbox, what makes leaks, and how each tenant's account is reached (None where the store does not know)."""
    held: dict[str, tuple[datetime, StripeAccess | None]] = {}

    def stripe(tenant_id: str) -> StripeAccess | None:
        now = datetime.now(UTC)
        known = held.get(tenant_id)
        if known is None or now - known[0] > _KEYS_HELD:
            access = stripe_of(store, settings, tenant_id, purpose="taking up events", actor=_WORKER)
            held[tenant_id] = known = (now, access)
        return known[1]

    def deauthorised(event: ReceivedEvent) -> None:
        connections = Integrations(store, Secrets(None))
        at, account_id = datetime.now(UTC), event.account_id or ""
        note_deauthorised(connections, event.tenant_id, account_id, event.event_created_at, actor=_WORKER, at=at)
        held.pop(event.tenant_id, None)

    def open_leaks_of(tenant_id: str) -> LeakChanges:
        return leaks_of_published(store, settings, tenant_id, _WORKER)

    return Worker(Inbox(store), open_leaks_of, stripe, deauthorised, Bodies(store))


def leaks_of_published(store: Store, settings: Settings, tenant_id: str, actor: str) -> LeakChanges:
    """Open and close a tenant's leaks after what is published; the caller holds the tenant's warehouse."""
    with Published.open(settings.leaks_home, tenant=tenant_id) as published:
        findings, resolutions = read_findings(published), read_resolutions(published)
    at = datetime.now(UTC)
    return open_leaks(
        Leaks(store),
        tenant_id,
        findings,
        resolutions,
        actor=actor,
        at=at,
        withdrawals=Withdrawals(store, load_signer(settings)),
        suppressed=suppressed_causes(store, tenant_id, at),
    )


def policy_of(store: Store, settings: Settings, tenant_id: str, leak_types: Mapping[str, Collection[str]]) -> Policy:
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
