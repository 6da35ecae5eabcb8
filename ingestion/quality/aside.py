"""Puts single rows at fault aside: out of the raw tables, whole, into the quarantine with the reason."""

from collections import defaultdict
from datetime import datetime

import duckdb

from ingestion.quality import rows
from ingestion.quality.facts import Gathered
from ingestion.quality.results import Fault

ORIGIN = "quality gate"


def put_aside(connection: duckdb.DuckDBPyConnection, faults: list[Fault], gathered: Gathered, now: datetime) -> int:
    """Moves every new row that has one of the faults; returns how many there were. All of a table's or none."""
    by_table: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        by_table[fault.resource].append(fault)
    return sum(_put_aside(connection, table, some, gathered, now) for table, some in by_table.items())


def _put_aside(
    connection: duckdb.DuckDBPyConnection, table: str, faults: list[Fault], gathered: Gathered, now: datetime
) -> int:
    landed = gathered.landed[table]
    if any(fault.check.is_of_payload for fault in faults):
        # Only some rows may have been parsed to find the fault; now all of them are, to find its rows.
        rows.parse(connection, landed, limit=None)
    selected = " union all ".join(
        f"select row, {rows.literal(f'{fault.check.name}: expected {fault.check.expected}')} as reason "
        f"from ({rows.at_fault(landed, fault.check, fault.values)})"
        for fault in faults
    )
    connection.begin()
    connection.execute(
        f"create or replace temp table faulty as select row, min(reason) as reason from ({selected}) group by row"
    )
    row = connection.execute("select count(*) from faulty").fetchone()
    moved = int(row[0]) if row else 0
    connection.execute(
        f"""
        insert into stripe.quarantine by name
        select tenant_id, '{table}' as resource, id, reason, payload as raw_text, '{ORIGIN}' as origin,
            $now as quarantined_at
        from stripe.{table} as landed join faulty on faulty.row = landed.rowid
        """,
        {"now": now},
    )
    connection.execute(f"delete from stripe.{table} where rowid in (select row from faulty)")
    connection.execute(
        "update stripe.resource_status set quarantined_count = quarantined_count + $moved where resource = $table",
        {"moved": moved, "table": table},
    )
    connection.commit()
    return moved
