"""The versions of each tenant's policy. A version never changes; the newest that has begun holds."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, insert, select

from revops.domain.policy_version import PolicyVersion
from revops.errors import RevopsError
from revops.store import security_log
from revops.store.audit import AuditLine, append
from revops.store.security_log import SecurityLine
from revops.store.store import Store
from revops.store.tables import policy_versions
from revops.store.tenants import require


class PolicyVersionError(RevopsError):
    """There is no such version."""

    exit_code = 2


class Policies:
    """Saving and reading versions; `domain.ports.PolicyVersions`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def save(
        self, tenant_id: str, document: str, policy_version: str, *, author: str, at: datetime
    ) -> tuple[PolicyVersion, bool]:
        """Make the document the policy from now on, and say whether that made a new version.

        A document that says the same as the newest (`policy_version` is equal) makes none. Raises TenantError.
        """
        with self._store.tenant(tenant_id) as connection:
            require(connection, tenant_id)
            newest = _newest(connection, tenant_id)
            if newest is not None and newest.policy_version == policy_version:
                return newest, False
            # A clock that was set back must not put the new version before the old one.
            valid_from = max(at, newest.valid_from) if newest else at
            number = newest.number + 1 if newest else 1
            version = PolicyVersion(tenant_id, number, policy_version, document, valid_from, author, at)
            connection.execute(insert(policy_versions).values(asdict(version)))
            detail = {"number": number, "policy_version": policy_version}
            append(connection, [AuditLine(tenant_id, at, author, "policy_changed", "policy", str(number), detail)])
            security_log.append(connection, SecurityLine(tenant_id, at, author, "policy_changed", detail=detail))
            return version, True

    def read(self, tenant_id: str) -> list[PolicyVersion]:
        """Every version, oldest first."""
        mine = policy_versions.c.tenant_id == tenant_id
        with self._store.tenant(tenant_id, is_read_only=True) as connection:
            rows = connection.execute(select(policy_versions).where(mine).order_by(policy_versions.c.number))
            return [PolicyVersion(**row) for row in rows.mappings()]

    def get(self, tenant_id: str, number: int) -> PolicyVersion:
        """One version. Raises PolicyVersionError."""
        versions = {version.number: version for version in self.read(tenant_id)}
        if number not in versions:
            known = ", ".join(map(str, versions)) or "none yet; `leaks policy import FILE` makes the first"
            raise PolicyVersionError(f"The policy of {tenant_id} has no version {number}. Known: {known}.")
        return versions[number]

    def current(self, tenant_id: str, at: datetime) -> PolicyVersion | None:
        """The version that holds at a moment; None where the defaults hold."""
        begun = [version for version in self.read(tenant_id) if version.valid_from <= at]
        return begun[-1] if begun else None


def _newest(connection: Connection, tenant_id: str) -> PolicyVersion | None:
    mine = policy_versions.c.tenant_id == tenant_id
    query = select(policy_versions).where(mine).order_by(policy_versions.c.number.desc()).limit(1)
    row = connection.execute(query).mappings().one_or_none()
    return PolicyVersion(**row) if row else None
