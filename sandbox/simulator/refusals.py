"""When and how a card is declined."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Codes after which Stripe plans retries and makes none until there is another card:
# https://docs.stripe.com/billing/revenue-recovery/smart-retries
NEVER_RETRIED = frozenset({
    "incorrect_number", "lost_card", "pickup_card", "stolen_card", "revocation_of_authorization",
    "revocation_of_all_authorizations", "authentication_required", "highest_risk_level", "transaction_not_allowed",
})  # fmt: skip
# A bad day of a good card: how often, and what the bank says then.
BAD_DAY_SHARE = 0.03
BAD_DAYS = (
    "insufficient_funds", "insufficient_funds", "insufficient_funds", "do_not_honor", "generic_decline",
    "generic_decline", "try_again_later", "card_velocity_exceeded", "processing_error", "issuer_not_available",
)  # fmt: skip


@dataclass(slots=True)
class Refusal:
    """From `since` until `until` a card is declined by `code`; `method` None means whatever card."""

    code: str
    cause: str
    since: int
    until: float = math.inf
    method: str | None = None
