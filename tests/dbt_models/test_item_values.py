"""What a subscription item costs a month, from Stripe's own objects through every model."""

from typing import Any

import pytest

from tests.dbt_models.staging import READ_AT, Staging, at
from tests.leaks.warehouse import Version

CREATED = 1785542400
TIERS = [
    {"up_to": 10, "unit_amount": 500, "flat_amount": 1000},
    {"up_to": None, "unit_amount_decimal": "250.5", "flat_amount": None},
]

CASES: dict[str, tuple[dict[str, Any], int, int]] = {
    "a_price_per_unit": ({"unit_amount": 2900}, 3, 8700),
    "a_price_below_the_minor_unit": ({"unit_amount": None, "unit_amount_decimal": "0.25"}, 1010, 252),
    "a_package_is_paid_whole": (
        {"unit_amount": 700, "transform_quantity": {"divide_by": 10, "round": "up"}},
        21,
        2100,
    ),
    "a_package_rounded_down": (
        {"unit_amount": 700, "transform_quantity": {"divide_by": 10, "round": "down"}},
        29,
        1400,
    ),
    "graduated_tiers_price_each_unit_at_its_own": ({"tiers_mode": "graduated"}, 12, 1000 + 5000 + 501),
    "volume_tiers_price_all_units_at_the_last": ({"tiers_mode": "volume"}, 12, 3006),
    "volume_tiers_at_the_bound": ({"tiers_mode": "volume"}, 10, 6000),
    "a_first_tiers_flat_amount_is_due_at_quantity_0": ({"tiers_mode": "graduated"}, 0, 1000),
    "a_year": ({"unit_amount": 120000, "interval": "year"}, 1, 10000),
    "an_option_in_the_subscriptions_currency": (
        {"unit_amount": 2900, "currency": "usd", "currency_options": {"eur": {"unit_amount": 2700}}},
        1,
        2700,
    ),
}


def price(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A price of the case; tiered where the case says in which mode."""
    recurring = {"interval": fields.get("interval", "month"), "interval_count": 1, "usage_type": "licensed"}
    tiered = {"billing_scheme": "tiered", "tiers": TIERS} if "tiers_mode" in fields else {"billing_scheme": "per_unit"}
    own = {key: value for key, value in fields.items() if key != "interval"}
    return {"id": f"price_{name}", "created": CREATED, "currency": "eur", **tiered, "recurring": recurring, **own}


def subscription(name: str, quantity: int, embedded: dict[str, Any]) -> dict[str, Any]:
    """A subscription of one item; the embedded price has neither tiers nor currency options, as in events."""
    plain = {key: value for key, value in embedded.items() if key not in ("tiers", "currency_options")}
    item = {"id": f"si_{name}", "quantity": quantity, "price": plain}
    return {"id": f"sub_{name}", "created": CREATED, "status": "active", "currency": "eur", "items": {"data": [item]}}


@pytest.fixture(scope="module")
def values(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Monthly list value of each case's item, minor units."""
    staging = Staging(tmp_path_factory.mktemp("values"))
    prices = {name: price(name, fields) for name, (fields, _, _) in CASES.items()}
    staging.land(Version("price", prices[name]) for name in CASES)
    staging.land(Version("subscription", subscription(name, CASES[name][1], prices[name])) for name in CASES)
    staging.build("+int_billing__subscription_item_value")
    rows = staging.query("SELECT * FROM int_billing__subscription_item_value")
    return {row["subscription_item_id"].removeprefix("si_"): row["list_monthly_minor"] for row in rows}


@pytest.mark.parametrize("name", CASES)
def test_a_month_at_list_price(values: dict[str, int], name: str) -> None:
    assert values[name] == CASES[name][2]


def test_an_event_that_names_a_discount_by_id_is_explained_by_the_read_before(staging: Staging) -> None:
    base = subscription("one", 1, price("one", {"unit_amount": 1000}))
    coupon = {"id": "HALF", "percent_off": 50, "duration": "forever"}
    read = {**base, "discounts": [{"id": "di_1", "coupon": coupon, "start": CREATED, "end": None}]}
    staging.land([Version("subscription", read, at=at("2026-09-01"))])
    staging.land([Version("subscription", {**base, "discounts": ["di_1"]}, at=READ_AT, event_id="evt_1")])
    staging.build("+int_billing__subscription_item_value")
    (row,) = staging.query("SELECT list_monthly_minor, net_monthly_minor FROM int_billing__subscription_item_value")
    assert row == {"list_monthly_minor": 1000, "net_monthly_minor": 500}
