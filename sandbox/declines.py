"""How a bank says no: what a declined charge carries, by decline code.

Source: https://docs.stripe.com/declines/codes; network codes from ISO 8583 as card networks use it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Decline:
    """The fields of a declined charge. `code` is the error code, `reason` the decline code."""

    reason: str
    code: str = "card_declined"
    message: str = "Your card was declined."
    network: str | None = "05"
    advice: str | None = "try_again_later"
    network_advice: str | None = None


_ALL = (
    Decline("insufficient_funds", message="Your card has insufficient funds.", network="51"),
    Decline("generic_decline"),
    Decline("do_not_honor"),
    Decline("expired_card", "expired_card", "Your card has expired.", "54", "confirm_card_data"),
    Decline("incorrect_number", "incorrect_number", "Your card number is incorrect.", "14", "confirm_card_data"),
    Decline("stolen_card", network="43", advice="do_not_try_again"),
    Decline("lost_card", network="41", advice="do_not_try_again"),
    Decline("pickup_card", network="04", advice="do_not_try_again"),
    Decline("card_velocity_exceeded", message="Your card was declined for making repeated attempts.", network="65"),
    Decline("try_again_later", network="19"),
    Decline("call_issuer", network="01", advice="confirm_card_data"),
    Decline("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "N7", "confirm_card_data"),
    Decline("issuer_not_available", network="91"),
    Decline("revocation_of_all_authorizations", network="R3", advice="do_not_try_again", network_advice="03"),
    Decline("transaction_not_allowed", network="57", advice="do_not_try_again"),
    Decline("fraudulent", network="59", advice="do_not_try_again"),
    Decline("revocation_of_authorization", network="R1", advice="do_not_try_again", network_advice="03"),
    Decline(
        "processing_error",
        "processing_error",
        "An error occurred while processing your card. Try again in a little bit.",
        "96",
    ),
    Decline(
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
        "1A",
        "confirm_card_data",
    ),
    Decline("highest_risk_level", network=None, advice="do_not_try_again"),
)
APPROVED = Decline("", "", "", None, None)
DECLINES = {decline.reason: decline for decline in _ALL}
