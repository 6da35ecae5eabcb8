"""What lies beside the stories: test mode, test clocks, card tests, a schedule, pending items, a deleted customer."""

from __future__ import annotations

from .book import DAY, HOUR, Book, Payload, add_months
from .catalog import Catalog
from .charges import new_charge
from .outcomes import fail
from .papers import new_invoice, new_subscription
from .people import new_card, new_customer


def add_extras(book: Book, catalog: Catalog) -> None:
    """Add all of them to the book."""
    for number, clock in enumerate((None, None, book.identifier("clock"))):
        _test_mode_failure(book, catalog, number, clock)
    _card_tests(book)
    _schedule(book, catalog)
    _pending_item(book)
    _deleted_customer(book)


def _test_mode_failure(book: Book, catalog: Catalog, number: int, test_clock: str | None) -> None:
    """Somebody of the company tried out what a declined card looks like."""
    at = book.now - (15 + 10 * number) * DAY
    customer = new_customer(book, f"Test {number + 1}", "US", "usd", at - HOUR, livemode=False, test_clock=test_clock)
    card = new_card(book, customer, at - HOUR)
    price = {**catalog.price("business", "usd", "month"), "id": book.identifier("price"), "livemode": False}
    book.put("price", price)
    subscription = new_subscription(book, customer, price, at)
    invoice = new_invoice(
        book,
        customer,
        subscription,
        price["unit_amount"],
        at,
        reason="subscription_create",
        period=(at, add_months(at, 1)),
    )
    fail(book, invoice, card, at + HOUR, "generic_decline", next_attempt=None)
    subscription["status"] = "past_due"


def _card_tests(book: Book) -> None:
    """Blocked charges that belong to no invoice: somebody tries out card numbers on a payment form."""
    customer = new_customer(book, "Quick Checkout", "US", "usd", book.now - 17 * DAY)
    for number in range(6):
        at = book.now - 17 * DAY + number * 40
        card = new_card(book, customer, at, is_default=False)
        intent = {
            **next(iter(book.tables["payment_intent"].values())),
            "id": book.identifier("pi"),
            "amount": 100,
            "amount_received": 0,
            "created": at,
            "currency": "usd",
            "customer": customer["id"],
            "description": None,
            "last_payment_error": None,
            "latest_charge": None,
            "livemode": True,
            "payment_method": None,
            "setup_future_usage": None,
            "status": "requires_payment_method",
        }
        book.put("payment_intent", intent)
        charge = new_charge(book, intent, card, at, decline="highest_risk_level", is_blocked=True)
        intent["latest_charge"] = charge["id"]
        book.emit("payment_intent.payment_failed", intent, at)


def _schedule(book: Book, catalog: Catalog) -> None:
    """A price change that is agreed for next month."""
    subscription = next(iter(book.tables["subscription"].values()))
    start = subscription["items"]["data"][0]["current_period_start"]
    end = subscription["items"]["data"][0]["current_period_end"]
    price = catalog.price("business", "usd", "month")
    schedule: Payload = {
        "id": book.identifier("sub_sched"),
        "object": "subscription_schedule",
        "application": None,
        "billing_mode": subscription["billing_mode"],
        "canceled_at": None,
        "completed_at": None,
        "created": start,
        "current_phase": {"end_date": end, "start_date": start},
        "customer": subscription["customer"],
        "customer_account": None,
        "default_settings": {
            "application_fee_percent": None,
            "automatic_tax": subscription["automatic_tax"],
            "billing_cycle_anchor": "automatic",
            "billing_thresholds": None,
            "collection_method": "charge_automatically",
            "default_payment_method": None,
            "description": None,
            "invoice_settings": {"account_tax_ids": None, "days_until_due": None, "issuer": {"type": "self"}},
            "on_behalf_of": None,
            "transfer_data": None,
        },
        "end_behavior": "release",
        "livemode": True,
        "metadata": {},
        "phases": [_phase(price, 1, start, end), _phase(price, 2, end, add_months(end, 12))],
        "released_at": None,
        "released_subscription": None,
        "status": "active",
        "subscription": subscription["id"],
        "test_clock": None,
    }
    book.put("subscription_schedule", schedule)
    subscription["schedule"] = schedule["id"]


def _phase(price: Payload, quantity: int, start: int, end: int) -> Payload:
    return {
        "add_invoice_items": [],
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": None,
        "billing_thresholds": None,
        "collection_method": None,
        "currency": price["currency"],
        "default_payment_method": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "end_date": end,
        "invoice_settings": None,
        "items": [
            {
                "billing_thresholds": None,
                "discounts": [],
                "metadata": {},
                "plan": price["id"],
                "price": price["id"],
                "quantity": quantity,
                "tax_rates": [],
            }
        ],
        "metadata": {},
        "on_behalf_of": None,
        "proration_behavior": "create_prorations",
        "start_date": start,
        "transfer_data": None,
        "trial_end": None,
    }


def _pending_item(book: Book) -> None:
    """Work done for a customer that no invoice has taken up yet."""
    customer = next(iter(book.tables["customer"].values()))
    at = book.now - 9 * DAY
    item: Payload = {
        "id": book.identifier("ii"),
        "object": "invoiceitem",
        "amount": 25_000,
        "currency": "usd",
        "customer": customer["id"],
        "customer_account": None,
        "date": at,
        "description": "Data import",
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": True,
        "metadata": {},
        "net_amount": 25_000,
        "parent": None,
        "period": {"end": at, "start": at},
        "pricing": None,
        "proration": False,
        "proration_details": {"discount_amounts": []},
        "quantity": 1,
        "quantity_decimal": "1",
        "tax_rates": [],
        "test_clock": None,
    }
    book.put("invoiceitem", item)
    book.emit("invoiceitem.created", item, at)


def _deleted_customer(book: Book) -> None:
    """A sign-up by mistake, removed the same day; only the stub is left."""
    at = book.now - 11 * DAY
    customer = new_customer(book, "Zinnia Mistake", "US", "usd", at)
    book.emit("customer.deleted", customer, at + HOUR)
    book.put("customer", {"id": customer["id"], "object": "customer", "deleted": True})
