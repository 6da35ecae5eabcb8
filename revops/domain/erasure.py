"""That a customer was erased: what must be known to keep it so, and nothing that names a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Erasure:
    """One erased customer of a tenant.

    `accounts` are ids in the product's logs. E-mail addresses and domains are known by digests, made with `salt`, which
    is the same in all erasures of a tenant.
    """

    customer_id: str
    salt: str = field(repr=False)
    accounts: tuple[str, ...]
    email_digests: tuple[str, ...]
    domain_digests: tuple[str, ...]
    erased_at: datetime


class Washes(Protocol):
    """Knows an erased customer in what was stored, and what of it may be kept."""

    def concerns(self, raw: bytes) -> bool:
        """Whether a text names an erased customer."""

    def event(self, body: bytes) -> bytes:
        """A received event without the person."""

    def text(self, text: str) -> str:
        """A free text without the person."""


class KeepsBodies(Protocol):
    """Raw bodies of received events."""

    def read(self, tenant_id: str, after: int, limit: int) -> Mapping[int, tuple[bytes, bool]]:
        """The next bodies by sequence, each with whether its event is finished."""

    def replace(self, tenant_id: str, bodies: Mapping[int, bytes | None]) -> None:
        """Write bodies anew, or delete them."""
