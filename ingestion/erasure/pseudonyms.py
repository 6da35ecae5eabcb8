"""E-mail addresses and what takes their place.

`jane@acme.com` becomes `erased-<digest>@acme.com`, or `erased-<digest>@<digest>.invalid` where the domain is this
customer's alone: one that several share names no person, and matching accounts by domain goes on working.
"""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_LOCAL = re.compile(rb"[A-Za-z0-9._%+'-]+\Z")
_DOMAIN = re.compile(rb"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_LONGEST_LOCAL = 64
_ERASED = re.compile(r"erased-[0-9a-f]{16}@", re.IGNORECASE)
DIGEST_CHARACTERS = 32
SHORT = 16


def digest(text: str, salt: str) -> str:
    """What an address or a domain is known by: half of the SHA-256 of salt and lower-case text.

    The same in SQL: `left(sha256(salt || lower(trim(text))), 32)`.
    """
    return hashlib.sha256((salt + text.strip().lower()).encode()).hexdigest()[:DIGEST_CHARACTERS]


def addresses_in(raw: bytes) -> Iterator[bytes]:
    """The addresses in a text, found from their @: most texts have none, and a search for all would look everywhere."""
    place = raw.find(b"@")
    while place >= 0:
        local = _LOCAL.search(raw, max(0, place - _LONGEST_LOCAL), place)
        domain = _DOMAIN.match(raw, place + 1)
        if local and domain:
            yield local[0] + b"@" + domain[0]
        place = raw.find(b"@", place + 1)


def is_erased(address: str) -> bool:
    """Whether an address is a pseudonym already."""
    return _ERASED.match(address.strip()) is not None


@dataclass(frozen=True)
class Pseudonyms:
    """Makes pseudonyms of addresses; `hidden_domains` are digests of domains that identify somebody."""

    salt: str = field(repr=False)
    hidden_domains: Collection[str] = frozenset()

    def of(self, address: str) -> str:
        """What takes an address's place. A pseudonym stays, unless its domain must be hidden by now."""
        local, _, domain = address.strip().lower().rpartition("@")
        return (
            f"{local if is_erased(address) else f'erased-{digest(address, self.salt)[:SHORT]}'}@{self.domain(domain)}"
        )

    def domain(self, domain: str) -> str:
        """What takes a domain's place: itself, unless it must be hidden."""
        hidden = digest(domain, self.salt)
        return f"{hidden[:SHORT]}.invalid" if hidden in self.hidden_domains else domain

    def within(self, text: str, only: Collection[str] | None = None) -> str:
        """A text with every address in it replaced, or those alone whose digests are in `only`."""

        def put(match: re.Match[str]) -> str:
            found = match[0]
            return self.of(found) if only is None or digest(found, self.salt) in only else found

        return ADDRESS.sub(put, text) if "@" in text else text
