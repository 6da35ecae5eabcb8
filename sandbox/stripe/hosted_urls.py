"""The invoice pages of a made-up company are here: their addresses are changed on the way out.

Objects keep the address that Stripe would give them, so that a company reads the same at every port. What is loaded
from a real account is served as it was, and its pages are Stripe's.
"""

from __future__ import annotations

STRIPES = "https://invoice.stripe.com/i/sandbox/"
PATH = "/i/sandbox/"


def led_here(body: bytes, url: str | None) -> bytes:
    """An answer in which every made-up invoice's page is at this address; as it was where nothing is served."""
    return body.replace(STRIPES.encode(), f"{url}{PATH}".encode()) if url is not None else body
