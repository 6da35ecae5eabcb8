"""Erasures while Stripe's objects land: read before, and what could not be known then is done after.

A dispute or refund names a charge and no customer. Where it lands before its charge, or with it, it is stripped as soon
as both have landed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import duckdb
import orjson

from ingestion.erasure.erased import FOLLOWERS, LINKS, Erased
from ingestion.erasure.in_force import in_force
from ingestion.operations.erasures import OBJECTS, read_erased
from ingestion.profile import Profile
from ingestion.stripe.objects import version

_OWNERS = ("charge", "payment_intent")


@contextmanager
def erasures_in_force(profile: Profile) -> Iterator[Erased | None]:
    """Strips what lands within of the tenant's erased customers; the caller holds `writer_lock`."""
    erased = read_erased(profile)
    began = datetime.now(UTC).replace(tzinfo=None)
    with in_force(erased):
        yield erased
    if erased is not None:
        strip_followers(profile, erased, began)


def strip_followers(profile: Profile, erased: Erased, since: datetime) -> None:
    """Notes the charges of erased customers that landed since a time, and strips what refers to noted ones."""
    raw, noted = profile.dataset, f"{profile.operations_dataset}.{OBJECTS}"
    with duckdb.connect(str(profile.warehouse)) as connection:
        for table in _OWNERS:
            connection.execute(
                f"""
                insert into {noted}
                select distinct $tenant, id from {raw}.{table}
                where loaded_at >= $since and list_contains($customers, payload ->> '$.customer')
                    and id not in (select id from {noted})
                """,
                {"tenant": profile.tenant_id, "since": since, "customers": sorted(erased.customers)},
            )
        ids = [id for (id,) in connection.execute(f"select id from {noted}").fetchall()]
        with in_force(Erased(erased.erasures, ids)):
            for table in FOLLOWERS:
                _strip(connection, f"{raw}.{table}", noted, since)


def _strip(connection: duckdb.DuckDBPyConnection, table: str, noted: str, since: datetime) -> None:
    refers = " or ".join(f"(payload ->> '$.{link}') in (select id from {noted})" for link in LINKS)
    rows = connection.execute(
        f"select rowid, payload, payload_hash from {table} where loaded_at >= $since and ({refers})", {"since": since}
    ).fetchall()
    stripped = ((version(orjson.loads(payload)), row, before) for row, payload, before in rows)
    for left, row, before in stripped:
        if left.payload_hash != before:
            connection.execute(
                f"update {table} set payload = ?, payload_hash = ? where rowid = ?",
                [left.payload.decode(), left.payload_hash, row],
            )
