"""Exchange rates turn minor units into minor units, whatever the decimals of both currencies."""

from decimal import Decimal
from typing import Any

import pytest

from tests.dbt_models.staging import Staging
from tests.leaks.warehouse import Version

SEPTEMBER = 1788220800


def charged(number: int, currency: str, settled_in: str, rate: float) -> list[Version]:
    """A charge and its balance transaction, settled in another currency."""
    charge: dict[str, Any] = {"id": f"ch_{number}", "created": SEPTEMBER, "currency": currency, "status": "succeeded"}
    transaction = {
        "id": f"txn_{number}",
        "created": SEPTEMBER,
        "type": "charge",
        "source": f"ch_{number}",
        "currency": settled_in,
        "exchange_rate": rate,
    }
    return [Version("charge", charge), Version("balance_transaction", transaction)]


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Decimal, str]]:
    """The newest rate of each currency into US dollars, with its source."""
    staging = Staging(tmp_path_factory.mktemp("rates"))
    staging.land(charged(1, "jpy", "usd", 0.0067) + charged(2, "sek", "eur", 0.09) + charged(3, "usd", "eur", 0.8))
    staging.build("+fx_rates")
    rows = staging.query("SELECT * FROM fx_rates QUALIFY rate_date = max(rate_date) OVER (PARTITION BY currency)")
    assert len(rows) == len({row["currency"] for row in rows})
    return {row["currency"]: (row["rate"], row["source"]) for row in rows}


def test_the_reporting_currency_is_itself(rates: dict[str, tuple[Decimal, str]]) -> None:
    assert rates["usd"] == (1, "identity")


def test_a_yen_has_no_minor_unit_and_a_cent_is_a_hundredth(rates: dict[str, tuple[Decimal, str]]) -> None:
    assert rates["jpy"] == (Decimal("0.67"), "balance_transaction")


def test_a_rate_serves_both_ways(rates: dict[str, tuple[Decimal, str]]) -> None:
    assert rates["eur"] == (Decimal("1.25"), "balance_transaction")


def test_a_currency_settled_in_a_third_one_is_carried_on(rates: dict[str, tuple[Decimal, str]]) -> None:
    assert rates["sek"] == (Decimal("0.1125"), "balance_transaction")


def test_a_thousandth_of_a_pegged_dinar_is_a_quarter_of_a_cent(rates: dict[str, tuple[Decimal, str]]) -> None:
    rate, source = rates["bhd"]
    assert (round(rate, 4), source) == (Decimal("0.2660"), "seed")


def test_a_currency_that_became_the_euro_keeps_its_conversion_rate(rates: dict[str, tuple[Decimal, str]]) -> None:
    assert rates["hrk"][1] == "seed"
    assert Decimal("0.13") < rates["hrk"][0] < Decimal("0.17")
