"""Make a document a tenant's policy."""

from collections.abc import Collection, Mapping
from datetime import datetime

from revops.domain.policy_version import PolicyVersion
from revops.domain.ports import PolicyVersions
from revops.policy import load_policy


def import_policy(
    versions: PolicyVersions,
    text: str,
    *,
    source: str,
    leak_types: Mapping[str, Collection[str]],
    author: str,
    at: datetime,
    tenant_id: str,
) -> tuple[PolicyVersion, bool]:
    """Check a policy and keep it as the version that holds from `at` on; and whether it is a new one.

    A document that says the same as the newest version (comments, order and spelled-out defaults aside) makes
    none. `source` is what messages call the document. Raises PolicyError with line numbers, and what the
    store raises.
    """
    policy = load_policy(source, leak_types, text=text)
    return versions.save(tenant_id, text, policy.version, author=author, at=at)
