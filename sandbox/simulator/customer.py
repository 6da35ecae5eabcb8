"""A customer of the company with everything that belongs to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import objects
from sandbox.objects import Payload

from .activity import Activity
from .people import Person, card
from .seeds import letters
from .till import Till

if TYPE_CHECKING:
    from .contract import Contract
    from .life import Life


class Customer:
    """A customer who exists from now on, without a card."""

    def __init__(
        self,
        life: Life,
        person: Person,
        *,
        metadata: dict[str, str] | None = None,
        livemode: bool = True,
        test_clock: str | None = None,
    ) -> None:
        self.life, self.person = life, person
        self.account_id = life.world.identity.account_id(life.number)
        self.payload: Payload = objects.customer(
            life.identifier("cus"),
            person.name,
            person.email,
            person.address,
            person.place.currency,
            life.at,
            prefix=letters(life.random, 8).upper(),
            livemode=livemode,
            test_clock=test_clock,
            metadata={**(metadata or {}), **life.world.identity.metadata(life.number, self.account_id)},
        )
        self.methods: list[Payload] = []
        self.contracts: list[Contract] = []
        self.till = Till(self)
        self.activity = Activity(self)
        life.customer_id, life.currency = self.payload["id"], person.place.currency
        life.customers.append(self)
        life.keep("customer", self.payload)
        life.emit("customer.created", self.payload)

    @property
    def currency(self) -> str:
        """What it pays in."""
        return self.person.place.currency

    def add_card(
        self, *, is_default: bool = True, fingerprint: str | None = None, expires: tuple[int, int] | None = None
    ) -> Payload:
        """A new card; the default one pays unless a subscription names another."""
        life = self.life
        method = card(
            life.random, life.identifier("pm"), self.payload, life.at, fingerprint=fingerprint, expires=expires
        )
        life.keep("payment_method", method)
        life.emit("payment_method.attached", method, is_quiet=True)
        self.methods.append(method)
        if is_default:
            settings = {**self.payload["invoice_settings"], "default_payment_method": method["id"]}
            life.change("customer.updated", self.payload, invoice_settings=settings)
        return method

    def set_late(self, *, is_late: bool) -> None:
        """Whether its newest charge failed."""
        self.life.change("customer.updated", self.payload, delinquent=is_late)

    def delete(self) -> None:
        """Remove it; only a stub is left."""
        life = self.life
        life.emit("customer.deleted", self.payload)
        stub = {"id": self.payload["id"], "object": "customer", "deleted": True}
        life.keep("customer", stub)
        self.activity.stop()

    def next_number(self) -> str:
        """The number of its next invoice."""
        sequence = self.payload["next_invoice_sequence"]
        self.life.change(None, self.payload, next_invoice_sequence=sequence + 1)
        return f"{self.payload['invoice_prefix']}-{sequence:04d}"
