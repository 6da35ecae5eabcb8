"""`make report-card`: precision and recall over simulated companies, with every difference explained."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.report_card.agreement import Card
from tests.report_card.companies import LEAK_TYPES, run

SEEDS = int(os.environ.get("REPORT_CARD_SEEDS", "10"))
FIRST_SEED = int(os.environ.get("REPORT_CARD_FIRST_SEED", "1"))
CUSTOMERS = int(os.environ.get("REPORT_CARD_CUSTOMERS", "300"))


def test_one_company_agrees_to_the_minor_unit(tmp_path: Path) -> None:
    card = run(tmp_path, customers=150, seed=4711)["unpaid_invoice"]
    assert card.differences == []
    assert card.leaks > 0
    assert card.alert_minor == card.leak_minor


@pytest.mark.report_card
def test_report_card(tmp_path: Path) -> None:
    pooled = {leak_type: Card() for leak_type in LEAK_TYPES}
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        for leak_type, card in run(tmp_path, customers=CUSTOMERS, seed=seed).items():
            pooled[leak_type].add(card)
            print(f"seed {seed:>3}  {leak_type:<16} {card.line()}", flush=True)
    print(f"\n{SEEDS} companies of {CUSTOMERS} customers")
    for leak_type, card in pooled.items():
        print(f"{leak_type:<26} {card.line()}")
        for difference in card.differences:
            print(f"  {difference}")
    assert all(card.alerts for card in pooled.values())
