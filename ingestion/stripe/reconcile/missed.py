"""Events that Stripe lists and that never came here."""

from pathlib import Path

import duckdb

from ingestion.profile import Profile
from ingestion.stripe.drift import Drift
from ingestion.stripe.events import Changes
from ingestion.stripe.resources import EVENT
from ingestion.versions import COLUMNS, MEMORY_LIMIT, PART_FORMAT


def missed_events(profile: Profile, told: Changes, folder: Path) -> tuple[Drift, dict[str, list[Path]]]:
    """Compares listed events with ours by id, since a delivery's envelope is not the list's, byte for byte.

    Returns the drift, and parts of what the missing ones tell, by table. The caller holds `writer_lock`.
    """
    if EVENT.name not in told.parts:
        return Drift(EVENT.name), {}
    folder.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(COLUMNS)
    parts: dict[str, list[Path]] = {}
    with duckdb.connect(str(profile.warehouse), config={"memory_limit": MEMORY_LIMIT}) as connection:
        listed = [str(path) for path in told.parts[EVENT.name]]
        connection.execute(
            f"""
            create temp table listed as
            select distinct id, id in (select id from {profile.dataset}.{EVENT.name}) as is_here
            from read_parquet({listed!r})
            """
        )
        ids = connection.execute("select id, is_here from listed order by id").fetchall()
        for table, paths in told.parts.items():
            target = folder / f"{table}.parquet"
            rows = connection.execute(
                f"""
                copy (
                    select {columns} from read_parquet({[str(path) for path in paths]!r})
                    where event_id in (select id from listed where not is_here)
                ) to '{target}' {PART_FORMAT}
                """
            ).fetchall()
            if rows[0][0]:
                parts[table] = [target]
    missing = tuple(id for id, is_here in ids if not is_here)
    return Drift(EVENT.name, len(ids) - len(missing), len(ids), missing=missing), parts
