"""What we read from Stripe: one row per resource, and nothing else decides it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Sublist:
    """A list inside an object that Stripe cuts to ten; the rest is read from `path`."""

    field: str
    path: str


@dataclass(frozen=True)
class Resource:
    """One object type: its table and export file (`name`), where it is listed, and what makes a row of it sound.

    `money` are fields that must be integers in minor units. `is_history` marks what `--since` limits; the rest (who the
    customers are, what they subscribe to) is always read whole, or recent invoices would lack their owners.
    `has_creation_event` false means that new objects are only found by listing. `is_cut_in_events` marks objects whose
    event snapshots lack what we expand, so that the object is read again. `unlisted` is SQL that is true for payloads
    that no list shows although Stripe has the object. `lists_open_only` marks lists that an object leaves, without an
    event, when it is done with.
    """

    name: str
    path: str
    object: str
    money: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()
    has_created_filter: bool = True
    is_history: bool = False
    has_creation_event: bool = True
    is_cut_in_events: bool = False
    sublists: tuple[Sublist, ...] = ()
    unlisted: str = "false"
    lists_open_only: bool = False


RESOURCES: tuple[Resource, ...] = (
    Resource(
        "invoice",
        "/v1/invoices",
        "invoice",
        money=("amount_due", "amount_paid", "amount_remaining", "subtotal", "total"),
        is_history=True,
        sublists=(Sublist("lines", "/v1/invoices/{id}/lines"),),
    ),
    Resource("customer", "/v1/customers", "customer", money=("balance",)),
    Resource(
        "subscription",
        "/v1/subscriptions",
        "subscription",
        expand=("data.discounts", "data.items.data.discounts"),
        parameters=(("status", "all"),),
        is_cut_in_events=True,
        sublists=(Sublist("items", "/v1/subscription_items?subscription={id}"),),
    ),
    Resource(
        "invoice_payment",
        "/v1/invoice_payments",
        "invoice_payment",
        money=("amount_paid", "amount_requested"),
        is_history=True,
        has_creation_event=False,
    ),
    Resource(
        "charge",
        "/v1/charges",
        "charge",
        money=("amount", "amount_captured", "amount_refunded"),
        is_history=True,
    ),
    Resource(
        "payment_intent",
        "/v1/payment_intents",
        "payment_intent",
        money=("amount", "amount_received"),
        is_history=True,
    ),
    Resource(
        "payment_method",
        "/v1/payment_methods",
        "payment_method",
        has_created_filter=False,
        unlisted="payload ->> '$.customer' is null",
    ),
    Resource("product", "/v1/products", "product"),
    Resource(
        "price",
        "/v1/prices",
        "price",
        money=("unit_amount",),
        expand=("data.tiers", "data.currency_options"),
        is_cut_in_events=True,
    ),
    Resource(
        "coupon",
        "/v1/coupons",
        "coupon",
        money=("amount_off",),
        expand=("data.applies_to", "data.currency_options"),
        is_cut_in_events=True,
    ),
    Resource("promotion_code", "/v1/promotion_codes", "promotion_code"),
    Resource("refund", "/v1/refunds", "refund", money=("amount",), is_history=True),
    Resource("dispute", "/v1/disputes", "dispute", money=("amount",), is_history=True),
    Resource(
        "credit_note",
        "/v1/credit_notes",
        "credit_note",
        money=("amount", "total"),
        is_history=True,
        sublists=(Sublist("lines", "/v1/credit_notes/{id}/lines"),),
    ),
    Resource(
        "balance_transaction",
        "/v1/balance_transactions",
        "balance_transaction",
        money=("amount", "fee", "net"),
        is_history=True,
        has_creation_event=False,
    ),
    Resource(
        "invoiceitem",
        "/v1/invoiceitems",
        "invoiceitem",
        money=("amount",),
        parameters=(("pending", "true"),),
        unlisted="payload ->> '$.invoice' is not null",
        lists_open_only=True,
    ),
    Resource("subscription_schedule", "/v1/subscription_schedules", "subscription_schedule"),
    Resource("meter", "/v1/billing/meters", "billing.meter", has_created_filter=False, has_creation_event=False),
)

# Per customer and meter, so it is no plain list; its rows get the customer that was asked for.
METER_EVENT_SUMMARY = Resource(
    "meter_event_summary",
    "/v1/billing/meters/{meter}/event_summaries",
    "billing.meter_event_summary",
    has_created_filter=False,
    has_creation_event=False,
)
EVENT = Resource("event", "/v1/events", "event", is_history=True)

BY_NAME: dict[str, Resource] = {r.name: r for r in (*RESOURCES, METER_EVENT_SUMMARY, EVENT)}
BY_OBJECT: dict[str, Resource] = {r.object: r for r in (*RESOURCES, METER_EVENT_SUMMARY)}
TABLES: tuple[str, ...] = tuple(BY_NAME)


@dataclass(frozen=True)
class Permission:
    """What a restricted key lacks: Stripe's name for it and the row of Stripe's key editor."""

    permission: str
    dashboard: str


@cache
def permissions() -> dict[str, Permission]:
    """The permission that each resource needs, from permissions.yml."""
    rows = YAML(typ="safe").load(Path(__file__).with_name("permissions.yml"))
    return {name: Permission(**row) for name, row in rows.items()}
