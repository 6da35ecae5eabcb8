"""What the company sells: plans in five currencies, a price for usage, coupons, and prices of former years."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from sandbox import objects
from sandbox.objects import Payload

from .calendar import DAY
from .seeds import identifier, letters, source

METRIC = "api_calls"
CURRENCIES = ("usd", "eur", "gbp", "jpy", "kwd")
_OPENED_DAYS_AGO = 1_100
_RAISED_DAYS_AGO = 420
_YEARLY = 10  # two months free


@dataclass(frozen=True, slots=True)
class Plan:
    """`amounts` are monthly, in minor units, in the order of CURRENCIES; `calls` are included in a month."""

    title: str
    amounts: tuple[int, int, int, int, int]
    calls: int
    former: tuple[int, int, int, int, int] | None = None
    intervals: tuple[str, ...] = ("month", "year")
    is_seats: bool = False


PLANS = {
    "free": Plan("Free", (0, 0, 0, 0, 0), 200, intervals=("month",)),
    "solo": Plan("Solo", (2_400, 2_200, 1_900, 3_600, 7_400), 1_000, (1_900, 1_700, 1_500, 2_900, 5_900)),
    "studio": Plan("Studio", (7_900, 7_500, 6_500, 11_800, 24_300), 10_000, (5_900, 5_500, 4_900, 8_800, 18_100)),
    "business": Plan(
        "Business",
        (24_000, 22_500, 19_500, 36_000, 74_000),
        100_000,
        (19_000, 17_900, 15_500, 28_500, 58_600),
    ),
    "team": Plan("Team", (1_800, 1_700, 1_500, 2_700, 5_500), 10_000, is_seats=True),
    "enterprise": Plan("Enterprise", (96_000, 90_000, 78_000, 144_000, 296_000), 10_000_000, intervals=("year",)),
}
_USAGE = ("0.5", "0.5", "0.4", "0.8", "1.5")
_COUPONS: dict[str, tuple[str, dict[str, object]]] = {
    "welcome": ("Welcome: 50% for 3 months", {
        "percent_off": 50.0, "duration": "repeating", "duration_in_months": 3, "metadata": {"campaign": "new-customer"},
    }),
    "spring": ("Spring: 20% for 6 months", {
        "percent_off": 20.0, "duration": "repeating", "duration_in_months": 6, "metadata": {"campaign": "spring"},
        "valid": False,
    }),
    "launch": ("Launch offer, first 4 months", {
        "percent_off": 40.0, "metadata": {"campaign": "launch", "intended_duration_months": "4"},
    }),
    "nonprofit": ("Nonprofit programme", {"percent_off": 40.0, "metadata": {"program": "nonprofit"}}),
    "staff": ("Staff", {"percent_off": 100.0, "metadata": {"program": "internal"}}),
    "partner": ("Partner", {"percent_off": 30.0, "metadata": {"program": "partner"}}),
    "stay": ("Stay with us: 20% for a year", {
        "percent_off": 20.0, "duration": "repeating", "duration_in_months": 12, "metadata": {"campaign": "retention"},
    }),
    "loyal": ("Thank you: $5", {"amount_off": 500, "currency": "usd", "metadata": {"campaign": "loyalty"}}),
}  # fmt: skip
_CODES = {"welcome": ("WELCOME50", True), "spring": ("SPRING20", False), "launch": ("LAUNCH40", True)}


@dataclass(slots=True)
class Catalog:
    """Everything that customers share, by short name. Prices are named plan, currency, interval."""

    products: dict[str, Payload] = field(default_factory=dict)
    prices: dict[str, Payload] = field(default_factory=dict)
    coupons: dict[str, Payload] = field(default_factory=dict)
    codes: dict[str, Payload] = field(default_factory=dict)
    meter: Payload = field(default_factory=dict)

    def price(self, plan: str, currency: str, interval: str, *, is_former: bool = False) -> Payload:
        """The price of a plan: today's, or the one before it was raised."""
        return self.prices[f"{plan}{'_former' if is_former else ''}_{currency}_{interval}"]

    def usage(self, currency: str) -> Payload:
        """The price of one API call."""
        return self.prices[f"usage_{currency}_month"]

    def tables(self) -> dict[str, list[Payload]]:
        """All objects by file name."""
        return {
            "product": list(self.products.values()),
            "price": list(self.prices.values()),
            "coupon": list(self.coupons.values()),
            "promotion_code": list(self.codes.values()),
            "meter": [self.meter],
        }


