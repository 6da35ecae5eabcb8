"""Where a tenant's data is read: what the store has of it, and for the tenant `default` also the environment.

STRIPE_* and LEAKS_PRODUCT_USAGE name what belongs to `default` alone: no tenant ever reads with another's key. The
API's address and the limits of its use hold for all.
"""

from pydantic import SecretStr

from ingestion.settings import ProductUsageSettings, StripeSettings
from revops.bootstrap import connected_tenants, stripe_of
from revops.domain.stripe_access import StripeAccess
from revops.errors import RevopsError
from revops.settings import TENANT, load_settings
from revops.store import Store, open_store


class NotConnectedError(RevopsError):
    """There is no Stripe account to read for a tenant."""

    exit_code = 2


def stripe_settings(tenant_id: str, access: StripeAccess | None) -> StripeSettings:
    """Settings of a tenant's account; without a key where neither store nor environment has one."""
    if access is None and tenant_id == TENANT:
        return StripeSettings()
    return StripeSettings(
        stripe_api_key=access.api_key if access else None,
        stripe_account=access.account_id if access else None,
        stripe_export=None,
        stripe_export_at=None,
        stripe_mode=None,
    )


def readable_settings(tenant_id: str, access: StripeAccess | None) -> StripeSettings:
    """The same for who cannot do without an account to read. Raises NotConnectedError."""
    settings = stripe_settings(tenant_id, access)
    if tenant_id != TENANT and settings.stripe_api_key is None:
        raise NotConnectedError(
            f"The tenant {tenant_id} has no Stripe account to read. Give it a restricted key: "
            f"`leaks tenants add {tenant_id} --api-key-env VAR`, or let its owner connect it: `leaks tenants connect "
            f"{tenant_id}`."
        )
    return settings


def stripe_source(tenant_id: str, *, purpose: str, actor: str) -> StripeSettings:
    """Settings of a tenant's account, looked up; who took the key for what is in the security log.

    Raises NotConnectedError and SecretKeyError.
    """
    settings = load_settings()
    with open_store(settings, upgrade=True) as store:
        access = stripe_of(store, settings, tenant_id, purpose=purpose, actor=actor)
    return readable_settings(tenant_id, access)


def product_usage_settings(tenant_id: str, places: SecretStr | None) -> ProductUsageSettings:
    """Where the logs of a tenant's product are; nowhere is fine."""
    if places is None and tenant_id == TENANT:
        return ProductUsageSettings()
    return ProductUsageSettings(leaks_product_usage=places)


def readable_tenants(store: Store) -> list[str]:
    """Tenants that have an account to read, by id: a run of any other would only fail."""
    known = connected_tenants(store)
    environment = StripeSettings()
    if environment.stripe_api_key is not None or environment.stripe_export is not None:
        known.add(TENANT)
    return sorted(known)
