"""Checks of a landing as a whole: which account and mode it is of, its clock, and how much came.

Each threshold stands where a sound account cannot get: what has a harmless explanation is a warning.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from ingestion.quality import accepted
from ingestion.quality.accepted import Landed
from ingestion.quality.questions import Between, Fact, Question

# An export of one account holds no object of the other mode at all; a few are a mixed folder, and are left out.
OTHER_MODE_SHARE = 0.5
# A sound export repeats the customers it had, or its new invoices name some of them: none of it in twenty is no chance.
FEWEST_KNOWN = 20
FAMILIAR_SHARE = 0.05
# hosted_invoice_url names the account. Some may be another's (Connect: invoices on behalf of); most cannot.
OTHER_ACCOUNT_SHARE = 0.5
# Small accounts have quiet days; a week without one event is worth a look.
QUIET = timedelta(days=7)
# The source's clock is wrong if it is over a day ahead of this machine's and over a month ahead of its newest event.
AHEAD_OF_US = timedelta(days=1)
AHEAD_OF_EVENTS = timedelta(days=30)
HISTORY = timedelta(days=28)
# Renewals come in waves (the first of a month), so only more than three times the busiest day is a burst, and only less
# than a tenth of a usual day over at least one day is a collapse; below twenty rows a day everything is chance.
BURST = 3.0
COLLAPSE = 0.1
FEWEST_A_DAY = 20


@dataclass(frozen=True)
class Integration:
    """What landing noted; times are UTC without saying so."""

    source: str
    account_id: str | None
    mode: str
    source_now: datetime
    before: datetime | None
    is_first: bool


def integration(connection: duckdb.DuckDBPyConnection) -> Integration | None:
    """The integration as it landed, with the source's clock at the last acceptance; None where nothing has landed."""
    row = connection.execute("select source, account_id, mode, source_now from stripe.integration").fetchone()
    before = connection.execute("select source_now from accepted.integration").fetchone()
    if row is None:
        return None
    source, account_id, mode, source_now = row
    return Integration(source, account_id, mode, source_now, before[0] if before else None, before is None)


def modes(connection: duckdb.DuckDBPyConnection, known: Integration) -> list[Question]:
    """Of the files or lists that were read anew: how much was of the other mode, and so left out."""
    read = accepted.left_out(connection)
    lines, other = sum(lines for lines, _ in read.values()), sum(other for _, other in read.values())
    if lines == 0:
        return []
    opposite = "test" if known.mode == "live" else "live"
    fact = Fact("integration", other / lines, other, (), f"{other} of {lines} objects are {opposite}-mode objects")
    return [
        Question("no_other_mode", "warning", Between(high=0), f"only {known.mode}-mode objects", [fact]),
        Question(
            "mode_is_ours",
            "critical",
            Between(high=OTHER_MODE_SHARE),
            f"a {known.mode}-mode account; for an export of the other set STRIPE_MODE={opposite} "
            "and a LEAKS_HOME of its own",
            [fact],
        ),
    ]


def accounts(connection: duckdb.DuckDBPyConnection, known: Integration, found: list[Landed]) -> list[Question]:
    """Whether an export is of the account that is here already; over the API landing itself has made sure."""
    if known.source != "export":
        return []
    by_name = {landed.resource: landed for landed in found if landed.rows}
    facts = [fact for fact in (_named_account(connection, known, by_name.get("invoice")),) if fact]
    familiar = [fact for fact in (_familiar(connection, by_name),) if fact] if not known.is_first else []
    return [
        Question(
            "account_is_ours",
            "critical",
            Between(high=OTHER_ACCOUNT_SHARE),
            "invoices of the account that this home holds; another account needs a LEAKS_HOME of its own",
            facts,
        ),
        Question(
            "account_is_familiar",
            "critical",
            Between(low=FAMILIAR_SHARE),
            "an export that has to do with what landed before; another account needs a LEAKS_HOME of its own",
            familiar,
        ),
    ]


def _named_account(connection: duckdb.DuckDBPyConnection, known: Integration, invoices: Landed | None) -> Fact | None:
    if invoices is None:
        return None
    named = "nullif(regexp_extract(payload, 'invoice\\.stripe\\.com/i/(acct_\\w+)', 1), '')"
    ours = {known.account_id} if known.account_id else set()
    if not ours:
        rows = connection.execute(
            f"select distinct {named} from "
            f"(select payload from stripe.invoice where not ({invoices.condition}) limit 1000)"
        ).fetchall()
        ours = {row[0] for row in rows} - {None}
    counted = connection.execute(
        f"select {named} as account, count(*), min(id, 3) from "
        f"(select id, payload from stripe.invoice where {invoices.condition} limit 1000) "
        "group by all having account is not null order by 2 desc"
    ).fetchall()
    total = sum(count for _, count, _ in counted)
    others = [(account, count, ids) for account, count, ids in counted if ours and account not in ours]
    if total == 0 or not ours:
        return None
    other = sum(count for _, count, _ in others)
    text = f"{other} of {total} invoices name another account than {', '.join(sorted(ours))}"
    if others:
        text += f": {', '.join(account for account, _, _ in others[:3])}"
    return Fact("invoice", other / total, other, tuple(id for _, _, ids in others for id in ids)[:3], text)


