{# Shapes that several objects embed, old and new API versions in one. #}
{% macro coupon_shape() %}
    {% do return(
        {
            "id": "VARCHAR",
            "deleted": "BOOLEAN",
            "created": "BIGINT",
            "name": "VARCHAR",
            "percent_off": "DECIMAL(9,4)",
            "amount_off": "BIGINT",
            "currency": "VARCHAR",
            "currency_options": "VARCHAR",
            "duration": "VARCHAR",
            "duration_in_months": "BIGINT",
            "applies_to": {"products": ["VARCHAR"]},
            "redeem_by": "BIGINT",
            "max_redemptions": "BIGINT",
            "times_redeemed": "BIGINT",
            "valid": "BOOLEAN",
            "metadata": "VARCHAR",
        }
    ) %}
{% endmacro %}

{# Discount.coupon (an object) until basil, Discount.source.coupon (an id, or expanded) since clover. #}
{% macro applied_discount_shape() %}
    {% do return(
        {
            "id": "VARCHAR",
            "coupon": "VARCHAR",
            "source": {"coupon": "VARCHAR"},
            "promotion_code": "VARCHAR",
            "start": "BIGINT",
            "end": "BIGINT",
        }
    ) %}
{% endmacro %}

{% macro price_shape() %}
    {% do return(
        {
            "id": "VARCHAR",
            "deleted": "BOOLEAN",
            "created": "BIGINT",
            "active": "BOOLEAN",
            "nickname": "VARCHAR",
            "lookup_key": "VARCHAR",
            "product": "VARCHAR",
            "currency": "VARCHAR",
            "type": "VARCHAR",
            "billing_scheme": "VARCHAR",
            "tiers_mode": "VARCHAR",
            "unit_amount": "BIGINT",
            "unit_amount_decimal": "DECIMAL(24,12)",
            "tiers": [
                {
                    "up_to": "VARCHAR",
                    "flat_amount_decimal": "DECIMAL(24,12)",
                    "flat_amount": "BIGINT",
                    "unit_amount_decimal": "DECIMAL(24,12)",
                    "unit_amount": "BIGINT",
                }
            ],
            "transform_quantity": {"divide_by": "BIGINT", "round": "VARCHAR"},
            "recurring": {
                "interval": "VARCHAR",
                "interval_count": "BIGINT",
                "usage_type": "VARCHAR",
                "meter": "VARCHAR",
                "trial_period_days": "BIGINT",
            },
            "currency_options": "VARCHAR",
            "metadata": "VARCHAR",
        }
    ) %}
{% endmacro %}

{# A plan, as subscriptions and lines embed it beside or before `price`. #}
{% macro plan_shape() %}
    {% do return(
        {
            "id": "VARCHAR",
            "product": "VARCHAR",
            "currency": "VARCHAR",
            "amount": "BIGINT",
            "amount_decimal": "DECIMAL(24,12)",
            "interval": "VARCHAR",
            "interval_count": "BIGINT",
            "usage_type": "VARCHAR",
            "billing_scheme": "VARCHAR",
            "tiers_mode": "VARCHAR",
            "nickname": "VARCHAR",
        }
    ) %}
{% endmacro %}

{# A line's price: `price`/`plan` until acacia, `pricing.price_details` since basil. #}
{% macro line_pricing_shape() %}
    {% do return(
        {
            "type": "VARCHAR",
            "unit_amount_decimal": "DECIMAL(24,12)",
            "price_details": {"price": "VARCHAR", "product": "VARCHAR"},
        }
    ) %}
{% endmacro %}
