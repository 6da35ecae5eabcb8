"""Operational store -> warehouse: which customers were erased, so that landing strips what arrives of them."""

from collections.abc import Iterable
from dataclasses import asdict

import duckdb
import pyarrow as pa

from ingestion import versions
from ingestion.erasure.erased import Erased, Erasure
from ingestion.profile import Profile

CUSTOMERS = "erased_customers"
OBJECTS = "erased_objects"
CUSTOMERS_SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("customer_id", pa.string()),
        ("salt", pa.string()),
        ("accounts", pa.list_(pa.string())),
        ("email_digests", pa.list_(pa.string())),
        ("domain_digests", pa.list_(pa.string())),
        ("erased_at", pa.timestamp("us")),
    ]
)
# Charges and the like of erased customers: disputes and refunds name these and no customer.
OBJECTS_SCHEMA = pa.schema([("tenant_id", pa.string()), ("id", pa.string())])


def prepare(profile: Profile) -> None:
    """Makes both tables if they are not there yet."""
    dataset = profile.operations_dataset
    schemas = {f"{dataset}.{CUSTOMERS}": CUSTOMERS_SCHEMA, f"{dataset}.{OBJECTS}": OBJECTS_SCHEMA}
    versions.prepare(profile, (), schemas)


def land_erasures(profile: Profile, erasures: Iterable[Erasure]) -> None:
    """Adds to the erasures that hold; none is ever taken back. The caller holds `writer_lock`."""
    prepare(profile)
    known = {one.customer_id: one for one in _read(profile)}
    wanted = dict(known)
    for one in erasures:
        wanted[one.customer_id] = one | known[one.customer_id] if one.customer_id in known else one
    if wanted != known:
        rows = [{"tenant_id": profile.tenant_id, **asdict(one)} for _, one in sorted(wanted.items())]
        table = pa.Table.from_pylist(rows, CUSTOMERS_SCHEMA)
        versions.replace(profile, profile.operations_dataset, {CUSTOMERS: table})


def note_objects(profile: Profile, ids: Iterable[str]) -> None:
    """Notes charges and payment intents of erased customers; the caller holds `writer_lock`."""
    prepare(profile)
    noted = f"{profile.operations_dataset}.{OBJECTS}"
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.execute(
            f"insert into {noted} select $tenant, id from (select distinct unnest($ids::varchar[]) as id) "
            f"where id not in (select id from {noted})",
            {"tenant": profile.tenant_id, "ids": list(ids)},
        )


def read_erased(profile: Profile) -> Erased | None:
    """Whose data must not land; None where nobody was erased, or nothing was ever noted."""
    erasures = _read(profile)
    if not erasures:
        return None
    ids = versions.read(profile, f"select id from {profile.operations_dataset}.{OBJECTS}")
    return Erased(erasures, [row["id"] for row in ids])


def _read(profile: Profile) -> list[Erasure]:
    sql = f"select * exclude (tenant_id) from {profile.operations_dataset}.{CUSTOMERS} order by customer_id"
    try:
        rows = versions.read(profile, sql)
    except duckdb.CatalogException:
        # A warehouse of before; looking for the table first would cost every batch twice as much.
        return []
    lists = ("accounts", "email_digests", "domain_digests")
    return [Erasure(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows]
