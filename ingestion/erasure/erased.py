"""Whose data must not be kept: the tenant's erased customers, and how they are recognised in what arrives."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from ingestion.erasure.pseudonyms import Pseudonyms, addresses_in, digest
from ingestion.erasure.washing import MARK, Washed, wash

# By these an object refers to a charge or payment intent where it names no customer.
LINKS = ("charge", "payment_intent", "source")
# Tables of such objects: looking into every payload for a link would take most of an erasure's time.
FOLLOWERS = ("dispute", "refund", "balance_transaction")
_ADDRESSES_KEPT = 200_000
# Objects of these types may belong to a person without a customer's record.
_OF_GUESTS = frozenset({"charge", "payment_intent", "payment_method"})


@dataclass(frozen=True)
class Erasure:
    """One erased customer, with what else is theirs.

    `accounts` are ids of the product's accounts, the digests those of addresses that are this customer's alone and of
    domains that identify somebody; `salt` is the tenant's, the same in all of its erasures. `erased_at` is naive UTC.
    """

    customer_id: str
    salt: str = field(repr=False)
    accounts: tuple[str, ...]
    email_digests: tuple[str, ...]
    domain_digests: tuple[str, ...]
    erased_at: datetime

    def __or__(self, other: "Erasure") -> "Erasure":
        """Both of them, of one customer."""
        return Erasure(
            self.customer_id,
            self.salt,
            _both(self.accounts, other.accounts),
            _both(self.email_digests, other.email_digests),
            _both(self.domain_digests, other.domain_digests),
            min(self.erased_at, other.erased_at),
        )


class Erased:
    """All erasures of a tenant together. `object_ids` are charges and the like of erased customers."""

    def __init__(self, erasures: Sequence[Erasure], object_ids: Collection[str] = ()) -> None:
        if not erasures:
            raise ValueError("nobody was erased: nothing has to be looked for")
        self.erasures = tuple(erasures)
        self.customers = frozenset(one.customer_id for one in erasures)
        self.accounts = frozenset(account for one in erasures for account in one.accounts) | self.customers
        self.object_ids = frozenset(object_ids)
        self.email_digests = frozenset(digest for one in erasures for digest in one.email_digests)
        hidden = frozenset(digest for one in erasures for digest in one.domain_digests)
        self.pseudonyms = Pseudonyms(erasures[0].salt, hidden)
        self._known: dict[bytes, bool] = {}
        self._ids_bytes = tuple(id.encode() for id in sorted(self.customers))

    def owns(self, value: Any) -> bool:
        """Whether an object, or what an event is about, is an erased customer's."""
        if not isinstance(value, dict):
            return False
        if value.get("object") in ("event", "v2.core.event"):
            data = value.get("data")
            return self.owns(data.get("object") if isinstance(data, dict) else value.get("related_object"))
        customer = value.get("customer")
        customer = customer.get("id") if isinstance(customer, dict) else customer
        if customer in self.customers or value.get("id") in self.customers or value.get("id") in self.object_ids:
            return True
        return customer is None and any(
            isinstance(value.get(link), str) and value[link] in self.object_ids for link in LINKS
        )

    def payload(self, value: dict[str, Any]) -> bytes:
        """What of an object, or of an event, may be kept, as canonical JSON: all, unless it is an erased customer's."""
        if self.owns(value):
            return _canonical(self.wash(value).value)
        payload = _canonical(value)
        if not self._names_erased(payload):
            return payload
        is_guests = value.get("object") in _OF_GUESTS and value.get("customer") is None
        return _canonical(self.wash(value).value if is_guests else _each_text(value, self.within))

    def wash(self, value: Any) -> Washed:
        """An object without its person, and what was taken out."""
        return wash(value, self.pseudonyms)

    def text(self, raw: str) -> str:
        """What of a text that could not be understood may be kept: none of one that names an erased customer."""
        return MARK if self.concerns(raw.encode()) else raw

    def concerns(self, raw: bytes) -> bool:
        """Whether a text names an erased customer, by id or address."""
        return any(id in raw for id in self._ids_bytes) or self._names_erased(raw)

    def _names_erased(self, raw: bytes) -> bool:
        if not self.email_digests or b"@" not in raw:
            return False
        return any(self._is_erased(address) for address in addresses_in(raw))

    def _is_erased(self, address: bytes) -> bool:
        known = self._known.get(address)
        if known is None:
            # The same addresses come again and again; digests of all would take most of the time.
            known = digest(address.decode(), self.pseudonyms.salt) in self.email_digests
            if len(self._known) < _ADDRESSES_KEPT:
                self._known[address] = known
        return known

    def within(self, text: str) -> str:
        """A text of somebody else's without the addresses of erased customers."""
        return self.pseudonyms.within(text, self.email_digests)


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _each_text(value: Any, change: Any) -> Any:
    if isinstance(value, dict):
        return {key: _each_text(content, change) for key, content in value.items()}
    if isinstance(value, list):
        return [_each_text(content, change) for content in value]
    return change(value) if isinstance(value, str) else value


def _both(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*one, *other}))
