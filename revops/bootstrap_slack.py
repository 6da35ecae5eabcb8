"""Wires Slack: how each tenant's workspace is reached, what is told there, and what presses there do."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from pydantic import SecretStr

from revops.bootstrap_actions import deciding, policy_in_force, proposals_of_ids
from revops.connectors.slack import SlackWorkspace
from revops.domain.message import Notified
from revops.domain.proposal import Proposal, Word
from revops.errors import RevopsError
from revops.service.notify import notify
from revops.service.press import Pressing, SlackTenant
from revops.service.tell import Notifying, Teller
from revops.settings import TENANT, Settings
from revops.store import Store
from revops.store.actions import CHANGED, SYSTEM
from revops.store.audit import Audit
from revops.store.integrations import SLACK, Integrations
from revops.store.outbox import Outbox, OutboxMessage
from revops.store.people import People
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLine, SecurityLog
from revops.store.slack_messages import SlackMessages
from revops.store.tenants import Tenants

# A token that was replaced is taken up by whoever runs after at most this long; one that was not there, sooner.
_HELD, _MISSED = timedelta(minutes=5), timedelta(seconds=5)
_AT_ONCE = 200
_NOT_READ = timedelta(minutes=1)
_KINDS = (CHANGED,)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class SlackAccess:
    """How a tenant's workspace is reached; without a signing secret not by HTTP, without an app token not by socket."""

    bot_token: SecretStr
    signing_secret: SecretStr | None
    app_token: SecretStr | None
    team_id: str | None


def slack_access(
    store: Store, settings: Settings, tenant_id: str, *, purpose: str, actor: str = "service"
) -> SlackAccess | None:
    """A tenant's workspace, None where it has none; the security log says who took its tokens. Raises SecretKeyError.

    The settings are the tenant default's. Whose workspace their token is was never asked, and need not be: people are
    known by workspace and user together.
    """
    if tenant_id == TENANT and settings.slack_bot_token is not None:
        return SlackAccess(settings.slack_bot_token, settings.slack_signing_secret, settings.slack_app_token, None)
    integrations = Integrations(store, Secrets(settings.leaks_secret_key))
    for one in integrations.read(tenant_id):
        if one.system == SLACK and one.status == "active":
            at = datetime.now(UTC)
            taken = integrations.credentials(tenant_id, one.integration_id, purpose=purpose, actor=actor, at=at)
            return None if taken is None else _unpacked(taken, one.account_id)
    return None


def packed(bot_token: SecretStr, signing_secret: SecretStr | None, app_token: SecretStr | None) -> SecretStr:
    """The tokens of a workspace as one secret, for `Integrations.connect`."""
    parts = {"bot_token": bot_token, "signing_secret": signing_secret, "app_token": app_token}
    return SecretStr(json.dumps({name: part.get_secret_value() for name, part in parts.items() if part}))


def _unpacked(together: SecretStr, team_id: str | None) -> SlackAccess:
    parts = {name: SecretStr(text) for name, text in json.loads(together.get_secret_value()).items()}
    return SlackAccess(parts["bot_token"], parts.get("signing_secret"), parts.get("app_token"), team_id)


