"""Raw texts of refused rows are kept for a while; that a row was refused, why and where, stays."""

from datetime import datetime

import duckdb

from ingestion.profile import Profile


def forget_quarantined(profile: Profile, before: datetime) -> int:
    """Empties what rows said that were refused before a time (naive UTC), and counts them.

    The caller holds `writer_lock`; a home without a warehouse has none.
    """
    if not profile.warehouse.exists():
        return 0
    forgotten = 0
    with duckdb.connect(str(profile.warehouse)) as connection:
        schemas = connection.execute(
            "select schema_name from duckdb_tables() where table_name = 'quarantine' order by all"
        ).fetchall()
        for (schema,) in schemas:
            rows = connection.execute(
                f"update {schema}.quarantine set raw_text = '' where quarantined_at < $before and raw_text <> ''",
                {"before": before},
            ).fetchall()
            forgotten += int(rows[0][0])
    return forgotten
