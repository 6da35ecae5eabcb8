"""Checks of single rows: each is one SQL expression whose values must be among those wanted.

Landing has refused malformed objects before; this looks at what is in the tables, whoever wrote it. Columns are looked
at in every new row. Payloads are parsed in at most `PARSED_ROWS` rows of a table, spread over all that landed: parsing
two million would take as long as dbt itself. Where those hold a fault, all rows of the table are parsed to find them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import orjson

from ingestion.quality.accepted import Landed
from ingestion.quality.questions import Between, Fact, OneOf, OneOfPerTable, Question
from ingestion.quality.report import Severity
from ingestion.stripe.objects import known_currencies
from ingestion.stripe.resources import BY_NAME, TABLES, Resource

PARSED_ROWS = 50_000
SAMPLE = 3
# Stripe had its first users in 2010; nothing is older.
EARLIEST = datetime(2010, 1, 1, tzinfo=UTC).timestamp()
# Clocks differ, and an export may have been running over midnight; a day of disagreement is no fault.
AHEAD = timedelta(days=1)

# Stripe's ids by type. An id with none of these beginnings proves nothing: old objects have other forms (card_, src_,
# py_). Ids of customers, products, prices and coupons may be the merchant's own, even `in_house` or `re_engage`.
PREFIXES = {
    "invoice": "in",
    "customer": "cus",
    "subscription": "sub",
    "invoice_payment": "inpay",
    "charge": "ch",
    "payment_intent": "pi",
    "payment_method": "pm",
    "product": "prod",
    "price": "price",
    "promotion_code": "promo",
    "refund": "re",
    "credit_note": "cn",
    "balance_transaction": "txn",
    "invoiceitem": "ii",
    "subscription_schedule": "sub_sched",
    "event": "evt",
}
MERCHANTS_IDS = frozenset({"customer", "product", "price", "coupon"})
_OWN = "own"
_REFERRED = ("customer", "subscription", "parent", "invoice", "charge", "payment_intent", "product")


@dataclass(frozen=True)
class RowCheck:
    """`value` is SQL over the table's columns, or over `body` where `is_of_payload`; null is not judged."""

    name: str
    expected: str
    value: Callable[[Resource], str | None]
    is_of_payload: bool = True


def _prefix(resource: Resource) -> str | None:
    if resource.name in MERCHANTS_IDS:
        return None
    known = ", ".join(f"'{prefix}'" for prefix in PREFIXES.values())
    first = "case when id like 'sub\\_sched\\_%' escape '\\' then 'sub_sched' else split_part(id, '_', 1) end"
    return f"if(contains(id, '_') and {first} in ({known}), {first}, '{_OWN}')"


def _amounts(resource: Resource) -> str | None:
    wrong = [f"nullif(nullif(json_type(body.{name}), 'BIGINT'), 'UBIGINT')" for name in resource.money]
    return f"coalesce({', '.join(wrong)}, 'BIGINT')" if wrong else None


CHECKS = (
    RowCheck(
        "ids_are_present",
        "an id in every row",
        lambda _: "if(coalesce(id, '') = '', 'missing', 'present')",
        is_of_payload=False,
    ),
    RowCheck("ids_are_of_their_type", "ids with no other type's prefix", _prefix, is_of_payload=False),
    RowCheck(
        "versions_are_not_of_the_future",
        "versions from 2010 to the day after the source's clock",
        lambda _: "epoch(version_at)::bigint // 86400 * 86400",
        is_of_payload=False,
    ),
    RowCheck(
        "payloads_are_objects",
        "a JSON object as payload",
        lambda _: "if(body is not null and starts_with(payload_start, '{'), 'object', 'malformed')",
    ),
    RowCheck("objects_are_of_their_type", "the table's own type in `object`", lambda _: "body.object ->> '$'"),
    RowCheck("amounts_are_integers", "amounts in whole minor units", _amounts),
    RowCheck(
        "currencies_are_known",
        "a lower-case ISO 4217 currency",
        lambda r: None if r.name == "event" else "body.currency ->> '$'",
    ),
    RowCheck(
        "times_are_plausible",
        "`created` from 2010 to the day after the source's clock",
        lambda _: "try_cast(body.created as bigint) // 86400 * 86400",
    ),
    RowCheck("modes_are_ours", "objects of the tenant's own mode", lambda _: "body.livemode ->> '$'"),
)