def catalog(seed: int, anchor: int) -> Catalog:
    """The catalog of a company that is looked at from `anchor` on. Ids come from the seed."""
    draw = source(seed, "catalog")
    opened = anchor - _OPENED_DAYS_AGO * DAY
    made = Catalog(meter=objects.meter(identifier(draw, "mtr"), "API calls", METRIC, opened))
    for name, plan in PLANS.items():
        _add_plan(made, draw, name, plan, opened, anchor - _RAISED_DAYS_AGO * DAY)
    usage = objects.product(
        identifier(draw, "prod"), "API calls", opened, {"included_api_calls_per_month": "0"}, unit_label="call"
    )
    made.products["usage"] = usage
    for currency, amount in zip(CURRENCIES, _USAGE, strict=True):
        made.prices[f"usage_{currency}_month"] = objects.price(
            identifier(draw, "price"),
            usage["id"],
            currency,
            "month",
            opened,
            amount=amount,
            nickname="usage_m",
            meter=made.meter["id"],
        )
    _add_tiers(made, draw, opened)
    trial = objects.product(identifier(draw, "prod"), "Studio (test)", opened, {}, livemode=False)
    made.products["test"] = trial
    made.prices["test_usd_month"] = objects.price(
        identifier(draw, "price"), trial["id"], "usd", "month", opened, amount="7900", nickname="test_m", livemode=False
    )
    for name, (title, values) in _COUPONS.items():
        made.coupons[name] = objects.coupon(letters(draw, 8), title, opened, **values)
    for name, (code, is_for_new) in _CODES.items():
        coupon = made.coupons[name]["id"]
        made.codes[name] = objects.promotion_code(
            identifier(draw, "promo"), code, coupon, opened, is_for_new=is_for_new
        )
    made.coupons["loyal"]["applies_to"] = {"products": [made.products["solo"]["id"]]}
    for table in (made.coupons, made.codes):
        past = {"redeem_by" if table is made.coupons else "expires_at": anchor - 150 * DAY}
        table["spring"].update(past)
    made.codes["spring"]["active"] = False
    return made


def _add_plan(made: Catalog, draw: random.Random, name: str, plan: Plan, opened: int, raised: int) -> None:
    product = objects.product(
        identifier(draw, "prod"),
        plan.title,
        opened,
        {"included_api_calls_per_month": str(plan.calls)},
        unit_label="seat" if plan.is_seats else None,
    )
    made.products[name] = product
    generations = [("", plan.amounts, raised if plan.former else opened, True)]
    if plan.former:
        generations.append(("_former", plan.former, opened, False))
    for suffix, amounts, at, is_active in generations:
        for currency, amount in zip(CURRENCIES, amounts, strict=True):
            for interval in plan.intervals:
                made.prices[f"{name}{suffix}_{currency}_{interval}"] = objects.price(
                    identifier(draw, "price"),
                    product["id"],
                    currency,
                    interval,
                    at,
                    amount=str(amount * (_YEARLY if interval == "year" else 1)),
                    nickname=f"{name}{suffix}_{interval[0]}",
                    active=is_active,
                )


def _add_tiers(made: Catalog, draw: random.Random, opened: int) -> None:
    """A price in steps for something that nobody has bought yet."""
    product = objects.product(identifier(draw, "prod"), "Reports rendered", opened, {}, unit_label="report")
    made.products["reports"] = product
    steps = ((1_000, 0), (10_000, 5), (None, 2))
    made.prices["reports_usd_month"] = objects.price(
        identifier(draw, "price"),
        product["id"],
        "usd",
        "month",
        opened,
        amount="0",
        nickname="reports_m",
        meter=made.meter["id"],
        billing_scheme="tiered",
        tiers_mode="graduated",
        unit_amount=None,
        unit_amount_decimal=None,
        tiers=[
            {
                "flat_amount": None,
                "flat_amount_decimal": None,
                "unit_amount": amount,
                "unit_amount_decimal": str(amount),
                "up_to": up_to,
            }
            for up_to, amount in steps
        ],
    )
