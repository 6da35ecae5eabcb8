"""A tenant's id: a slug that is also its folder, its webhook address and its partition."""

import re

from revops.errors import RevopsError

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
# A tenant has a folder of its name in LEAKS_HOME; these are somebody else's there.
_TAKEN = frozenset(("backups", "dagster", "demo"))


class TenantError(RevopsError):
    """The tenant cannot be had."""

    exit_code = 2


def check_tenant_id(tenant_id: str) -> None:
    """Raise TenantError unless the text can be a tenant's id: nothing else may become part of a path."""
    if not _SLUG.fullmatch(tenant_id):
        raise TenantError(
            f"{tenant_id!r} is no tenant id: write 1 to 40 of a-z, 0-9 and -, the first a letter or digit."
        )
    if tenant_id in _TAKEN:
        raise TenantError(f"{tenant_id} is the name of a folder in LEAKS_HOME; choose another tenant id.")
