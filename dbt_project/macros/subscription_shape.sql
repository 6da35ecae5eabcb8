{# The fields of a subscription that staging reads: acacia and older beside basil and newer. #}
{% macro subscription_shape() %}
    {% do return(
        {
            "deleted": "BOOLEAN",
            "created": "BIGINT",
            "customer": "VARCHAR",
            "status": "VARCHAR",
            "collection_method": "VARCHAR",
            "currency": "VARCHAR",
            "start_date": "BIGINT",
            "trial_start": "BIGINT",
            "trial_end": "BIGINT",
            "billing_cycle_anchor": "VARCHAR",
            "current_period_start": "BIGINT",
            "current_period_end": "BIGINT",
            "cancel_at": "BIGINT",
            "canceled_at": "BIGINT",
            "ended_at": "BIGINT",
            "cancel_at_period_end": "BOOLEAN",
            "cancellation_details": {"reason": "VARCHAR"},
            "pause_collection": {"behavior": "VARCHAR", "resumes_at": "BIGINT"},
            "status_details": {"paused": {"type": "VARCHAR", "reason": "VARCHAR"}},
            "default_payment_method": "VARCHAR",
            "default_source": "VARCHAR",
            "latest_invoice": "VARCHAR",
            "schedule": "VARCHAR",
            "days_until_due": "BIGINT",
            "test_clock": "VARCHAR",
            "metadata": "VARCHAR",
            "discount": applied_discount_shape(),
            "discounts": ["VARCHAR"],
            "items": {
                "data": [
                    {
                        "id": "VARCHAR",
                        "created": "BIGINT",
                        "quantity": "BIGINT",
                        "current_period_start": "BIGINT",
                        "current_period_end": "BIGINT",
                        "discounts": ["VARCHAR"],
                        "metadata": "VARCHAR",
                        "price": price_shape(),
                        "plan": plan_shape(),
                    }
                ]
            },
        }
    ) %}
{% endmacro %}

{# Unix seconds: the field itself until dahlia, an object with a timestamp since endive. #}
{% macro billing_cycle_anchor(field) %}
    cast(
        case
            when left({{ field }}, 1) = '{'
            then {{ json_field(field, "timestamp") }}
            else {{ field }}
        end as bigint
    )
{% endmacro %}
