"""A tenant's connections to other systems, with their credentials encrypted.

An `Integration` holds no secret. Reading a credential is a verb of its own and leaves a line in the security
log; only webhook secrets are read without one, because the receiver does so every few seconds.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import SecretStr
from sqlalchemy import ColumnElement, Connection, RowMapping, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from revops.domain.connect import AccountTakenError, ConnectedAccount, IntegrationError, Kind, Mode, StripeConnection
from revops.store import security_log
from revops.store.errors import SecretKeyError
from revops.store.rows import new_id
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityEvent, SecurityLine
from revops.store.store import Store
from revops.store.tables import integrations
from revops.store.tenants import require

# Systems: Stripe, and where the product keeps its own logs of logins and usage.
STRIPE, PRODUCT_USAGE = "stripe", "product_usage"
# A key that may write, apart from the one that reads: actions are carried out with it.
STRIPE_ACTIONS = "stripe_actions"
# Where people are told and decide; its account is the workspace.
SLACK = "slack"


@dataclass(frozen=True)
class Integration:
    """A connection as people may see it. `account_id` is unknown until the system was asked."""

    integration_id: str
    tenant_id: str
    system: str
    mode: Mode
    kind: Kind
    account_id: str | None
    status: Literal["active", "disconnected"]
    reason: str | None
    created_at: datetime
    updated_at: datetime
    has_credentials: bool
    has_webhook_secrets: bool


@dataclass(frozen=True)
class Receiving:
    """What the receiver needs of an active integration; `problem` says why secrets cannot be read."""

    tenant_id: str
    mode: Mode
    kind: Kind
    account_id: str | None
    webhook_secrets: tuple[SecretStr, ...]
    problem: str | None = None


class Integrations:
    """Connecting, reading credentials, disconnecting."""

    def __init__(self, store: Store, secrets: Secrets) -> None:
        self._store = store
        self._secrets = secrets

    def connect(
        self,
        tenant_id: str,
        *,
        mode: Mode,
        kind: Kind,
        account_id: str | None = None,
        credentials: SecretStr | None = None,
        webhook_secrets: Sequence[SecretStr] = (),
        system: str = STRIPE,
        actor: str,
        at: datetime,
    ) -> Integration:
        """Connect a system, or renew the active connection to the same account (or to one not yet known).

        Secrets that are not given stay as they are. Raises TenantError, SecretKeyError, and IntegrationError
        where another integration has this account.
        """
        try:
            with self._store.tenant(tenant_id) as connection:
                if require(connection, tenant_id).removed_at is not None:
                    raise IntegrationError(
                        f"{tenant_id} was removed. Add it again first: `leaks tenants add {tenant_id}`."
                    )
                known = _same_connection(connection, tenant_id, system, mode, account_id)
                if known is None and kind == "connect":
                    _refuse_second(connection, tenant_id)
                integration_id = known["integration_id"] if known else new_id("int")
                values = self._encrypted(integration_id, credentials, webhook_secrets)
                event: SecurityEvent = "integration_connected"
                if known is None:
                    row = {"integration_id": integration_id, "tenant_id": tenant_id, "system": system, "mode": mode}
                    state = {"kind": kind, "account_id": account_id, "status": "active"}
                    times = {"created_at": at, "updated_at": at}
                    connection.execute(insert(integrations).values(**row, **state, **times, **values))
                else:
                    event = "secret_rotated" if values else event
                    renewed = {"account_id": account_id or known["account_id"], "updated_at": at}
                    if credentials is not None or kind == "connect":
                        renewed["kind"] = kind
                    mine = _one(tenant_id, integration_id)
                    connection.execute(update(integrations).where(*mine).values(**renewed, **values))
                detail = {"integration_id": integration_id, "mode": mode, "account_id": account_id}
                security_log.append(connection, SecurityLine(tenant_id, at, actor, event, detail=detail))
                return _integration(connection.execute(_query(tenant_id, integration_id)).mappings().one())
        except IntegrityError as error:
            raise AccountTakenError(
                f"The {mode} account {account_id} of {system} is connected already. "
                "Disconnect it where it is (`leaks tenants list` shows where), then connect it again."
            ) from error

    def connect_account(self, tenant_id: str, account: ConnectedAccount, *, actor: str, at: datetime) -> None:
        """Read an account by Connect from now on; it needs no secret of its own. Raises as `connect` does."""
        mode, account_id = account.mode, account.account_id
        self.connect(tenant_id, mode=mode, kind="connect", account_id=account_id, actor=actor, at=at)

    def disconnect(self, tenant_id: str, integration_id: str, reason: str, *, actor: str, at: datetime) -> bool:
        """End a connection and forget its secrets; False where it had ended. Raises IntegrationError."""
        with self._store.tenant(tenant_id) as connection:
            if _found(connection, tenant_id, integration_id)["status"] == "disconnected":
                return False
            gone = {"status": "disconnected", "reason": reason, "credentials": None, "webhook_secrets": None}
            mine = _one(tenant_id, integration_id)
            connection.execute(update(integrations).where(*mine).values(**gone, updated_at=at))
            detail = {"integration_id": integration_id, "reason": reason}
            line = SecurityLine(tenant_id, at, actor, "integration_disconnected", detail=detail)
            security_log.append(connection, line)
            return True

    def read(self, tenant_id: str | None = None) -> list[Integration]:
        """A tenant's integrations, or everybody's; oldest first."""
        query = select(integrations).order_by(integrations.c.created_at, integrations.c.integration_id)
        if tenant_id is None:
            with self._store.everyone(is_read_only=True) as connection:
                return [_integration(row) for row in connection.execute(query).mappings()]
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            mine = query.where(integrations.c.tenant_id == tenant_id)
            return [_integration(row) for row in connection.execute(mine).mappings()]

    def reading(self, tenant_id: str | None = None) -> list[StripeConnection]:
        """By what a tenant's Stripe account can be read, or everybody's; the one that counts comes first."""
        found = [
            StripeConnection(one.tenant_id, one.integration_id, one.kind, one.mode, one.account_id, one.updated_at)
            for one in self.read(tenant_id)
            if one.system == STRIPE and one.status == "active" and (one.has_credentials or one.kind == "connect")
        ]
        return sorted(found, key=lambda one: one.mode != "live")

    def note_use(self, tenant_id: str, integration_id: str, *, purpose: str, actor: str, at: datetime) -> None:
        """Say in the security log that a connection without a secret of its own was used."""
        detail = {"integration_id": integration_id, "purpose": purpose}
        with self._store.tenant(tenant_id) as connection:
            security_log.append(connection, SecurityLine(tenant_id, at, actor, "key_used", detail=detail))

    def credentials(
        self, tenant_id: str, integration_id: str, *, purpose: str, actor: str, at: datetime
    ) -> SecretStr | None:
        """The key to the other system; the security log says who took it what for.

        None for an integration without one. Raises IntegrationError and SecretKeyError.
        """
        with self._store.tenant(tenant_id) as connection:
            row = _found(connection, tenant_id, integration_id)
            if row["credentials"] is None:
                return None
            secret = self._secrets.decrypt(row["credentials"], integration_id)
            detail = {"integration_id": integration_id, "purpose": purpose}
            security_log.append(connection, SecurityLine(tenant_id, at, actor, "key_used", detail=detail))
            return secret

    def receiving(self) -> list[Receiving]:
        """Every active integration as the receiver needs it; one that cannot be read holds up no other."""
        query = select(integrations).where(integrations.c.status == "active")
        with self._store.everyone(is_read_only=True) as connection:
            rows = connection.execute(query).mappings().all()
        return [self._receiving(row) for row in rows]

    def encrypt_anew(self, *, actor: str, at: datetime) -> int:
        """Encrypt every secret with the first key of LEAKS_SECRET_KEY, and count the integrations.

        After it the other keys may go. All or nothing. Raises SecretKeyError.
        """
        query = select(integrations).where(integrations.c.status == "active").with_for_update()
        with self._store.everyone() as connection:
            rows = connection.execute(query).mappings().all()
            for row in rows:
                owner = row["integration_id"]
                anew = {
                    name: self._secrets.rotate(row[name], owner)
                    for name in ("credentials", "webhook_secrets")
                    if row[name] is not None
                }
                if anew:
                    mine = _one(row["tenant_id"], owner)
                    connection.execute(update(integrations).where(*mine).values(**anew, updated_at=at))
                    line = SecurityLine(row["tenant_id"], at, actor, "secret_rotated", detail={"integration_id": owner})
                    security_log.append(connection, line)
        return len(rows)

    def _encrypted(
        self, owner: str, credentials: SecretStr | None, webhook_secrets: Sequence[SecretStr]
    ) -> dict[str, bytes]:
        values = {}
        if credentials is not None:
            values["credentials"] = self._secrets.encrypt(credentials, owner)
        if webhook_secrets:
            together = SecretStr(json.dumps([secret.get_secret_value() for secret in webhook_secrets]))
            values["webhook_secrets"] = self._secrets.encrypt(together, owner)
        return values

    def _receiving(self, row: RowMapping) -> Receiving:
        secrets: tuple[SecretStr, ...] = ()
        problem = None
        if row["webhook_secrets"] is not None:
            try:
                together = self._secrets.decrypt(row["webhook_secrets"], row["integration_id"])
                secrets = tuple(SecretStr(text) for text in json.loads(together.get_secret_value()))
            except SecretKeyError as error:
                problem = str(error)
        return Receiving(row["tenant_id"], row["mode"], row["kind"], row["account_id"], secrets, problem)


def _same_connection(
    connection: Connection, tenant_id: str, system: str, mode: str, account_id: str | None
) -> RowMapping | None:
    """The tenant's active connection that this one renews: the same account, or one that nobody named yet."""
    column = integrations.c
    query = _query(tenant_id).where(column.system == system, column.mode == mode, column.status == "active")
    rows = connection.execute(query.order_by(column.created_at)).mappings().all()
    same = [row for row in rows if row["account_id"] == account_id] or [row for row in rows if not row["account_id"]]
    if same or account_id is not None:
        return same[0] if same else None
    if len(rows) > 1:
        accounts = ", ".join(row["account_id"] for row in rows)
        raise IntegrationError(f"{tenant_id} has several {mode} accounts of {system}: name one of {accounts}.")
    return rows[0] if rows else None


