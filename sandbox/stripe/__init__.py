"""A stand-in for Stripe's API that the official SDK talks to unpatched.

It serves a folder of JSON-lines of Stripe objects with Stripe's lists, cursors, filters, expansion, keys,
limits, errors and idempotency, lets invoices be paid, and keeps a ledger of the money that moved.
"""

from .server import Running, running, serve

__all__ = ["Running", "running", "serve"]
