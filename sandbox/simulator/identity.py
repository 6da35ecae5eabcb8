"""How the product's logs name a customer: by Stripe's id, or by ids of the product that have to be linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from .people import FREE_MAIL, user_email
from .seeds import source

if TYPE_CHECKING:
    from .customer import Customer

Kind = Literal["stripe", "metadata", "email", "domain"]
IDENTITIES: dict[str, Kind] = {"stripe": "stripe", "metadata": "metadata", "email": "email", "domain": "domain"}
# Customers whose accounts in the product cannot be linked: somebody signed up with another address.
UNLINKED_SHARE = 0.03


class Identity:
    """One way of naming, for all customers of a company."""

    def __init__(self, kind: Kind, seed: int) -> None:
        self.kind, self._seed = kind, seed

    def account_id(self, number: int) -> str:
        """The product's own id of a customer."""
        return f"acc_{100_000 + number * 7}"

    def is_linked(self, number: int) -> bool:
        """Whether anything in Stripe leads to the product's account."""
        return self.kind == "stripe" or source(self._seed, "linked", number).random() >= UNLINKED_SHARE

    def finds(self, customer: Customer) -> bool:
        """Whether the product's logs lead to this customer; a free mail address names no company."""
        is_known = self.kind != "domain" or customer.person.domain != FREE_MAIL
        return is_known and self.is_linked(customer.life.number)

    def metadata(self, number: int, account_id: str) -> dict[str, str]:
        """What the customer carries in Stripe."""
        return {"account_id": account_id} if self.kind == "metadata" and self.is_linked(number) else {}

    def login(self, customer: Customer, index: int) -> tuple[bytes, bytes]:
        """A login's row before and after its time."""
        if self.kind == "stripe":
            owner = customer.payload["id"]
            head = f'{{"customer":"{owner}","user_id":"u_{owner[4:10]}_{index}","ts":'
        elif self.kind == "metadata":
            head = f'{{"account_id":"{customer.account_id}","user_id":"{customer.account_id[4:]}-{index}","ts":'
        else:
            email = self._email(customer, index)
            head = f'{{"account_id":"{customer.account_id}","user_id":"{email}","email":"{email}","ts":'
        return head.encode(), b',"method":"'

    def usage(self, customer: Customer) -> bytes:
        """A row of usage up to its metric."""
        if self.kind == "stripe":
            return f'{{"customer":"{customer.payload["id"]}",'.encode()
        if self.kind == "metadata":
            return f'{{"account_id":"{customer.account_id}",'.encode()
        email = self._email(customer, 0)
        return f'{{"account_id":"{customer.account_id}","email":"{email}",'.encode()

    def _email(self, customer: Customer, index: int) -> str:
        if self.is_linked(customer.life.number):
            # The customer's own address would link by e-mail already.
            return user_email(customer.person, index + (self.kind == "domain"))
        return f"user{index}@elsewhere{customer.life.number}.example"
