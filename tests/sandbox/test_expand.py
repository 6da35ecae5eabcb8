"""`expand[]` adds what is left out and replaces ids by objects, as deep as Stripe allows."""

from __future__ import annotations

import pytest
from stripe import InvalidRequestError, StripeClient

from sandbox.stripe import Running
from tests.sandbox.clients import invoice_of


def test_tiers_are_left_out_unless_expanded(client: StripeClient) -> None:
    plain = client.v1.prices.list({"limit": 100}).data
    expanded = client.v1.prices.list({"limit": 100, "expand": ["data.tiers"]}).data
    assert not any("tiers" in price for price in plain)
    assert [len(price.tiers) for price in expanded if "tiers" in price and price.tiers] == [3]


def test_a_coupons_products_are_left_out_unless_expanded(client: StripeClient) -> None:
    plain = client.v1.coupons.list().data
    expanded = client.v1.coupons.list({"expand": ["data.applies_to"]}).data
    assert not any("applies_to" in coupon for coupon in plain)
    [limited] = [coupon for coupon in expanded if "applies_to" in coupon]
    assert limited.applies_to
    assert len(limited.applies_to.products) == 1


def test_discounts_are_ids_unless_expanded(client: StripeClient) -> None:
    plain = [one for one in client.v1.subscriptions.list({"limit": 100}).data if one.discounts]
    expanded = client.v1.subscriptions.list({"limit": 100, "expand": ["data.discounts.source.coupon"]}).data
    assert all(isinstance(discount, str) for one in plain for discount in one.discounts)
    discounts = [discount for one in expanded for discount in one.discounts]
    assert discounts
    assert all(discount.source.coupon.object == "coupon" for discount in discounts)  # type: ignore[union-attr]


def test_ids_become_objects_three_levels_down(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    path = "latest_invoice.customer.invoice_settings.default_payment_method"
    subscription_id = invoice["parent"]["subscription_details"]["subscription"]
    subscription = client.v1.subscriptions.retrieve(subscription_id, {"expand": [path]}).to_dict()
    latest = subscription["latest_invoice"]
    assert latest["id"] == invoice["id"]
    assert latest["customer"]["name"] == invoice["customer_name"]
    assert latest["customer"]["invoice_settings"]["default_payment_method"]["object"] == "payment_method"


def test_an_invoices_payments_are_a_list_when_expanded(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "rescued")
    shown = client.v1.invoices.retrieve(invoice["id"], {"expand": ["payments"]})
    assert shown.payments
    assert [payment.invoice for payment in shown.payments.data] == [invoice["id"]]


def test_a_fifth_level_is_refused(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError, match="cannot expand more than 4 levels"):
        client.v1.subscriptions.list({"expand": ["data.items.data.price.product"]})


def test_a_list_asks_for_the_prefix_data(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError, match=r"You may want to try expanding 'data\.customer' instead"):
        client.v1.invoices.list({"expand": ["customer"]})


def test_a_field_that_is_no_reference_is_refused(client: StripeClient) -> None:
    with pytest.raises(InvalidRequestError, match=r"cannot be expanded \(data\.number\)"):
        client.v1.invoices.list({"expand": ["data.number"]})