def wanted(name: str, mode: str, source_now: datetime) -> OneOf | OneOfPerTable | Between:
    """The values that a row check allows; `source_now` is UTC without saying so."""
    latest = (source_now + AHEAD).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC).timestamp()
    kinds: dict[str, OneOf | OneOfPerTable | Between] = {
        "ids_are_present": OneOf(("present",)),
        "ids_are_of_their_type": OneOfPerTable(
            tuple((table, prefix) for table in TABLES for prefix in {PREFIXES.get(table, _OWN), _OWN})
        ),
        "versions_are_not_of_the_future": Between(EARLIEST, latest),
        "payloads_are_objects": OneOf(("object",)),
        "objects_are_of_their_type": OneOfPerTable(tuple((table, BY_NAME[table].object) for table in TABLES)),
        "amounts_are_integers": OneOf(("BIGINT",)),
        "currencies_are_known": OneOf(tuple(sorted(known_currencies()))),
        "times_are_plausible": Between(EARLIEST, latest),
        "modes_are_ours": OneOf(("true" if mode == "live" else "false",)),
    }
    return kinds[name]


def severity(name: str, mode: str) -> Severity:
    """Test clocks run ahead of time, so in test mode a time of the future is only worth a warning."""
    return (
        "warning"
        if mode == "test" and name in {"times_are_plausible", "versions_are_not_of_the_future"}
        else "critical"
    )


def parse(connection: duckdb.DuckDBPyConnection, landed: Landed, limit: int | None) -> int:
    """Makes the temporary table `parsed` of about `limit` new rows with their payload's fields; returns how many."""
    resource = BY_NAME[landed.resource]
    names = dict.fromkeys(("object", "livemode", "currency", "created", *resource.money, *_REFERRED))
    shape = orjson.dumps(dict.fromkeys(names, "JSON")).decode()
    part = ""
    if limit is not None and landed.rows > limit:
        part = f"tablesample system({100 * limit / landed.rows:.4f}%) repeatable(1)"
    # As a table, because DuckDB would parse the payload again for every field that is used.
    connection.execute(
        f"""
        create or replace temp table parsed as
        select rowid as row, id, left(payload, 1) as payload_start, try(from_json(payload, '{shape}')) as body
        from stripe.{landed.resource} {part} where {landed.condition}
        """
    )
    row = connection.execute("select count(*) from parsed").fetchone()
    return int(row[0]) if row else 0


def facts(connection: duckdb.DuckDBPyConnection, landed: Landed, check: RowCheck) -> list[Fact]:
    """The values of a check in what landed in one table; payload checks read `parsed`."""
    value = check.value(BY_NAME[landed.resource])
    if value is None:
        return []
    source = "parsed" if check.is_of_payload else f"stripe.{landed.resource} where {landed.condition}"
    rows = connection.execute(
        f"select * from (select {value} as value, count(*), min(id, {SAMPLE}) from {source} group by 1) "
        "where value is not null order by 1"
    ).fetchall()
    return [Fact(landed.resource, value, count, tuple(sample or ())) for value, count, sample in rows]


def copies(connection: duckdb.DuckDBPyConnection, landed: Landed) -> Fact:
    """How many new rows repeat a version that another new row holds already."""
    version = "hash(id, version_at, payload_hash, source = 'event')"
    new = f"stripe.{landed.resource} where {landed.condition}"
    row = connection.execute(f"select count(*) - count(distinct {version}) from {new}").fetchone()
    extra, sample = int(row[0]) if row else 0, None
    if extra:
        row = connection.execute(
            f"select min(id, {SAMPLE}) from (select id from {new} group by id, {version} having count(*) > 1)"
        ).fetchone()
        sample = row[0] if row else None
    return Fact(landed.resource, extra, extra, tuple(sample or ()), f"{extra:,} of {landed.rows:,} rows are copies")


def unique(found: list[Fact]) -> Question:
    """The question that `copies` are asked: a warning, because staging takes one row per version."""
    return Question("versions_are_unique", "warning", Between(high=0), "each version of an object once", found)


def question(check: RowCheck, mode: str, source_now: datetime, found: list[Fact]) -> Question:
    """The question that a row check asks of its facts."""
    return Question(check.name, severity(check.name, mode), wanted(check.name, mode, source_now), check.expected, found)


def at_fault(landed: Landed, check: RowCheck, values: Sequence[str | float]) -> str:
    """SQL for the `rowid` of new rows with these values of a check; payload checks read `parsed`."""
    value = check.value(BY_NAME[landed.resource])
    listed = ", ".join(literal(value) for value in values)
    if check.is_of_payload:
        return f"select row from parsed where {value} in ({listed})"
    return f"select rowid as row from stripe.{landed.resource} where {landed.condition} and {value} in ({listed})"


def literal(value: str | float) -> str:
    """A value as SQL writes it."""
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
