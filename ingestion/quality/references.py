"""Do landed objects name objects that exist: judged per table and field, never per row.

A dangling reference proves little: Stripe lists no deleted customers but keeps their invoices, and an event may tell of
an object before it is listed. So any of them is a warning. What cannot be told from data of two different accounts is
critical: next to none of the names is known (`LOST_SHARE`), in enough rows (`FEWEST`) for chance to be out of the
question. A company that deletes its churned customers keeps far more than a tenth of its invoices' owners.
"""

from dataclasses import dataclass

import duckdb

from ingestion.quality.accepted import Landed
from ingestion.quality.questions import Between, Fact, Question
from ingestion.quality.rows import SAMPLE

LOST_SHARE = 0.9
FEWEST = 20


@dataclass(frozen=True)
class Reference:
    """`field` of `body` in one table names a row of another; old API shapes beside the new."""

    table: str
    field: str
    target: str
    value: str


def _id(path: str) -> str:
    """The id in a field, plain or expanded to the whole object."""
    return f"coalesce({path} ->> '$.id', {path} ->> '$')"


def _named(table: str, field: str, target: str | None = None) -> Reference:
    return Reference(table, field, target or field, _id(f"body.{field}"))


REFERENCES = (
    _named("subscription", "customer"),
    _named("subscription_schedule", "customer"),
    _named("invoice", "customer"),
    Reference(
        "invoice",
        "subscription",
        "subscription",
        f"coalesce(body.parent ->> '$.subscription_details.subscription', {_id('body.subscription')})",
    ),
    _named("invoice_payment", "invoice"),
    _named("invoiceitem", "customer"),
    _named("charge", "customer"),
    _named("payment_intent", "customer"),
    _named("payment_method", "customer"),
    _named("credit_note", "customer"),
    _named("credit_note", "invoice"),
    _named("refund", "charge"),
    _named("dispute", "charge"),
    _named("price", "product"),
)


def checkable(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Tables that are read whole: a reference into one that is off or covered in part says nothing."""
    rows = connection.execute(
        "select resource from stripe.resource_status where is_on and covered_from is null and read_at is not null"
    ).fetchall()
    return {row[0] for row in rows}


def facts(connection: duckdb.DuckDBPyConnection, landed: Landed, targets: set[str]) -> list[Fact]:
    """The share of names that lead nowhere, per field; reads `parsed`."""
    found = []
    for reference in (r for r in REFERENCES if r.table == landed.resource and r.target in targets):
        row = connection.execute(
            f"""
            with named as (select id, {reference.value} as name from parsed)
            select count(*), count(*) filter (not is_known), min(id, {SAMPLE}) filter (not is_known)
            from (
                select id, name in (select id from stripe.{reference.target}) as is_known
                from named where name is not null
            )
            """
        ).fetchone()
        named, lost, sample = row or (0, 0, None)
        if named:
            observed = f"{lost} of {named} rows name a {reference.target} in `{reference.field}` that has not landed"
            found.append(Fact(landed.resource, lost / named, lost, tuple(sample or ()), observed))
    return found


def questions(found: list[Fact]) -> list[Question]:
    """The warning for any, the stop for nearly all."""
    many = [fact for fact in found if fact.rows >= FEWEST]
    return [
        Question("references_exist", "warning", Between(high=0), "every named object to have landed", found),
        Question(
            "references_are_of_this_account",
            "critical",
            Between(high=LOST_SHARE),
            f"at least {1 - LOST_SHARE:.0%} of the named objects to have landed; files of two accounts look like this",
            many,
        ),
    ]
