"""Changes of an account: events, delivered or listed, and the objects that they leave in doubt."""

from ingestion.stripe.events.changes import Changes
from ingestion.stripe.events.doubt import doubts, read_again, read_payments_of

__all__ = ["Changes", "doubts", "read_again", "read_payments_of"]
