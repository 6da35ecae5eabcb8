"""What the stand-in serves: one entry per object type, with its path, its filters and its permission.

Source: Stripe's OpenAPI 2026-05-27 (paths, query parameters) and
https://docs.stripe.com/keys/permissions-reference (permissions of restricted keys).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .filters import (
    Filter,
    between,
    choice,
    contains,
    derived,
    equals,
    flag,
    is_set,
    nested,
    one_of,
    wildcard,
)

_COLLECTION = ("charge_automatically", "send_invoice")
_SUBSCRIPTION_STATUS = (
    "active", "all", "canceled", "ended", "incomplete", "incomplete_expired",
    "past_due", "paused", "trialing", "unpaid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resource:
    """An object type: `name` is also its file name, `label` how error messages call it."""

    name: str
    path: str
    permission: str
    object: str = ""
    label: str = ""
    id_parameter: str = "id"
    filters: Mapping[str, Filter] = field(default_factory=dict)
    embedded: tuple[str, ...] = ()
    created_window: bool = True
    default_view: Callable[[tuple[Any, ...]], bool] | None = None

    @property
    def type(self) -> str:
        """The value of `object` in its payloads."""
        return self.object or self.name

    @property
    def noun(self) -> str:
        """The word in "No such ...":"""
        return self.label or self.name


def _subscription_prices(subscription: Mapping[str, Any]) -> tuple[str, ...]:
    items = (subscription.get("items") or {}).get("data") or []
    return tuple(item["price"]["id"] for item in items if isinstance(item.get("price"), dict))


def _period(edge: str) -> Callable[[Mapping[str, Any]], int | None]:
    """The period is on the subscription before basil (2025-03) and on its items since."""

    def read(subscription: Mapping[str, Any]) -> int | None:
        if subscription.get(edge) is not None:
            return int(subscription[edge])
        items = (subscription.get("items") or {}).get("data") or []
        return next((item[edge] for item in items if item.get(edge) is not None), None)

    return read


def _invoice_subscription(invoice: Mapping[str, Any]) -> str | None:
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    found = details.get("subscription") or invoice.get("subscription")
    return found.get("id") if isinstance(found, dict) else found


def _promotion_coupon(code: Mapping[str, Any]) -> str | None:
    coupon = (code.get("promotion") or {}).get("coupon") or code.get("coupon")
    return coupon.get("id") if isinstance(coupon, dict) else coupon


def _schedule_not_started(schedule: Mapping[str, Any]) -> bool:
    return schedule.get("status") == "not_started"


def _subscription_status(wanted: str, status: Any) -> bool:
    if wanted == "all":
        return True
    if wanted == "ended":
        return status in ("canceled", "incomplete_expired")
    return bool(status == wanted)


_CUSTOMER = equals("customer")
_ACCOUNT = equals("customer_account")

RESOURCES: tuple[Resource, ...] = (
    Resource(
        "customer",
        "/v1/customers",
        "customer",
        filters={"email": equals("email"), "test_clock": equals("test_clock")},
    ),
    Resource(
        "subscription",
        "/v1/subscriptions",
        "subscription",
        filters={
            "status": choice("status", _SUBSCRIPTION_STATUS, _subscription_status),
            "customer": _CUSTOMER,
            "customer_account": _ACCOUNT,
            "price": contains(_subscription_prices),
            "collection_method": choice("collection_method", _COLLECTION),
            "current_period_end": derived("range", _period("current_period_end")),
            "current_period_start": derived("range", _period("current_period_start")),
            "automatic_tax": nested("automatic_tax", "enabled"),
            "test_clock": equals("test_clock"),
        },
        embedded=("items",),
        default_view=lambda values: values[0] != "canceled",
    ),
    Resource(
        "subscription_schedule",
        "/v1/subscription_schedules",
        "subscription",
        id_parameter="schedule",
        filters={
            "customer": _CUSTOMER,
            "customer_account": _ACCOUNT,
            "canceled_at": between("canceled_at"),
            "completed_at": between("completed_at"),
            "released_at": between("released_at"),
            "scheduled": derived("boolean", _schedule_not_started),
        },
    ),
    Resource(
        "invoice",
        "/v1/invoices",
        "invoice",
        id_parameter="invoice",
        filters={
            "status": choice("status", ("draft", "open", "paid", "uncollectible", "void")),
            "customer": _CUSTOMER,
            "customer_account": _ACCOUNT,
            "subscription": derived("string", _invoice_subscription),
            "collection_method": choice("collection_method", _COLLECTION),
            "due_date": between("due_date"),
        },
        embedded=("lines",),
    ),
    Resource(
        "invoice_payment",
        "/v1/invoice_payments",
        "invoice",
        id_parameter="invoice_payment",
        filters={
            "status": choice("status", ("canceled", "open", "paid")),
            "invoice": equals("invoice"),
            "payment": nested("payment", "payment_intent", also=("type",), kind="string"),
        },
    ),
    Resource(
        "invoiceitem",
        "/v1/invoiceitems",
        "invoice",
        id_parameter="invoiceitem",
        filters={
            "customer": _CUSTOMER,
            "customer_account": _ACCOUNT,
            "invoice": equals("invoice"),
            "pending": is_set("invoice", absent=True),
        },
    ),
    Resource(
        "charge",
        "/v1/charges",
        "charge",
        filters={
            "customer": _CUSTOMER,
            "payment_intent": equals("payment_intent"),
            "transfer_group": equals("transfer_group"),
        },
    ),
    Resource(
        "payment_intent",
        "/v1/payment_intents",
        "payment_intent",
        id_parameter="intent",
        filters={"customer": _CUSTOMER, "customer_account": _ACCOUNT},
    ),
    Resource(
        "payment_method",
        "/v1/payment_methods",
        "payment_method",
        label="PaymentMethod",
        id_parameter="payment_method",
        filters={
            "customer": _CUSTOMER,
            "customer_account": _ACCOUNT,
            "type": equals("type"),
            "allow_redisplay": choice("allow_redisplay", ("always", "limited", "unspecified")),
        },
        created_window=False,
    ),
    Resource(
        "product",
        "/v1/products",
        "product",
        filters={
            "active": flag("active"),
            "ids": one_of("id"),
            "shippable": flag("shippable"),
            "url": equals("url"),
        },
    ),
    Resource(
        "price",
        "/v1/prices",
        "plan",
        id_parameter="price",
        filters={
            "active": flag("active"),
            "currency": equals("currency"),
            "lookup_keys": one_of("lookup_key"),
            "product": equals("product"),
            "recurring": nested("recurring", "interval", also=("meter", "usage_type"), kind="string"),
            "type": choice("type", ("one_time", "recurring")),
        },
    ),
    Resource("coupon", "/v1/coupons", "coupon", id_parameter="coupon"),
    Resource(
        "promotion_code",
        "/v1/promotion_codes",
        "promotion_code",
        id_parameter="promotion_code",
        filters={
            "active": flag("active"),
            "code": equals("code"),
            "coupon": derived("string", _promotion_coupon),
            "customer": _CUSTOMER,
            "customer_account": _ACCOUNT,
        },
    ),
    Resource(
        "refund",
        "/v1/refunds",
        "charge",
        filters={"charge": equals("charge"), "payment_intent": equals("payment_intent")},
    ),
    Resource(
        "dispute",
        "/v1/disputes",
        "dispute",
        filters={"charge": equals("charge"), "payment_intent": equals("payment_intent")},
    ),
    Resource(
        "credit_note",
        "/v1/credit_notes",
        "credit_note",
        filters={"customer": _CUSTOMER, "customer_account": _ACCOUNT, "invoice": equals("invoice")},
        embedded=("lines",),
    ),
    Resource(
        "balance_transaction",
        "/v1/balance_transactions",
        "balance_transaction_source",
        label="balance transaction",
        filters={
            "currency": equals("currency"),
            "payout": equals("payout"),
            "source": equals("source"),
            "type": equals("type"),
        },
    ),
    Resource(
        "meter",
        "/v1/billing/meters",
        "billing_meter",
        object="billing.meter",
        label="billing meter",
        filters={"status": choice("status", ("active", "inactive"))},
        created_window=False,
    ),
    Resource(
        "event",
        "/v1/events",
        "event",
        filters={
            "type": wildcard("type"),
            "types": one_of("type", patterns=True),
            "delivery_success": is_set("pending_webhooks", absent=True),
        },
    ),
)

BY_NAME = {resource.name: resource for resource in RESOURCES}
BY_TYPE = {resource.type: resource for resource in RESOURCES}
