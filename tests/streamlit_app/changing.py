"""An account whose detector changes: by the new definition some of its open leaks are none."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from revops.bootstrap import leaks_of_published
from revops.domain.withdrawal import Question
from revops.settings import Settings
from revops.store import Store
from revops.store.withdrawals import read_questions
from tests.revops.store.proposed import TENANT
from tests.streamlit_app.published_account import Account, typical

# Two of Brightwave's size in dollars, all there is in euros, and a review, which is in no total.
GONE = ("in_0001", "in_0007", "in_0003", "in_0010")


def open_all(store: Store, settings: Settings) -> None:
    """Open a leak for every finding that is published."""
    leaks_of_published(store, settings, TENANT, "test")


def changed(
    gone: Collection[str] = GONE, *, undecided: Collection[str] = (), definition: str = "d2aaaaaaaaaa"
) -> Account:
    """The account by another definition, by which some invoices are no leak and some have no final verdict yet."""
    account = typical()
    absent = {*gone, *undecided}
    left = {row["finding_id"] for row in account.rows["leak_findings"] if row["object_id"] not in absent}
    for table in ("leak_findings", "triage"):
        account.rows[table] = [row for row in account.rows[table] if row["finding_id"] in left]
    for row in account.rows["leak_findings"]:
        row["definition_version"] = definition
    for invoice in gone:
        account.put(
            "leak_resolutions",
            leak_type="unpaid_invoice",
            object_type="invoice",
            object_id=invoice,
            resolution="withdrawn_by_definition",
            ends_as="withdrawn",
            currency="usd",
            definition_version=definition,
        )
        account.put("leaks__unpaid_invoice", object_id=invoice, verdict="below_minimum")
    return account


def ask(store: Store, settings: Settings, home: Path, account: Account | None = None) -> Question:
    """Let the new definition ask, as the next run does."""
    open_all(store, settings)
    (account or changed()).publish(home, 2)
    leaks_of_published(store, settings, TENANT, "test")
    return read_questions(store, TENANT)[0]