def _familiar(connection: duckdb.DuckDBPyConnection, by_name: dict[str, Landed]) -> Fact | None:
    """The share of known customers that a new export repeats, or of new invoices that name one of them."""
    customers, invoices = by_name.get("customer"), by_name.get("invoice")
    if customers is None:
        return None
    count = connection.execute(
        f"""
        with known as (select distinct id from stripe.customer where not {customers.condition}),
        new as (select distinct id from stripe.customer where {customers.condition})
        select
            (select count(*) from known),
            (select count(*) from new),
            (select count(*) from new anti join known using (id)),
            (
                select row_count - other_mode_count - quarantined_count
                from stripe.resource_status where resource = 'customer'
            )
        """
    ).fetchone()
    known, new, unknown, lines = count or (0, 0, 0, 0)
    if known < FEWEST_KNOWN or new < FEWEST_KNOWN:
        return None
    share = max(lines - unknown, new - unknown, 0) / known
    if invoices is not None and share < FAMILIAR_SHARE:
        named = connection.execute(
            f"""
            select coalesce(avg((customer in (select id from stripe.customer where not {customers.condition}))::int), 0)
            from (
                select payload ->> '$.customer' as customer from stripe.invoice where {invoices.condition} limit 1000
            )
            """
        ).fetchone()
        share = max(share, float(named[0]) if named else 0.0)
    text = f"{share:.0%} of the {known} customers known before are in the new export, which has {unknown} others"
    return Fact("customer", share, unknown, (), text)


def clocks(connection: duckdb.DuckDBPyConnection, known: Integration, now: datetime) -> list[Question]:
    """Freshness: the source's clock against this machine's, the newest event and the last landing.

    Only a warning against this machine's clock alone, which may itself be wrong.
    """
    row = connection.execute("select max(version_at) from stripe.event").fetchone()
    newest = row[0] if row else None
    ahead = known.source_now - now
    lag = known.source_now - newest if newest else None
    behind = known.before - known.source_now if known.before else timedelta(0)
    wrong = min(ahead / AHEAD_OF_US, lag / AHEAD_OF_EVENTS) if lag is not None else ahead / AHEAD_OF_US
    clock = f"the source's clock says {known.source_now:%Y-%m-%d %H:%M}"
    questions = [
        Question(
            "clock_is_plausible",
            "critical" if lag is not None else "warning",
            Between(high=1),
            "a clock at most a day ahead of this machine's, or a month ahead of the newest event; "
            "state the export's time in STRIPE_EXPORT_AT",
            [Fact("integration", wrong, 1, (), f"{clock}, {_ahead(ahead)} of this machine's")],
        ),
        Question(
            "clock_moves_forward",
            "warning",
            Between(high=0),
            "a landing at least as new as the one before",
            [Fact("integration", behind / timedelta(days=1), 1, (), f"{clock}, the last landing's {known.before}")],
        ),
    ]
    if lag is not None:
        questions.append(
            Question(
                "events_are_fresh",
                "warning",
                Between(high=QUIET / timedelta(days=1)),
                f"an event within {QUIET.days} days of the source's clock",
                [
                    Fact(
                        "event",
                        lag / timedelta(days=1),
                        1,
                        (),
                        f"the newest event is of {newest:%Y-%m-%d %H:%M}, {clock}",
                    )
                ],
            )
        )
    return questions


def volumes(connection: duckdb.DuckDBPyConnection, known: Integration, found: list[Landed]) -> list[Question]:
    """Changes per day since the last landing against the 28 days before it, for tables with enough of them."""
    if known.before is None:
        total = sum(landed.rows for landed in found)
        text = f"{total} rows in a first landing, no history to compare with"
        return [
            Question(
                "volume_is_no_burst", "warning", Between(low=0), "any volume", [Fact("integration", 0, 1, (), text)]
            )
        ]
    bursts, collapses = [], []
    days = max((known.source_now - known.before) / timedelta(days=1), 1 / 24)
    # A table in which nothing changed proves nothing, but that no event came at all does.
    for landed in (table for table in found if table.rows or table.resource == "event"):
        counted = connection.execute(
            f"""
            with daily as (
                select version_at::date as day, count(*) as rows from stripe.{landed.resource}
                where source = 'event' and not {landed.condition}
                    and version_at between $before - $history and $before
                group by all
            )
            select (select max(rows) from daily), (select median(rows) from daily), count(*)
            from stripe.{landed.resource}
            where source = 'event' and {landed.condition} and version_at > $before
            """,
            {"before": known.before, "history": HISTORY},
        ).fetchone()
        busiest, usual, new = counted or (None, None, 0)
        if busiest is None or usual < FEWEST_A_DAY:
            continue
        text = f"{new} changes in {days:.1f} days; before that {usual:.0f} on a usual day, {busiest} on the busiest"
        bursts.append(Fact(landed.resource, new / (max(days, 1) * busiest), new, (), text))
        if days >= 1:
            collapses.append(Fact(landed.resource, new / (days * usual), new, (), text))
    return [
        Question(
            "volume_is_no_burst",
            "warning",
            Between(high=BURST),
            f"at most {BURST:.0f} times the busiest of the last {HISTORY.days} days",
            bursts,
        ),
        Question(
            "volume_has_not_collapsed",
            "warning",
            Between(low=COLLAPSE),
            f"at least {COLLAPSE:.0%} of a usual one of the last {HISTORY.days} days",
            collapses,
        ),
    ]


def _ahead(span: timedelta) -> str:
    days = abs(span / timedelta(days=1))
    return f"{days:.1f} days {'ahead' if span > timedelta(0) else 'behind'}"
