"""Which fields of an object can be expanded; asking for another one is an error.

Source: `x-expandableFields` of Stripe's OpenAPI 2026-05-27, and fields of objects before basil (2025-03).
Hashes are listed too, because a path may lead through them.
"""

from __future__ import annotations

from collections.abc import Mapping


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


EXPANDABLE: Mapping[str, frozenset[str]] = {
    "customer": _names(
        "address cash_balance default_source discount invoice_settings shipping sources subscriptions "
        "tax tax_ids test_clock"
    ),
    "subscription": _names(
        "application automatic_tax billing_cycle_anchor_config billing_mode billing_schedules "
        "billing_thresholds cancellation_details customer default_payment_method default_source "
        "default_tax_rates discount discounts invoice_settings items latest_invoice managed_payments "
        "on_behalf_of pause_collection payment_settings pending_invoice_item_interval "
        "pending_setup_intent pending_update plan presentment_details schedule test_clock "
        "transfer_data trial_settings"
    ),
    "subscription_item": _names("billing_thresholds discounts plan price tax_rates"),
    "subscription_schedule": _names(
        "application billing_mode current_phase customer default_settings phases subscription test_clock"
    ),
    "invoice": _names(
        "account_tax_ids application automatic_tax charge confirmation_secret custom_fields customer "
        "customer_address customer_shipping customer_tax_ids default_payment_method default_source "
        "default_tax_rates discount discounts from_invoice issuer last_finalization_error "
        "latest_revision lines on_behalf_of parent payment_intent payment_settings payments rendering "
        "shipping_cost shipping_details status_transitions subscription subscription_details "
        "test_clock threshold_reason total_discount_amounts total_pretax_credit_amounts total_taxes"
    ),
    "line_item": _names(
        "discount_amounts discounts parent period plan pretax_credit_amounts price pricing "
        "proration_details subscription subscription_item tax_rates taxes"
    ),
    "invoice_payment": _names("invoice payment status_transitions"),
    "invoiceitem": _names(
        "customer discounts invoice parent period plan price pricing proration_details subscription "
        "tax_rates test_clock"
    ),
    "charge": _names(
        "application application_fee balance_transaction billing_details customer destination dispute "
        "failure_balance_transaction fraud_details invoice on_behalf_of outcome payment_intent "
        "payment_method_details presentment_details radar_options refunds review shipping source "
        "source_transfer transfer transfer_data"
    ),
    "payment_intent": _names(
        "amount_details application automatic_payment_methods customer hooks invoice "
        "last_payment_error latest_charge managed_payments next_action on_behalf_of payment_details "
        "payment_method payment_method_configuration_details payment_method_options "
        "presentment_details processing review shipping transfer_data"
    ),
    "payment_method": _names("billing_details card customer radar_options"),
    "product": _names("default_price marketing_features package_dimensions tax_code"),
    "price": _names("currency_options custom_unit_amount product recurring tiers transform_quantity"),
    "plan": _names("product tiers transform_usage"),
    "coupon": _names("applies_to currency_options"),
    "promotion_code": _names("coupon customer promotion restrictions"),
    "refund": _names(
        "balance_transaction charge destination_details failure_balance_transaction next_action "
        "payment_intent presentment_details source_transfer_reversal transfer_reversal"
    ),
    "dispute": _names("balance_transactions charge evidence evidence_details payment_intent payment_method_details"),
    "credit_note": _names(
        "customer customer_balance_transaction discount_amounts invoice lines pretax_credit_amounts "
        "refunds shipping_cost total_taxes"
    ),
    "balance_transaction": _names("fee_details source"),
    "billing.meter": _names("customer_mapping default_aggregation status_transitions value_settings"),
    "event": _names(""),
    "discount": _names("coupon customer promotion_code source"),
}
