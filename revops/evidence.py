"""What proposals rest on, read from what is published."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from revops.domain.customer import Customer
from revops.service.propose import Evidence
from revops.warehouse import Published

# How far back tries of a card matter to anybody.
_TRIES_DAYS = 60


def read_evidence(published: Published, only: Collection[str] | None = None) -> dict[str, Evidence]:
    """What each finding's detector saw, by finding, or what those of some findings did. Raises QueryError."""
    where, values = (" where list_contains(?, f.finding_id)", [[*only]]) if only is not None else ("", [])
    rows = published.query(
        "select f.finding_id, f.leak_type, f.customer_id, f.evidence, t.amount_reporting_minor"
        f" from leak_findings f join triage t using (tenant_id, finding_id){where}",
        values,
    )
    return {
        row["finding_id"]: Evidence(
            row["finding_id"],
            row["leak_type"],
            row["customer_id"],
            row["amount_reporting_minor"],
            json.loads(row["evidence"]) if isinstance(row["evidence"], str) else dict(row["evidence"]),
        )
        for row in rows
    }


def read_card_tries(published: Published, customer_id: str | None = None) -> dict[str, list[datetime]]:
    """When cards were tried lately, by a digest of their fingerprint, as evidence has it. Raises QueryError.

    With a customer only those cards that this one has used, whoever else used them too.
    """
    values: list[Any] = [published.as_of.astimezone(UTC).replace(tzinfo=None), _TRIES_DAYS]
    theirs = ""
    if customer_id is not None:
        theirs = " and card_fingerprint in (select card_fingerprint from payments where customer_id = ?)"
        values.append(customer_id)
    rows = published.query(
        "select md5(card_fingerprint) as card, created_at from payments"
        f" where card_fingerprint is not null and created_at >= ?::timestamp - to_days(?){theirs}",
        values,
    )
    tries: dict[str, list[datetime]] = {}
    for row in rows:
        tries.setdefault(row["card"], []).append(row["created_at"].replace(tzinfo=UTC))
    return tries


def read_payers(published: Published, customer_ids: Collection[str]) -> dict[str, Customer]:
    """Customers as letters need them, those that there are. Raises QueryError."""
    ids = [*customer_ids]
    plans = {one: plan for one, (_, plan) in read_customers(published, ids).items()}
    # A file that an older version published lacks what came since, and is read until the next run.
    rows = published.query("select * from customers where list_contains(?, customer_id)", [ids])
    return {
        row["customer_id"]: Customer(
            row["customer_id"],
            row["name"],
            row["email"],
            row["country"],
            row.get("preferred_locale"),
            bool(row.get("is_deleted")),
            plans.get(row["customer_id"]),
        )
        for row in rows
    }


def read_customers(
    published: Published, customer_ids: Collection[str | None]
) -> dict[str | None, tuple[str | None, str | None]]:
    """Name and plan of each customer, None for what is not known. Raises QueryError.

    The plan is that of the newest subscription, of those that have not ended where there is one.
    """
    ids = [one for one in customer_ids if one is not None]
    names = published.query(
        "select customer_id, coalesce(name, email) as name from customers where list_contains(?, customer_id)", [ids]
    )
    plans = published.query(
        "select customer_id, plan_name from subscriptions where list_contains(?, customer_id) qualify row_number()"
        " over (partition by customer_id order by ended_at is null desc, created_at desc, subscription_id) = 1",
        [ids],
    )
    plan_of = {row["customer_id"]: row["plan_name"] for row in plans}
    known = {row["customer_id"]: (row["name"], plan_of.get(row["customer_id"])) for row in names}
    return {one: known.get(one, (None, plan_of.get(one))) for one in customer_ids}
