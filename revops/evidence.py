"""What proposals rest on, read from what is published."""

import json
from datetime import UTC, datetime

from revops.service.propose import Evidence
from revops.warehouse import Published

# How far back tries of a card matter to anybody.
_TRIES_DAYS = 60


def read_evidence(published: Published) -> dict[str, Evidence]:
    """What each finding's detector saw, by finding. Raises QueryError."""
    rows = published.query(
        "select f.finding_id, f.leak_type, f.customer_id, f.evidence, t.amount_reporting_minor"
        " from leak_findings f join triage t using (tenant_id, finding_id)"
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


def read_card_tries(published: Published) -> dict[str, list[datetime]]:
    """When cards were tried lately, by fingerprint, whatever they were to pay. Raises QueryError."""
    rows = published.query(
        "select card_fingerprint, created_at from payments"
        " where card_fingerprint is not null and created_at >= ?::timestamp - to_days(?)",
        [published.as_of.astimezone(UTC).replace(tzinfo=None), _TRIES_DAYS],
    )
    tries: dict[str, list[datetime]] = {}
    for row in rows:
        tries.setdefault(row["card_fingerprint"], []).append(row["created_at"].replace(tzinfo=UTC))
    return tries


def read_customer(
    published: Published, customer_id: str | None, subscription: str | None
) -> tuple[str | None, str | None]:
    """A customer's name and plan, None for what is not known. Raises QueryError."""
    names = published.query("select coalesce(name, email) as name from customers where customer_id = ?", [customer_id])
    plans = published.query(
        "select plan_name from subscriptions where subscription_id = ? or (? is null and customer_id = ?)"
        " order by ended_at is null desc, created_at desc limit 1",
        [subscription, subscription, customer_id],
    )
    return (names[0]["name"] if names else None), (plans[0]["plan_name"] if plans else None)