class _Workspaces:
    """Each tenant's workspace, asked of the store every few minutes."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._known: dict[str, tuple[datetime, SlackWorkspace | None]] = {}

    def get(self, tenant_id: str) -> SlackWorkspace | None:
        """Raises SecretKeyError."""
        now, known = datetime.now(UTC), self._known.get(tenant_id)
        if known is None or now - known[0] > (_HELD if known[1] else _MISSED):
            access = slack_access(self._store, self._settings, tenant_id, purpose="telling people", actor="worker")
            made = SlackWorkspace(access.bot_token, self._settings.slack_api_base) if access else None
            self._known[tenant_id] = known = (now, made)
        return known[1]


def notifying(store: Store, settings: Settings) -> Callable[[], Notified]:
    """Tells people of every change of an action that is due to be told, of all tenants, and counts.

    Of a tenant without a workspace nobody is told, and nothing is kept for later.
    """
    outbox, workspaces = Outbox(store), _Workspaces(store, settings)

    def tell() -> Notified:
        at = datetime.now(UTC)
        told = Notified()
        if not outbox.has_due(at, _KINDS):
            return told
        by_tenant: dict[str, list[OutboxMessage]] = defaultdict(list)
        for one in outbox.claim(at, limit=_AT_ONCE, kinds=_KINDS):
            by_tenant[one.tenant_id].append(one)
        for tenant_id, due in by_tenant.items():
            try:
                workspace = workspaces.get(tenant_id)
                if workspace is not None:
                    told += notify(_notifying(store, settings, tenant_id, workspace, at), outbox, due, at)
                    continue
            except RevopsError as error:
                # The policy or a key cannot be read: that is one tenant's trouble.
                _log.error("not_told", tenant=tenant_id, messages=len(due), error=str(error))
                for one in due:
                    outbox.failed(one, str(error), at + _NOT_READ)
                told += Notified(failures=(str(error),))
                continue
            for one in due:
                outbox.sent(one, at)
        return told

    return tell


def slack_tenant(store: Store, settings: Settings, tenant_id: str, tell: Callable[[], object]) -> SlackTenant | None:
    """What presses in a tenant's workspace do, None where it has none; `tell` is `notifying`. Raises SecretKeyError."""
    known = Tenants(store).get(tenant_id)
    if known is None or known.removed_at is not None:
        return None
    access = slack_access(store, settings, tenant_id, purpose="taking presses")
    if access is None:
        return None
    workspace = SlackWorkspace(access.bot_token, settings.slack_api_base)
    people, log = People(store), SecurityLog(store)

    def show(action_id: str) -> bool:
        at = datetime.now(UTC)
        return Teller(_notifying(store, settings, tenant_id, workspace, at), at).show(action_id)

    def stranger(person_id: str, action_id: str) -> None:
        detail = {"code": "stranger", "action": action_id}
        log.append(SecurityLine(tenant_id, datetime.now(UTC), person_id, "refused_decision", None, detail))

    pressing = Pressing(
        tenant_id,
        "slack",
        deciding(store, settings),
        find=partial(people.find, tenant_id),
        proposal=lambda action_id: _proposals(store, settings, tenant_id, [action_id]).get(action_id),
        show=show,
        log_stranger=stranger,
    )
    return SlackTenant(
        tenant_id,
        bot_token=access.bot_token.get_secret_value(),
        signing_secret=access.signing_secret.get_secret_value() if access.signing_secret else None,
        app_token=access.app_token.get_secret_value() if access.app_token else None,
        team_id=access.team_id,
        pressing=pressing,
        open_modal=workspace.open_modal,
        answer=workspace.answer,
        tell=workspace.tell,
        notify=tell,
    )


def slack_tenants(store: Store, settings: Settings) -> list[str]:
    """Tenants that have a workspace."""
    connected = {
        one.tenant_id
        for one in Integrations(store, Secrets(None)).read()
        if one.system == SLACK and one.status == "active"
    }
    if settings.slack_bot_token is not None:
        connected.add(TENANT)
    return sorted(connected & {tenant.tenant_id for tenant in Tenants(store).read()})


def _notifying(store: Store, settings: Settings, tenant_id: str, workspace: SlackWorkspace, at: datetime) -> Notifying:
    routes = policy_in_force(store, tenant_id, at).slack

    def channel(one: Proposal) -> str | None:
        return routes.channel_for(one.leak.family, one.action.draft.amount_minor, one.action.draft.currency)

    read = partial(_proposals, store, settings, tenant_id)
    return Notifying(tenant_id, workspace, SlackMessages(store), read, channel, routes.digest_above)


def _proposals(store: Store, settings: Settings, tenant_id: str, action_ids: Sequence[str]) -> dict[str, Proposal]:
    found = proposals_of_ids(store, settings, tenant_id, action_ids)
    audit = Audit(store)
    return {action_id: _with_last_word(audit, tenant_id, one) for action_id, one in found.items()}


def _with_last_word(audit: Audit, tenant_id: str, one: Proposal) -> Proposal:
    if one.action.changes <= 1:
        # Drafted, and nobody has said anything.
        return one
    lines = audit.read(tenant_id, object_id=one.action.action_id, limit=10)
    said = next((line for line in lines if line.actor != SYSTEM), None)
    if said is None:
        return one
    return replace(one, last_word=Word(said.verb.removeprefix("action_"), said.actor, said.at))
