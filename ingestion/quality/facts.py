"""Everything that is asked of one landing, with its facts gathered."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import duckdb

from ingestion.errors import QualityCheckError
from ingestion.quality import loads, references, rows
from ingestion.quality.accepted import Landed
from ingestion.quality.questions import Fact, Question


@dataclass
class Gathered:
    """The questions, and how many new rows of each table were looked at: columns in all, payloads in some."""

    questions: list[Question] = field(default_factory=list)
    landed: dict[str, Landed] = field(default_factory=dict)
    parsed: dict[str, int] = field(default_factory=dict)

    def looked_at(self, check: str, resource: str) -> int:
        """Rows of a table that a row check judged."""
        is_of_payload = any(one.name == check and one.is_of_payload for one in rows.CHECKS)
        return self.parsed[resource] if is_of_payload else self.landed[resource].rows


def gather(
    connection: duckdb.DuckDBPyConnection, tables: list[Landed], known: loads.Integration, now: datetime
) -> Gathered:
    """Runs the SQL of every check over what just landed. Raises QualityCheckError naming the table where one breaks."""
    gathered = Gathered()
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    dangling: list[Fact] = []
    copies: list[Fact] = []
    targets = references.checkable(connection)
    place = "the landing as a whole"
    try:
        for table in (table for table in tables if table.rows):
            place = table.resource
            gathered.landed[place] = table
            gathered.parsed[place] = rows.parse(connection, table, rows.PARSED_ROWS)
            for check in rows.CHECKS:
                found[check.name] += rows.facts(connection, table, check)
            copies.append(rows.copies(connection, table))
            dangling += references.facts(connection, table, targets)
        place = "the landing as a whole"
        gathered.questions = [
            *(rows.question(check, known.mode, known.source_now, found[check.name]) for check in rows.CHECKS),
            rows.unique(copies),
            *references.questions(dangling),
            *loads.modes(connection, known),
            *loads.accounts(connection, known, tables),
            *loads.clocks(connection, known, now),
            *loads.volumes(connection, known, tables),
        ]
    except duckdb.Error as error:
        raise QualityCheckError(
            f"the checks of {place} broke, so nothing was built or published and the last publication stays: {error}\n"
            "What landed is kept and is checked again by the next `leaks run`."
        ) from error
    return gathered
