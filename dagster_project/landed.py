"""What has landed so far, read back from the working warehouse."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dagster_project.moments import next_second, utc
from dagster_project.publish import reading
from ingestion.stripe.resources import TABLES

# New facts, and what was removed because it had been read by another mapping, change the counts; links and rules
# are replaced, so what they say counts.
PRODUCT_USAGE = """
    select 'login' as name, count(*) as rows, max(loaded_at)::varchar as newest from product.login
    union all select 'usage', count(*), max(loaded_at)::varchar from product.usage
    union all select 'account_link', count(*), bit_xor(hash(account_link))::varchar from product.account_link
    union all select 'rules', count(*), bit_xor(hash(rules))::varchar from product.rules
    union all select 'quarantine', sum(quarantined_count)::bigint, max(read_at)::varchar
        from product.file_status where quarantined_count > 0
    order by name
"""


class NothingLandedError(Exception):
    """The warehouse holds no account yet."""


@dataclass(frozen=True)
class Landed:
    """The source's own clock at the end of the last landing, and a fingerprint of every raw row."""

    source_now: datetime
    mode: str
    fingerprint: str


def read_landed(warehouse: Path) -> Landed:
    """Read the state of the raw tables. Raises NothingLandedError.

    The fingerprint changes whenever a version, a quarantined row or a switched-off resource is added, also
    by a run that was killed before it published, and when Stripe was compared with or a webhook endpoint changes.
    """
    if not warehouse.exists():
        raise NothingLandedError(f"{warehouse} does not exist. Run `leaks run`, which lands first.")
    states = " union all ".join(
        f"select '{table}' as name, count(*) as rows, max(loaded_at) as newest from stripe.{table}" for table in TABLES
    )
    with reading(warehouse) as connection:
        source = connection.execute("select source_now, mode from stripe.integration").fetchone()
        if source is None:
            raise NothingLandedError(f"{warehouse} holds no account. Run `leaks run`, which lands first.")
        parts = connection.execute(f"{states} order by name").fetchall()
        parts += connection.execute("select count(*) from stripe.quarantine").fetchall()
        parts += connection.execute(
            "select resource, is_on, reason, covered_from from stripe.resource_status order by resource"
        ).fetchall()
        parts += connection.execute("select max(reconciled_at) from stripe.drift").fetchall()
        parts += connection.execute("select url, state from stripe.webhook_endpoints order by all").fetchall()
        parts += connection.execute(PRODUCT_USAGE).fetchall()
    digest = hashlib.sha256(repr([*parts, source[1]]).encode()).hexdigest()[:16]
    return Landed(source_now=next_second(utc(source[0])), mode=source[1], fingerprint=digest)
