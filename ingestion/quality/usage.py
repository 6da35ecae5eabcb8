"""The product's own logs through the same gate: everything here is a warning.

Logs decide who is active, not what is owed, so nothing in them may stop what is found in the billing data. Rows of a
time that cannot be are put aside, because one login of the year 2100 would make its customer active for ever.
"""

from datetime import UTC, datetime, timedelta

import duckdb

from ingestion import versions
from ingestion.errors import QualityCheckError
from ingestion.product_usage import schema
from ingestion.product_usage.refusals import KEPT, TEXT_CHARACTERS
from ingestion.profile import Profile
from ingestion.quality.expectations import Judge
from ingestion.quality.facts import Gathered
from ingestion.quality.loads import BURST, COLLAPSE, FEWEST_A_DAY, HISTORY
from ingestion.quality.questions import Between, Fact, Question
from ingestion.quality.report import PRODUCT, QualityReport
from ingestion.quality.results import results
from ingestion.quality.rows import AHEAD, EARLIEST
from ingestion.quality.table import read_results, store

KINDS = tuple(str(kind) for kind in schema.FACTS)
# A line cut off at a file's end is usual; of a log that is understood not one row in twenty cannot be read.
REFUSED_SHARE = 0.05


def check_usage(profile: Profile) -> QualityReport:
    """Checks the logs that landed since the last check; the caller holds `writer_lock`.

    Where none landed it returns the last results. Raises QualityCheckError where a check broke.
    """
    with duckdb.connect(str(profile.warehouse), config={"memory_limit": versions.MEMORY_LIMIT}) as connection:
        _prepare(connection)
        new = {kind: after for kind, after in _checked(connection).items() if _has_new(connection, kind, after)}
        if not new:
            return read_results(connection, PRODUCT)
        now = datetime.now(UTC).replace(tzinfo=None)
        with Judge() as judge:
            try:
                source = connection.execute("select max(source_now) from stripe.integration").fetchone()
                latest = max(now, source[0] if source and source[0] else now) + AHEAD
                questions = [question for kind in new for question in _questions(connection, kind, new[kind], latest)]
                answers = judge.answer(questions)
                put_aside = sum(_put_aside(connection, kind, new[kind], latest, now) for kind in new)
            except duckdb.Error as error:
                raise QualityCheckError(
                    f"the checks of the product's logs broke, nothing was built or published, what landed is kept and "
                    f"is checked again by the next `leaks run`: {error}"
                ) from error
        report = QualityReport(results(answers, Gathered()), now, is_new=True, quarantined=put_aside)
        if report.errors:
            lines = "\n".join(f"  {result.line}" for result in report.errors)
            raise QualityCheckError(
                "a check of the product's logs broke, so nothing was built or published and the last publication "
                f"stays:\n{lines}\nWhat landed is kept and is checked again by the next `leaks run`.",
                report,
            )
        _accept(connection)
        store(connection, profile, report, PRODUCT)
        return report


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists accepted")
    connection.execute(
        "create table if not exists accepted.usage (kind varchar, loaded_at timestamp, occurred_at timestamp)"
    )


def _checked(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[datetime | None, datetime | None]]:
    """Per kind the newest `loaded_at` and `occurred_at` that were checked; None before the first check."""
    known = {
        kind: (loaded_at, occurred_at)
        for kind, loaded_at, occurred_at in connection.execute("select * from accepted.usage").fetchall()
    }
    return {kind: known.get(kind, (None, None)) for kind in KINDS}


def _accept(connection: duckdb.DuckDBPyConnection) -> None:
    connection.begin()
    connection.execute("delete from accepted.usage")
    for kind in KINDS:
        connection.execute(
            f"insert into accepted.usage select '{kind}', max(loaded_at), max(occurred_at) from product.{kind}"
        )
    connection.commit()


def _new(after: datetime | None) -> str:
    return "true" if after is None else f"loaded_at > timestamp '{after.isoformat(sep=' ')}'"


def _has_new(connection: duckdb.DuckDBPyConnection, kind: str, after: tuple[datetime | None, datetime | None]) -> bool:
    return connection.execute(f"select 1 from product.{kind} where {_new(after[0])} limit 1").fetchone() is not None


def _impossible(latest: datetime) -> str:
    earliest = datetime.fromtimestamp(EARLIEST, UTC).replace(tzinfo=None)
    return f"occurred_at not between timestamp '{earliest}' and timestamp '{latest}'"


