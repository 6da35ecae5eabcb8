"""The gate itself: has the facts of a landing judged, puts single rows aside, stops what is suspect as a whole."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import duckdb

from ingestion import versions
from ingestion.errors import QualityCheckError, QualityError
from ingestion.profile import Profile
from ingestion.quality import accepted, loads
from ingestion.quality.aside import put_aside
from ingestion.quality.expectations import Judge
from ingestion.quality.facts import gather
from ingestion.quality.report import QualityReport, Result
from ingestion.quality.results import faults, results
from ingestion.quality.table import read_results, store


def check(profile: Profile, *, is_accepted: bool = False) -> QualityReport:
    """Checks what landed since the last acceptance; the caller holds `writer_lock` and called `remember` before.

    Where nothing has landed it returns the last results; those of a stopped landing are in its error only. Rows at
    fault go to `stripe.quarantine`. Raises QualityError where the load is suspect (it is taken back, unless
    `is_accepted` says that a person takes it as it is), and QualityCheckError where a check broke (what landed stays
    and is checked next time).
    """
    with duckdb.connect(str(profile.warehouse), config={"memory_limit": versions.MEMORY_LIMIT}) as connection:
        tables = accepted.landed(connection)
        known = loads.integration(connection)
        is_new = any(table.rows for table in tables) or any(
            other for _, other in accepted.left_out(connection).values()
        )
        if known is None or not is_new:
            accepted.accept(connection)
            return read_results(connection)
        now = datetime.now(UTC).replace(tzinfo=None)
        with Judge() as judge:
            gathered = gather(connection, tables, known, now)
            answers = judge.answer(gathered.questions)
        report = QualityReport(results(answers, gathered), now, is_new=True)
        if report.errors:
            raise QualityCheckError(
                "a check of what just landed broke, so nothing was built or published and the last publication stays:\n"
                f"{_lines(report.errors)}\nWhat landed is kept and is checked again by the next `leaks run`.",
                report,
            )
        if report.critical and not is_accepted:
            accepted.take_back(connection)
            raise QualityError(
                "what just landed is suspect, so nothing was built or published, the last publication stays and the "
                f"landing was taken back:\n{_lines(report.critical)}\n"
                "Mend the source and run again; if it is right as it is, `leaks run --accept` takes it.",
                report,
            )
        report = replace(report, quarantined=put_aside(connection, faults(answers, gathered), gathered, now))
        accepted.accept(connection)
        store(connection, profile, report)
        return report


def _lines(failed: Sequence[Result]) -> str:
    return "\n".join(f"  {result.line}" for result in failed)
