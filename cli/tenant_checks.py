"""What `leaks doctor` says of tenants besides `default`: how each account is reached, and what may not be read."""

from collections.abc import Iterator

from cli.check import Finding
from cli.moments import iso
from cli.store import author
from ingestion.errors import IngestionError
from revops.errors import RevopsError
from revops.logging import redact
from revops.settings import TENANT, load_settings


def others_connected() -> bool:
    """Whether any tenant is read without what the environment names."""
    from revops.bootstrap import connected_tenants
    from revops.store import StoreMissingError, open_store

    try:
        with open_store(load_settings()) as store:
            return bool(connected_tenants(store) - {TENANT})
    except StoreMissingError:
        return False


def check_tenants() -> Iterator[Finding]:
    """A line per tenant; what is wrong with one says nothing of the others."""
    from revops.store import StoreMissingError, open_store
    from revops.store.tenants import Tenants

    try:
        with open_store(load_settings()) as store:
            tenants = [tenant.tenant_id for tenant in Tenants(store).read()]
    except StoreMissingError:
        return
    for tenant_id in tenants:
        if tenant_id == TENANT:
            continue
        try:
            yield _check(tenant_id)
        except (RevopsError, IngestionError) as error:
            yield Finding(f"tenant {tenant_id}", "broken", redact(str(error)))


def _check(tenant_id: str) -> Finding:
    from dagster_project.sources import NotConnectedError, stripe_source
    from ingestion.stripe.probe import probe

    name = f"tenant {tenant_id}"
    try:
        settings = stripe_source(tenant_id, purpose="leaks doctor", actor=author())
    except NotConnectedError as error:
        return Finding(name, "off", str(error))
    how = f"Stripe Connect, {settings.stripe_account}" if settings.stripe_account else "an API key"
    closed = [one.resource for one in probe(settings) if not one.is_on]
    missing = f"; may not read {', '.join(closed)}" if closed else ""
    return Finding(name, "ok", f"read by {how}, {settings.mode} mode{missing}; {_published(tenant_id)}")


def _published(tenant_id: str) -> str:
    from revops.warehouse import NothingPublishedError, Published

    try:
        with Published.open(load_settings().leaks_home, tenant=tenant_id) as published:
            return f"published as of {iso(published.as_of)}"
    except NothingPublishedError:
        return f"nothing is published, `leaks run --tenant {tenant_id}` is the first step"
