"""API keys: which mode a key opens, what a restricted key may do, and the answers to the others.

Source of the texts: answers of the API as people quote them; permission names as in
https://docs.stripe.com/keys/permissions-reference, with the prefix `rak_` that answers use.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .errors import StripeError

_FORM = re.compile(r"(sk|rk)_(live|test)_\w+")


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was accepted. `permissions` None means everything."""

    text: str
    livemode: bool
    permissions: frozenset[str] | None

    @property
    def masked(self) -> str:
        """The key as answers show it: prefix and last four characters."""
        return mask(self.text)

    def require(self, permission: str, account_id: str, *, write: bool = False) -> None:
        """Raise StripeError 403 unless the key has the permission; write includes read."""
        needed = f"rak_{permission}_{'write' if write else 'read'}"
        if self.permissions is None or not self.permissions.isdisjoint({needed, f"rak_{permission}_write"}):
            return
        raise StripeError(
            403,
            f"The provided key '{self.masked}' does not have the required permissions for this endpoint on "
            f"account '{account_id}'. Having the '{needed}' permission would allow this request to continue.",
        )


def mask(text: str) -> str:
    """`rk_live_abcdefgh` -> `rk_live_****efgh`."""
    prefix = "_".join(text.split("_")[:2]) + "_" if text.count("_") >= 2 else ""
    secret = text[len(prefix) :]
    return prefix + "*" * max(len(secret) - 4, 0) + secret[-4:]


class KeyRing:
    """The keys that exist. Without a list every well-formed one does, `rk_` ones unrestricted."""

    def __init__(self, known: Iterable[str] | None = None) -> None:
        self._known = None if known is None else set(known)
        self._permissions: dict[str, frozenset[str]] = {}
        self._revoked: set[str] = set()

    def restrict(self, key: str, permissions: Iterable[str]) -> None:
        """Let a restricted key do only this, e.g. `invoice_read` or `rak_invoice_read`."""
        if not key.startswith("rk_"):
            raise ValueError("only restricted keys (rk_...) have permissions")
        self._permissions[key] = frozenset(f"rak_{name.removeprefix('rak_')}" for name in permissions)
        if self._known is not None:
            self._known.add(key)

    def revoke(self, key: str) -> None:
        """From now on the key is answered with 401."""
        self._revoked.add(key)

    def authenticate(self, authorization: str | None) -> Key:
        """The key of an `Authorization` header: Bearer, or Basic with it as user. Raises StripeError 401."""
        text = _key_text(authorization)
        if not text:
            raise StripeError(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization "
                "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
                "https://stripe.com/docs/api#authentication for details, or we can help at "
                "https://support.stripe.com/.",
                headers={"WWW-Authenticate": 'Bearer realm="Stripe"'},
            )
        form = _FORM.fullmatch(text)
        if form is None or text in self._revoked or (self._known is not None and text not in self._known):
            raise StripeError(401, f"Invalid API Key provided: {mask(text)}")
        return Key(text, form[2] == "live", self._permissions.get(text))


def _key_text(authorization: str | None) -> str:
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
