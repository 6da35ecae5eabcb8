"""A customer as letters and tasks need them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Customer:
    """What the billing system knows of a customer; `plan` is that of the newest running subscription.

    `country` has two letters (ISO 3166), `preferred_locale` is as Stripe writes it: `de`, `pt-BR`.
    """

    customer_id: str
    name: str | None = None
    email: str | None = None
    country: str | None = None
    preferred_locale: str | None = None
    is_deleted: bool = False
    plan: str | None = None
