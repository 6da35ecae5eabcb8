"""Objects in Stripe's shape, without any state: whoever makes one brings ids and values.

Valid against the OpenAPI of 2026-05-27 and readable by clients of older versions. Nested values are never changed in
place by those who use them, so that constants can be shared between objects.
"""

from .balance_transaction import balance_transaction
from .charge import charge
from .coupon import coupon, promotion_code
from .credit_note import credit_note
from .customer import customer
from .discount import discount
from .dispute import dispute
from .invoice import finalized, invoice
from .invoice_payment import invoice_payment
from .invoiceitem import invoiceitem
from .line_item import line_item
from .meter import meter, meter_event_summary
from .payload import Payload
from .payment_intent import payment_intent
from .payment_method import payment_method
from .price import price, product
from .refund import refund
from .subscription import subscription, subscription_item
from .subscription_schedule import subscription_schedule

__all__ = [
    "Payload",
    "balance_transaction",
    "charge",
    "coupon",
    "credit_note",
    "customer",
    "discount",
    "dispute",
    "finalized",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "line_item",
    "meter",
    "meter_event_summary",
    "payment_intent",
    "payment_method",
    "price",
    "product",
    "promotion_code",
    "refund",
    "subscription",
    "subscription_item",
    "subscription_schedule",
]
