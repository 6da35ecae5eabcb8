"""What has passed the gate so far, so that a suspect landing can be taken back whole.

The schema `accepted` holds, per raw table, how many rows had passed and the newest `loaded_at` among them, and copies
of the small state tables as they were then. Rows beyond that are what just landed, also where a killed run left them
behind. Taking back deletes those rows and restores the states: the next run reads the source again as if the suspect
landing had not happened, so an export of a wrong account leaves no trace in the home.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb

from ingestion.profile import Profile
from ingestion.quality.table import SCHEMA
from ingestion.stripe.landing import prepare
from ingestion.stripe.line_memory import TABLE as LINES
from ingestion.stripe.resources import TABLES

_STATES = ("integration", "resource_status", "quarantine")


@dataclass(frozen=True)
class Landed:
    """The rows of one table that have not passed the gate yet: those loaded after `after` (None: all)."""

    resource: str
    rows: int
    after: datetime | None

    @property
    def condition(self) -> str:
        """SQL that is true for them."""
        return "true" if self.after is None else f"loaded_at > timestamp '{self.after.isoformat(sep=' ')}'"


def remember(profile: Profile) -> None:
    """Before a landing: makes the tables of this module where they are missing.

    A home from before the gate counts as accepted as it stands: it has been published like that.
    """
    prepare(profile)
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.register("empty_results", SCHEMA.empty_table())
        connection.execute("create table if not exists stripe.quality_results as select * from empty_results")
        if not _is_known(connection):
            accept(connection)


def accept(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything that has landed counts as passed from now on; all of it or nothing."""
    counted = " union all ".join(
        f"select '{table}' as resource, count(*) as rows, max(loaded_at) as loaded_at from stripe.{table}"
        for table in TABLES
    )
    connection.begin()
    connection.execute("create schema if not exists accepted")
    connection.execute(f"create or replace table accepted.versions as {counted}")
    for table in _STATES:
        connection.execute(f"create or replace table accepted.{table} as select * from stripe.{table}")
    connection.commit()


def landed(connection: duckdb.DuckDBPyConnection) -> list[Landed]:
    """Every table with the rows that have not passed yet, which may be none."""
    known = connection.execute("select resource, rows, loaded_at from accepted.versions").fetchall()
    passed = {resource: (rows, after) for resource, rows, after in known}
    found = []
    for table in TABLES:
        rows, after = passed.get(table, (0, None))
        new = Landed(table, 0, after)
        if _count(connection, f"select count(*) from stripe.{table}") > rows:
            new = Landed(table, _count(connection, f"select count(*) from stripe.{table} where {new.condition}"), after)
        found.append(new)
    return found


def left_out(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, int]]:
    """Resources read anew since the last acceptance: how many lines they had, and how many were of the other mode."""
    rows = connection.execute(
        """
        select now.resource, now.row_count, now.other_mode_count
        from stripe.resource_status as now
        left join accepted.resource_status as before using (resource)
        where now.is_on and (before.resource is null or now.digest is distinct from before.digest
            or now.other_mode_count is distinct from before.other_mode_count)
        """
    ).fetchall()
    return {resource: (lines, other) for resource, lines, other in rows}


def take_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Removes what has not passed and restores the states of the last acceptance; all of it or nothing."""
    rows = connection.execute("select resource, loaded_at from accepted.versions").fetchall()
    after = dict(rows)
    connection.begin()
    for table in TABLES:
        not_passed = Landed(table, 0, after.get(table)).condition
        connection.execute(f"delete from stripe.{table} where {not_passed}")
        # What is not there must be parsed again when the same line comes again.
        connection.execute(f"delete from stripe.{LINES} where resource = '{table}' and {not_passed}")
    for table in _STATES:
        connection.execute(f"delete from stripe.{table}")
        connection.execute(f"insert into stripe.{table} by name select * from accepted.{table}")
    connection.commit()


def _is_known(connection: duckdb.DuckDBPyConnection) -> bool:
    return bool(_count(connection, "select count(*) from duckdb_tables() where schema_name = 'accepted'"))


def _count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
