"""What the company sells: three plans in three currencies, usage with tiers, coupons, a meter."""

from __future__ import annotations

from .book import Book, Payload

OPENED_MONTHS_AGO = 26
_MONTH = 30 * 86_400
# Monthly list price in minor units; yen have none smaller.
_PLANS = {
    "lite": ("Lite", {"usd": 100, "eur": 100, "jpy": 120}),
    "starter": ("Starter", {"usd": 1_900, "eur": 1_900, "jpy": 2_800}),
    "growth": ("Growth", {"usd": 9_900, "eur": 8_900, "jpy": 14_800}),
    "business": ("Business", {"usd": 49_000, "eur": 45_000, "jpy": 72_000}),
}
_YEARLY_FACTOR = 10  # two months free


class Catalog:
    """Products and prices by name, with the coupons that customers hold."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._opened = book.now - OPENED_MONTHS_AGO * _MONTH
        self.prices: dict[str, Payload] = {}
        self.coupons: dict[str, Payload] = {}
        self.meter = self._make_meter()
        self._make_plans()
        self._make_usage()
        self._make_coupons()

    def price(self, plan: str, currency: str, interval: str) -> Payload:
        """The active price of a plan."""
        return self.prices[f"{plan}_{currency}_{interval}"]

    def _product(self, name: str, **more: object) -> Payload:
        return self._book.put(
            "product",
            {
                "id": self._book.identifier("prod"),
                "object": "product",
                "active": True,
                "created": self._opened,
                "default_price": None,
                "description": None,
                "images": [],
                "livemode": True,
                "marketing_features": [],
                "metadata": {},
                "name": name,
                "package_dimensions": None,
                "shippable": None,
                "statement_descriptor": None,
                "tax_code": None,
                "type": "service",
                "unit_label": None,
                "updated": self._opened,
                "url": None,
                **more,
            },
        )

    def _price(self, key: str, product: Payload, currency: str, interval: str, **more: object) -> Payload:
        price = {
            "id": self._book.identifier("price"),
            "object": "price",
            "active": True,
            "billing_scheme": "per_unit",
            "created": self._opened,
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": True,
            "lookup_key": None,
            "metadata": {},
            "nickname": key,
            "product": product["id"],
            "recurring": {
                "interval": interval,
                "interval_count": 1,
                "meter": None,
                "trial_period_days": None,
                "usage_type": "licensed",
            },
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "recurring",
            "unit_amount": None,
            "unit_amount_decimal": None,
            **more,
        }
        self.prices[key] = self._book.put("price", price)
        return price

    def _make_plans(self) -> None:
        for plan, (title, amounts) in _PLANS.items():
            product = self._product(title)
            for currency, amount in amounts.items():
                for interval, factor in (("month", 1), ("year", _YEARLY_FACTOR)):
                    self._price(
                        f"{plan}_{currency}_{interval}",
                        product,
                        currency,
                        interval,
                        unit_amount=amount * factor,
                        unit_amount_decimal=str(amount * factor),
                    )
        team = self._product("Team", unit_label="seat")
        self._price("team_usd_month", team, "usd", "month", unit_amount=1_500, unit_amount_decimal="1500")
        self._price(
            "starter_usd_month_old",
            self._book.tables["product"][self.price("starter", "usd", "month")["product"]],
            "usd",
            "month",
            active=False,
            unit_amount=1_200,
            unit_amount_decimal="1200",
        )

    def _make_usage(self) -> None:
        product = self._product("Reports rendered")
        self._price(
            "reports_usd_month",
            product,
            "usd",
            "month",
            billing_scheme="tiered",
            tiers_mode="graduated",
            recurring={
                "interval": "month",
                "interval_count": 1,
                "meter": self.meter["id"],
                "trial_period_days": None,
                "usage_type": "metered",
            },
            tiers=[_tier(1_000, 0), _tier(10_000, 5), _tier(None, 2)],
        )

    def _make_meter(self) -> Payload:
        return self._book.put(
            "meter",
            {
                "id": self._book.identifier("mtr"),
                "object": "billing.meter",
                "created": self._opened,
                "customer_mapping": {"event_payload_key": "stripe_customer_id", "type": "by_id"},
                "default_aggregation": {"formula": "sum"},
                "display_name": "Reports rendered",
                "event_name": "report_rendered",
                "event_time_window": None,
                "livemode": True,
                "status": "active",
                "status_transitions": {"deactivated_at": None},
                "updated": self._opened,
                "value_settings": {"event_payload_key": "value"},
            },
        )

    def _make_coupons(self) -> None:
        starter = self.price("starter", "usd", "month")["product"]
        self._coupon("launch", "Launch offer", percent_off=50.0, duration="repeating", duration_in_months=3)
        self._coupon("charity", "Non-profit", percent_off=100.0)
        self._coupon("loyal", "Thank you", amount_off=500, currency="usd")
        self._coupon("starter", "Starter only", percent_off=10.0, applies_to={"products": [starter]})
        self._book.put(
            "promotion_code",
            {
                "id": self._book.identifier("promo"),
                "object": "promotion_code",
                "active": True,
                "code": "LAUNCH50",
                "created": self._opened,
                "customer": None,
                "customer_account": None,
                "expires_at": None,
                "livemode": True,
                "max_redemptions": None,
                "metadata": {},
                "promotion": {"coupon": self.coupons["launch"]["id"], "type": "coupon"},
                "restrictions": {
                    "first_time_transaction": True,
                    "minimum_amount": None,
                    "minimum_amount_currency": None,
                },
                "times_redeemed": 4,
            },
        )

    def _coupon(self, key: str, name: str, **more: object) -> None:
        coupon = {
            "id": self._book.identifier("coupon"),
            "object": "coupon",
            "amount_off": None,
            "created": self._opened,
            "currency": None,
            "duration": "forever",
            "duration_in_months": None,
            "livemode": True,
            "max_redemptions": None,
            "metadata": {},
            "name": name,
            "percent_off": None,
            "redeem_by": None,
            "times_redeemed": 1,
            "valid": True,
            **more,
        }
        self.coupons[key] = self._book.put("coupon", coupon)


def _tier(up_to: int | None, unit_amount: int) -> Payload:
    """A step of graduated pricing: cents per unit up to so many units, without end where None."""
    return {
        "flat_amount": None,
        "flat_amount_decimal": None,
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
        "up_to": up_to,
    }
