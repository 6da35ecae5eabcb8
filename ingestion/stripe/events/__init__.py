"""Changes of an account: events, delivered or listed, and the objects that they leave in doubt."""

from ingestion.stripe.events.changes import Changes
from ingestion.stripe.events.doubt import in_doubt, read_again, read_payments_of

__all__ = ["Changes", "in_doubt", "read_again", "read_payments_of"]
