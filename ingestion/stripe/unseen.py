"""Customers that no list shows: Stripe leaves deleted ones out, and tells of a deletion for 30 days only."""

from datetime import datetime

import duckdb

from ingestion.profile import Profile

# What bills somebody.
_NAMING = ("subscription", "invoice", "charge")


def unseen_customers(profile: Profile, read_at: datetime) -> dict[tuple[str, str], datetime]:
    """Customers that landed objects name and that never landed, as objects to be read, with the time to begin from."""
    named = " union ".join(f"select payload ->> '$.customer' as id from {profile.dataset}.{table}" for table in _NAMING)
    with duckdb.connect(str(profile.warehouse)) as connection:
        rows = connection.execute(
            f"select id from ({named}) where id like 'cus_%' and id not in (select id from {profile.dataset}.customer)"
        ).fetchall()
    return {("customer", id): read_at for (id,) in rows}
