"""Tasks for colleagues: what is known, what to do, and nothing that a customer typed does anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from revops.drafting.tasks import TaskFacts, stripe_link, write_task
from revops.leak_types import FAMILIES

FACTS = TaskFacts(
    leak_type="unpaid_invoice",
    family="failed_charges",
    customer_name="Northwind Traders",
    amount_minor=124_000,
    currency="usd",
    object_type="invoice",
    object_id="in_0001",
    invoice_number="INV-0042",
    plan="Team",
    billed_on=date(2026, 9, 1),
    tries=4,
    last_tried_on=date(2026, 9, 19),
    decline_group="fix_data",
)


def test_an_unpaid_invoice_is_described_with_its_evidence() -> None:
    task = write_task(FACTS, why=("A large account.",), leak_link="https://leaks.example/leak?id=1")
    assert task.title == "Unpaid invoice: USD 1,240.00, Northwind Traders"
    assert task.description == (
        "Northwind Traders: USD 1,240.00 was billed and is not paid.\n\n"
        "- A large account.\n\n"
        "## What is known\n\n"
        "- Invoice: [INV-0042](https://dashboard.stripe.com/invoices/in_0001)\n"
        "- Amount: USD 1,240.00\n"
        "- Plan: Team\n"
        "- Billed: 1 September 2026\n"
        "- Tries: 4, the last on 19 September 2026\n"
        "- Decline: card details out of date or wrong\n\n"
        "## What to do\n\n"
        "1. Open the invoice in Stripe: is it still open with the same remaining amount,"
        " and is no payment processing?\n"
        "2. Look for a bank transfer that nobody recorded; if there is one, mark the invoice as paid out of band.\n"
        "3. Call the customer and agree how it is paid. The invoice itself is paid, no second charge is made.\n"
        "4. Say here what was agreed, and by when.\n\n"
        "[The leak with its history](https://leaks.example/leak?id=1)\n"
    )


def test_what_is_not_known_is_not_said() -> None:
    bare = TaskFacts("unpaid_invoice", "failed_charges", None, 2900, "eur", "invoice", "in_7")
    task = write_task(bare)
    assert task.title == "Unpaid invoice: EUR 29.00, customer of in_7"
    assert "None" not in task.description
    assert "Tries" not in task.description


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_something_to_do(family: str) -> None:
    task = write_task(replace(FACTS, leak_type="one_of_many", family=family))
    assert "1. " in task.description.split("## What to do")[1]
    assert "is not paid" not in task.description


def test_test_mode_leads_to_the_page_of_test_mode() -> None:
    assert (
        "https://dashboard.stripe.com/test/invoices/in_0001"
        in write_task(replace(FACTS, is_test_mode=True)).description
    )


def test_markdown_in_a_name_does_nothing() -> None:
    name = "[click](https://evil.example) <b>x</b> `y` @everyone www.evil.example # *z*"
    task = write_task(replace(FACTS, customer_name=name, plan=name, evidence={"Note": name}))
    assert "](https://evil" not in task.description
    assert r"\[click\]\(https\://evil.example\) \<b\>" in task.description
    assert r"\@everyone www\.evil" in task.description


def test_a_long_name_leaves_the_title_short_and_on_one_line() -> None:
    task = write_task(replace(FACTS, customer_name="N\n" * 500))
    assert len(task.title) <= 120
    assert "\n" not in task.title


@pytest.mark.parametrize(("kind", "object_id"), [("invoice", "in_1)](x"), ("coupon_rule", "x"), ("invoice", "")])
def test_no_link_is_made_to_what_is_no_object_of_stripe(kind: str, object_id: str) -> None:
    assert stripe_link(kind, object_id) is None
    assert "](" not in write_task(replace(FACTS, object_type=kind, object_id=object_id)).description