def _refuse_second(connection: Connection, tenant_id: str) -> None:
    """A tenant's warehouse is of one account; links for two may come back at once."""
    column = integrations.c
    is_read = or_(column.credentials.is_not(None), column.kind == "connect")
    query = _query(tenant_id).where(column.system == STRIPE, column.status == "active", is_read)
    if connection.execute(query.limit(1)).first() is not None:
        raise IntegrationError(
            f"{tenant_id} has a Stripe account already. `leaks tenants disconnect {tenant_id}` first."
        )


def _found(connection: Connection, tenant_id: str, integration_id: str) -> RowMapping:
    row = connection.execute(_query(tenant_id, integration_id)).mappings().one_or_none()
    if row is None:
        raise IntegrationError(f"{tenant_id} has no integration {integration_id}. `leaks tenants list` shows them.")
    return row


def _query(tenant_id: str, integration_id: str | None = None) -> Select[Any]:
    if integration_id is None:
        return select(integrations).where(integrations.c.tenant_id == tenant_id)
    return select(integrations).where(*_one(tenant_id, integration_id))


def _one(tenant_id: str, integration_id: str) -> tuple[ColumnElement[bool], ...]:
    return integrations.c.tenant_id == tenant_id, integrations.c.integration_id == integration_id


def _integration(row: RowMapping) -> Integration:
    plain = {name: row[name] for name in Integration.__dataclass_fields__ if name in row}
    return Integration(
        **plain,
        has_credentials=row["credentials"] is not None,
        has_webhook_secrets=row["webhook_secrets"] is not None,
    )
