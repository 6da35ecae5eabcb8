"""The ledger of money moved is append-only, durable, and takes each charge once."""

from __future__ import annotations

from pathlib import Path

import pytest
from stripe import StripeClient

from sandbox.stripe.ledger import Entry, Ledger, LedgerError
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import client_for, invoice_of


def _entry(entry_id: str, amount: int = 100) -> Entry:
    return Entry(entry_id, "charge", "acct_1", "in_1", "cus_1", amount, "usd", 1_790_000_000)


def test_a_charge_is_recorded_once() -> None:
    ledger = Ledger()
    ledger.append(_entry("ch_1"))
    with pytest.raises(LedgerError, match="ch_1 is in the ledger already"):
        ledger.append(_entry("ch_1"))
    assert len(ledger) == 1


def test_entries_are_on_disk_before_the_answer_leaves(
    stripe_sandbox: OpenSandbox, company_folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "ledger.jsonl"
    sandbox = stripe_sandbox(company_folder, as_of=COMPANY_NOW, ledger_path=path)
    client: StripeClient = client_for(sandbox)
    for name in ("declined", "declined too"):
        client.v1.invoices.pay(invoice_of(sandbox, name)["id"])
        assert path.read_text().count("\n") == len(sandbox.ledger)
    with Ledger(path) as read_back:
        assert read_back.entries == sandbox.ledger.entries


def test_a_ledger_is_continued_and_never_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    with Ledger(path) as ledger:
        ledger.append(_entry("ch_1", 100))
    before = path.read_text()
    with Ledger(path) as ledger:
        ledger.append(_entry("ch_2", 250))
        with pytest.raises(LedgerError):
            ledger.append(_entry("ch_1"))
        assert ledger.total_minor("usd") == 350
        assert ledger.total_minor("eur") == 0
    assert path.read_text().startswith(before)


def test_a_damaged_ledger_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text("{broken\n")
    with pytest.raises(LedgerError, match=r"ledger\.jsonl:1"):
        Ledger(path)
