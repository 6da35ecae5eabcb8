"""Events as Stripe delivers them: made up, signed, and as the bytes of an HTTP request."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

SECRET = "whsec_of_the_tenant_default"
CONNECT_SECRET = "whsec_of_the_platform"
SLACK_SECRET = "signs_for_slack"
PATH = "/webhooks/stripe/default"
CREATED = 1_790_812_800


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    """One of many events about invoices; `changes` replace or, where None, remove what it holds."""
    whole = {
        "id": f"evt_{number}",
        "object": "event",
        "type": "invoice.payment_failed",
        "created": CREATED,
        "livemode": True,
        "data": {"object": {"id": f"in_{number}", "object": "invoice", "amount_remaining": 1999}},
    }
    return {name: value for name, value in {**whole, **changes}.items() if value is not None}


def body_of(whole: Any) -> bytes:
    """As Stripe writes it: indented, UTF-8 as it is."""
    return json.dumps(whole, indent=2, ensure_ascii=False).encode()


def sign(body: bytes, *secrets: str, at: float | None = None) -> str:
    """`Stripe-Signature`, written from Stripe's description and not from our code."""
    moment = int(time.time() if at is None else at)
    signed = str(moment).encode() + b"." + body
    digests = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets or (SECRET,)]
    return ",".join([f"t={moment}", *(f"v1={digest}" for digest in digests)])


def request(
    body: bytes, signature: str | None = None, *, path: str = PATH, headers: dict[str, str] | None = None
) -> bytes:
    """The bytes of a POST on a connection that stays open."""
    given = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json; charset=utf-8",
        "Content-Length": str(len(body)),
        **({"Stripe-Signature": signature} if signature is not None else {}),
        **(headers or {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def delivery(number: int = 1, secret: str = SECRET, *, path: str = PATH, **changes: Any) -> bytes:
    """A signed event as the bytes of its request."""
    body = body_of(event(number, **changes))
    return request(body, sign(body, secret), path=path)
