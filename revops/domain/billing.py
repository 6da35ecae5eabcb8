"""The billing system as an action sees it: an invoice as it is now, and what a request for money led to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from revops.domain.carrying import OutsideRefusedError, OutsideUnavailableError


class BillingUnavailableError(OutsideUnavailableError):
    """The billing system does not answer."""


class BillingRefusedError(OutsideRefusedError):
    """The billing system refused the request."""


class NoSuchInvoiceError(BillingRefusedError):
    """There is no such invoice in the account."""


@dataclass(frozen=True)
class InvoiceNow:
    """An invoice as it was read a moment ago; amounts in minor units of `currency`.

    `last_charge` is the newest failed charge for it. `tries` are when its payment method's card was tried, whatever
    the invoice; `card_brand` is that card's network. `customer_email` is where Stripe would write to now.
    """

    invoice: str
    status: str
    currency: str
    amount_remaining_minor: int
    collection_method: str
    next_payment_attempt_at: datetime | None
    pause_behavior: str | None
    is_customer_deleted: bool
    is_payment_processing: bool
    is_disputed: bool
    payment_method: str | None
    card_fingerprint: str | None
    card_brand: str | None
    last_charge: str | None
    decline_code: str | None
    network_decline_code: str | None
    advice_code: str | None
    tries: Sequence[datetime]
    customer_email: str | None = None


@dataclass(frozen=True)
class Paid:
    """The money is there, by this charge of ours; `amount_minor` in minor units of `currency`."""

    charge: str | None
    amount_minor: int
    currency: str
    at: datetime


@dataclass(frozen=True)
class Declined:
    """The charge was made and refused by the bank."""

    charge: str | None
    decline_code: str | None
    advice_code: str | None = None


@dataclass(frozen=True)
class NotFound:
    """No trace of the request; `is_settled` where nothing can be on its way any more."""

    is_paid_otherwise: bool
    is_processing: bool
    seen: Mapping[str, Any] = field(default_factory=dict)


Answer = Paid | Declined