def _questions(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    after: tuple[datetime | None, datetime | None],
    latest: datetime,
) -> list[Question]:
    table, new = f"{PRODUCT}{kind}", _new(after[0])
    negative = "count(*) filter (quantity < 0)" if kind == "usage" else "0"
    rows, impossible, below = connection.execute(
        f"select count(*), count(*) filter ({_impossible(latest)}), {negative} from product.{kind} where {new}"
    ).fetchone() or (0, 0, 0)
    found = [
        Question(
            "log_times_are_plausible",
            "warning",
            Between(high=0),
            "times from 2010 to a day after now, the source's or ours",
            [Fact(table, impossible, impossible, (), _aside(impossible, rows))],
        )
    ]
    if kind == "usage":
        observed = f"{below:,} of {rows:,} rows have a quantity below zero"
        found.append(
            Question(
                "quantities_are_not_negative",
                "warning",
                Between(high=0),
                "quantities of zero or more; corrections count as they are",
                [Fact(table, below, below, (), observed)],
            )
        )
    return [*found, *_refused(connection, kind, after[0]), *_volume(connection, kind, after)]


def _aside(impossible: int, rows: int) -> str:
    aside = ", put aside in quarantine" if impossible else ""
    return f"{impossible:,} of {rows:,} rows are of a time that cannot be{aside}"


def _refused(connection: duckdb.DuckDBPyConnection, kind: str, after: datetime | None) -> list[Question]:
    read_at = "true" if after is None else f"read_at > timestamp '{after.isoformat(sep=' ')}'"
    rows, refused, worst = connection.execute(
        f"select sum(row_count)::bigint, sum(quarantined_count)::bigint, arg_max(origin, quarantined_count) "
        f"from product.file_status where kind = '{kind}' and {read_at}"
    ).fetchone() or (None, None, None)
    if not rows:
        return []
    observed = f"{refused:,} of {rows:,} rows could not be read" + (f", most of them in {worst}" if refused else "")
    return [
        Question(
            "logs_can_be_read",
            "warning",
            Between(high=REFUSED_SHARE),
            f"at most {REFUSED_SHARE:.0%} refused rows; more is a format or field names that the policy should state",
            [Fact(f"{PRODUCT}{kind}", refused / rows, refused, (), observed)],
        )
    ]


def _volume(
    connection: duckdb.DuckDBPyConnection, kind: str, after: tuple[datetime | None, datetime | None]
) -> list[Question]:
    """New rows per day against the 28 days before, as for Stripe's changes."""
    loaded_at, before = after
    table = f"{PRODUCT}{kind}"
    if loaded_at is None or before is None:
        return []
    busiest, usual, new, newest = connection.execute(
        f"""
        with daily as (
            select occurred_at::date as day, count(*) as rows from product.{kind}
            where not ({_new(loaded_at)}) and occurred_at between $before - $history and $before
            group by 1
        )
        select (select max(rows) from daily), (select median(rows) from daily), count(*), max(occurred_at)
        from product.{kind} where {_new(loaded_at)} and occurred_at > $before
        """,
        {"before": before, "history": HISTORY},
    ).fetchone() or (None, None, 0, None)
    if busiest is None or usual < FEWEST_A_DAY or newest is None:
        return []
    days = (newest - before) / timedelta(days=1)
    text = f"{new:,} rows in {days:.1f} days; before that {usual:,.0f} on a usual day, {busiest:,} on the busiest"
    burst = Fact(table, new / (max(days, 1) * busiest), new, (), text)
    collapse = [Fact(table, new / (days * usual), new, (), text)] if days >= 1 else []
    return [
        Question(
            "usage_is_no_burst",
            "warning",
            Between(high=BURST),
            f"at most {BURST:.0f} times the busiest of {HISTORY.days} days",
            [burst],
        ),
        Question(
            "usage_has_not_collapsed",
            "warning",
            Between(low=COLLAPSE),
            f"at least {COLLAPSE:.0%} of a usual one of {HISTORY.days} days",
            collapse,
        ),
    ]


def _put_aside(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    after: tuple[datetime | None, datetime | None],
    latest: datetime,
    now: datetime,
) -> int:
    """Moves rows of impossible times into the quarantine: the first of each file whole, all of them counted."""
    where = f"{_new(after[0])} and {_impossible(latest)}"
    counted = connection.execute(f"select origin, count(*) from product.{kind} where {where} group by 1").fetchall()
    if not counted:
        return 0
    connection.begin()
    connection.execute(
        f"""
        insert into product.quarantine by name
        select tenant_id, '{kind}' as resource, null as id, 'its time cannot be: ' || occurred_at as reason,
            left(to_json(landed)::varchar, {TEXT_CHARACTERS}) as raw_text, origin || ':0' as origin,
            $now as quarantined_at
        from product.{kind} as landed where {where}
        qualify row_number() over (partition by origin) <= {KEPT}
        """,
        {"now": now},
    )
    for origin, count in counted:
        connection.execute(
            "update product.file_status set quarantined_count = quarantined_count + $count, "
            "landed_count = landed_count - $count where origin = $origin",
            {"count": count, "origin": origin},
        )
    connection.execute(f"delete from product.{kind} where {where}")
    connection.commit()
    return sum(count for _, count in counted)
