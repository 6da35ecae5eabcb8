{# The fields of an invoice that staging reads: acacia and older beside basil and newer. #}
{% macro invoice_shape() %}
    {% set discount_amount = {"amount": "BIGINT", "discount": "VARCHAR"} %}
    {% set tax_amount = {"amount": "BIGINT"} %}
    {% do return(
        {
            "deleted": "BOOLEAN",
            "created": "BIGINT",
            "customer": "VARCHAR",
            "number": "VARCHAR",
            "status": "VARCHAR",
            "collection_method": "VARCHAR",
            "billing_reason": "VARCHAR",
            "currency": "VARCHAR",
            "subtotal": "BIGINT",
            "total": "BIGINT",
            "amount_due": "BIGINT",
            "amount_paid": "BIGINT",
            "amount_remaining": "BIGINT",
            "starting_balance": "BIGINT",
            "ending_balance": "BIGINT",
            "pre_payment_credit_notes_amount": "BIGINT",
            "post_payment_credit_notes_amount": "BIGINT",
            "period_start": "BIGINT",
            "period_end": "BIGINT",
            "due_date": "BIGINT",
            "next_payment_attempt": "BIGINT",
            "attempt_count": "BIGINT",
            "attempted": "BOOLEAN",
            "auto_advance": "BOOLEAN",
            "test_clock": "VARCHAR",
            "default_payment_method": "VARCHAR",
            "latest_revision": "VARCHAR",
            "hosted_invoice_url": "VARCHAR",
            "metadata": "VARCHAR",
            "status_transitions": {
                "finalized_at": "BIGINT",
                "paid_at": "BIGINT",
                "voided_at": "BIGINT",
                "marked_uncollectible_at": "BIGINT",
            },
            "status_details": {"uncollectible": {"reason": "VARCHAR"}},
            "last_finalization_error": {"code": "VARCHAR", "message": "VARCHAR"},
            "from_invoice": {"invoice": "VARCHAR"},
            "subscription": "VARCHAR",
            "parent": {"subscription_details": {"subscription": "VARCHAR"}},
            "payment_intent": "VARCHAR",
            "charge": "VARCHAR",
            "paid_out_of_band": "BOOLEAN",
            "amount_paid_off_stripe": "BIGINT",
            "payments": {
                "data": [
                    {
                        "id": "VARCHAR",
                        "status": "VARCHAR",
                        "amount_paid": "BIGINT",
                        "payment": {
                            "type": "VARCHAR",
                            "payment_intent": "VARCHAR",
                            "charge": "VARCHAR",
                        },
                    }
                ]
            },
            "tax": "BIGINT",
            "total_tax_amounts": [tax_amount],
            "total_taxes": [tax_amount],
            "discount": applied_discount_shape(),
            "discounts": ["VARCHAR"],
            "total_discount_amounts": [discount_amount],
            "lines": {
                "data": [
                    {
                        "id": "VARCHAR",
                        "amount": "BIGINT",
                        "currency": "VARCHAR",
                        "description": "VARCHAR",
                        "quantity": "BIGINT",
                        "type": "VARCHAR",
                        "proration": "BOOLEAN",
                        "period": {"start": "BIGINT", "end": "BIGINT"},
                        "subscription": "VARCHAR",
                        "subscription_item": "VARCHAR",
                        "invoice_item": "VARCHAR",
                        "price": {
                            "id": "VARCHAR",
                            "product": "VARCHAR",
                            "unit_amount_decimal": "DECIMAL(24,12)",
                        },
                        "plan": plan_shape(),
                        "pricing": line_pricing_shape(),
                        "parent": {
                            "type": "VARCHAR",
                            "subscription_item_details": {
                                "subscription": "VARCHAR",
                                "subscription_item": "VARCHAR",
                                "invoice_item": "VARCHAR",
                                "proration": "BOOLEAN",
                            },
                            "invoice_item_details": {
                                "subscription": "VARCHAR",
                                "invoice_item": "VARCHAR",
                                "proration": "BOOLEAN",
                            },
                        },
                        "discountable": "BOOLEAN",
                        "discount_amounts": [discount_amount],
                        "tax_amounts": [tax_amount],
                        "taxes": [tax_amount],
                        "metadata": "VARCHAR",
                    }
                ]
            },
        }
    ) %}
{% endmacro %}
