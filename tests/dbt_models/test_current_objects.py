"""Which version of an object is the current one, and that building in steps ends where one build does."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt_models.staging import AS_OF, READ_AT, Landed, Staging, at
from tests.leaks.warehouse import Version

CREATED = at("2026-08-01")
INVOICES = "stg_stripe__invoices"


def seconds(moment: datetime) -> int:
    """Unix time, as Stripe writes it."""
    return int((moment - at("1970-01-01")).total_seconds())


def invoice(status: str, **fields: Any) -> dict[str, Any]:
    """An invoice of 1,000 minor units, created on 1 August and finalised an hour later."""
    paid = status == "paid"
    transitions = {"finalized_at": seconds(CREATED + timedelta(hours=1)), "paid_at": None}
    payload = {
        "id": "in_1",
        "object": "invoice",
        "created": seconds(CREATED),
        "currency": "usd",
        "status": status,
        "amount_due": 1000,
        "amount_paid": 1000 if paid else 0,
        "amount_remaining": 0 if paid else 1000,
        "status_transitions": transitions,
        **fields,
    }
    payload["status_transitions"] = {**transitions, **fields.get("status_transitions", {})}
    return payload


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The one row."""
    assert len(rows) == 1, rows
    return rows[0]


def test_a_read_beats_an_event_of_the_same_second(staging: Staging) -> None:
    event = Version("invoice", invoice("open"), at=READ_AT, event_id="evt_1")
    staging.land([Version("invoice", invoice("paid"), at=READ_AT)])
    staging.land([event])
    staging.build(INVOICES)
    assert only(staging.staged(INVOICES))["status"] == "paid"


def test_an_older_version_that_lands_late_changes_nothing(staging: Staging) -> None:
    staging.land([Version("invoice", invoice("paid"), at=READ_AT)])
    staging.build(INVOICES)
    staging.land([Version("invoice", invoice("open"), at=READ_AT - timedelta(days=2), event_id="evt_1")])
    staging.build(INVOICES)
    assert only(staging.staged(INVOICES))["status"] == "paid"


def test_a_version_later_than_as_of_is_remembered_until_as_of_reaches_it(staging: Staging) -> None:
    staging.land(
        [
            Version("invoice", invoice("open"), at=at("2026-08-02"), event_id="evt_1"),
            Version("invoice", invoice("paid"), at=READ_AT),
        ]
    )
    staging.build(INVOICES, as_of=at("2026-09-01"))
    assert only(staging.staged(INVOICES))["status"] == "open"
    staging.build(INVOICES, as_of=AS_OF)
    assert only(staging.staged(INVOICES))["status"] == "paid"


def test_as_of_can_move_back(staging: Staging) -> None:
    later = {**invoice("open"), "id": "in_later", "created": seconds(at("2026-09-20"))}
    staging.land(
        [
            Version("invoice", invoice("open"), at=at("2026-08-02"), event_id="evt_1"),
            Version("invoice", invoice("paid"), at=READ_AT),
            Version("invoice", later, at=READ_AT),
        ]
    )
    staging.build(INVOICES, as_of=AS_OF)
    staging.build(INVOICES, as_of=at("2026-09-01"))
    row = only(staging.staged(INVOICES))
    assert (row["invoice_id"], row["status"], row["is_stand_in"]) == ("in_1", "open", False)


def test_before_the_first_read_a_paid_invoice_stands_in_as_open(staging: Staging) -> None:
    paid = invoice("paid", status_transitions={"paid_at": seconds(at("2026-09-10"))})
    staging.land([Version("invoice", {**paid, "next_payment_attempt": 1}, at=READ_AT)])
    staging.build(INVOICES, as_of=at("2026-09-01"))
    row = only(staging.staged(INVOICES))
    assert row["is_stand_in"]
    assert (row["status"], row["paid_at"], row["next_payment_attempt_at"]) == ("open", None, None)
    assert (row["amount_paid_minor"], row["amount_remaining_minor"]) == (0, 1000)


def test_before_its_finalisation_a_stand_in_is_a_draft_and_before_its_creation_nothing(staging: Staging) -> None:
    staging.land([Version("invoice", invoice("open"), at=READ_AT)])
    staging.build(INVOICES, as_of=CREATED + timedelta(minutes=30))
    assert only(staging.staged(INVOICES))["status"] == "draft"
    staging.build(INVOICES, as_of=CREATED - timedelta(minutes=30))
    assert staging.staged(INVOICES) == []


def test_a_write_off_outlives_the_payment_that_came_after_as_of(staging: Staging) -> None:
    transitions = {
        "marked_uncollectible_at": seconds(at("2026-08-20")),
        "paid_at": seconds(at("2026-09-10")),
    }
    staging.land([Version("invoice", invoice("paid", status_transitions=transitions), at=READ_AT)])
    staging.build(INVOICES, as_of=at("2026-09-01"))
    assert only(staging.staged(INVOICES))["status"] == "uncollectible"


def test_a_subscription_that_ended_after_as_of_stands_in_as_active(staging: Staging) -> None:
    ended = seconds(at("2026-09-10"))
    payload = {"id": "sub_1", "created": seconds(CREATED), "status": "canceled", "ended_at": ended}
    staging.land([Version("subscription", {**payload, "canceled_at": ended}, at=READ_AT)])
    staging.build("stg_stripe__subscriptions", as_of=at("2026-09-01"))
    row = only(staging.staged("stg_stripe__subscriptions"))
    assert (row["status"], row["ended_at"], row["canceled_at"]) == ("active", None, None)


def test_a_deleted_object_stays_as_deleted(staging: Staging) -> None:
    staging.land([Version("customer", {"id": "cus_1", "created": 1, "email": "a@one.example"}, at=CREATED)])
    staging.build("stg_stripe__customers")
    staging.land([Version("customer", {"id": "cus_1", "object": "customer", "deleted": True}, at=READ_AT)])
    staging.build("stg_stripe__customers")
    assert only(staging.staged("stg_stripe__customers"))["is_deleted"]


def random_landing(dice: random.Random, batch: int) -> list[Landed]:
    """Versions of 25 customers, some deleted, some twice in one second, some older than what landed before."""

    def one(number: int) -> Landed:
        customer = dice.randrange(25)
        payload: dict[str, Any] = {"id": f"cus_{customer}", "email": f"{dice.randrange(3)}@one.example"}
        payload["created"] = seconds(at("2026-09-01") + timedelta(days=customer % 10))
        if dice.random() < 0.15:
            payload["deleted"] = True
        event_id = f"evt_{batch}_{number}" if dice.random() < 0.5 else None
        version_at = at("2026-09-01") + timedelta(days=dice.randrange(10))
        return Landed(
            "customer", payload, version_at, "event" if event_id else "api", event_id, AS_OF + timedelta(days=batch)
        )

    return [one(number) for number in range(dice.randrange(40))]


@pytest.mark.parametrize("seed", [1, 2])
def test_any_batches_and_any_as_of_end_where_a_full_rebuild_does(staging: Staging, seed: int) -> None:
    dice = random.Random(seed)
    customers = "stg_stripe__customers"
    for batch in range(4):
        as_of = at("2026-09-01") + timedelta(days=dice.randrange(11))
        staging.land_exactly(random_landing(dice, batch))
        staging.build(customers, as_of=as_of)
        in_steps = staging.staged(customers)
        staging.build(customers, as_of=as_of, full_refresh=True)
        assert in_steps == staging.staged(customers)
