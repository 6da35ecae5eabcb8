"""What `leaks doctor` says of the log of decisions: how far it is anchored, and whether it still has that record."""

from collections.abc import Iterator

from cli.check import Finding
from revops.settings import load_settings


def check_decisions() -> Iterator[Finding]:
    """A line per tenant that has decisions; `leaks decisions verify` looks at every record, this at the ends alone."""
    from revops.store import StoreMissingError, open_store
    from revops.store.anchors import read_anchor_files
    from revops.store.decisions import Decisions
    from revops.store.tenants import Tenants

    settings = load_settings()
    try:
        with open_store(settings) as store:
            for tenant in Tenants(store).read(with_removed=True):
                newest = read_anchor_files(settings, tenant.tenant_id).newest
                decisions, name = Decisions(store), f"decisions {tenant.tenant_id}"
                last = next(iter(decisions.newest(tenant.tenant_id, 1)), None)
                if newest is None:
                    if last is not None:
                        yield Finding(name, "off", f"{last.number} records, not anchored yet: `leaks worker` does so")
                    continue
                anchored = next(decisions.read(tenant.tenant_id, after=newest.number - 1), None)
                if last is None or anchored is None or (anchored.number, anchored.hash) != (newest.number, newest.hash):
                    advice = f"run `leaks decisions verify --tenant {tenant.tenant_id}`"
                    yield Finding(name, "broken", f"record {newest.number} is not the one that was anchored; {advice}")
                else:
                    yield Finding(name, "ok", f"{last.number} records, anchored up to {newest.number}")
    except StoreMissingError:
        return
