"""The `Stripe-Signature` header: `t` and one `v1` per webhook secret, HMAC-SHA256 over `<t>.<raw body>`.

Verified by Stripe's own SDK; around it stands what the SDK leaves open: several secrets of ours while one is rolled,
and headers and bodies that are no text, which it answers with other errors than its own.

Source: https://docs.stripe.com/webhooks/signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from stripe import SignatureVerificationError, WebhookSignature

TOLERANCE_SECONDS = 300

SignatureProblem = Literal["no_signature", "bad_signature", "stale_signature"]


def problem(body: bytes, header: str | None, secrets: Sequence[str], now: float) -> SignatureProblem | None:
    """What is wrong with the signature, or None; never raises, whatever header and body hold.

    Like Stripe's own, it refuses what is older than the tolerance and not what seems to come from the future: only
    the owner of the secret can date a signature, and our clock may be the one that is behind.
    """
    if not header:
        return "no_signature"
    # Digests that are not ASCII cannot be compared in constant time; Stripe's are.
    if not header.isascii():
        return "bad_signature"
    try:
        payload = body.decode()
    except UnicodeDecodeError:
        return "bad_signature"
    if not any(_signs(payload, header, secret) for secret in secrets):
        return "bad_signature"
    return "stale_signature" if _timestamp(header) < now - TOLERANCE_SECONDS else None


def _signs(payload: str, header: str, secret: str) -> bool:
    try:
        return bool(WebhookSignature.verify_header(payload, header, secret))
    except SignatureVerificationError:
        return False


def _timestamp(header: str) -> int:
    """The `t` that was verified: the first, as the SDK takes it."""
    return next(int(item.split("=", 2)[1]) for item in header.split(",") if item.startswith("t="))
