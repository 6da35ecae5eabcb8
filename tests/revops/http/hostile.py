"""Requests as nobody honest sends them, made from a seed: malformed, forged, stale, truncated, signed nonsense."""

from __future__ import annotations

import json
import random
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.revops.http.deliveries import PATH, SECRET, body_of, event, request, sign

SECONDS = 30.0
Make = Callable[[random.Random, int], bytes]


@dataclass(frozen=True)
class Hostile:
    """What is sent. `is_answered`: it is a whole request, so the service owes an answer."""

    kind: str
    data: bytes
    is_answered: bool = True


def make(dice: random.Random, number: int) -> Hostile:
    """One of many."""
    kind = dice.choice(sorted(_KINDS))
    return Hostile(kind, _KINDS[kind](dice, number), kind not in _CUT_OFF)


def send(address: tuple[str, int], hostile: Hostile) -> int | None:
    """Send it on a connection of its own; the status of the answer, or None where there was none."""
    with socket.create_connection(address, SECONDS) as client:
        try:
            client.sendall(hostile.data)
            if not hostile.is_answered:
                # Gone without a word, some with a reset.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return None
            answer = client.recv(65_536).removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n") or client.recv(65_536)
        except ConnectionError:
            return None
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.") else None


def _forged(dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    return request(body, sign(body, f"whsec_{dice.getrandbits(64):x}"))


def _unsigned(_dice: random.Random, number: int) -> bytes:
    return request(body_of(event(number)))


def _stale(dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    return request(body, sign(body, at=time.time() - dice.randrange(301, 10**9)))


def _made_younger(dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    _, signature = sign(body, at=time.time() - dice.randrange(301, 10**9)).split(",")
    return request(body, f"t={int(time.time())},{signature}")


def _changed_after_signing(dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    changed = bytearray(body)
    changed[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
    return request(bytes(changed), sign(body))


def _signature_of_nonsense(dice: random.Random, number: int) -> bytes:
    parts = ["t=", "v1=", "v0=", "=", ",", "t=-1", f"t={int(time.time())}", "v1=é", "t=1e9", "\t", "v1=" + "0" * 64]
    header = ",".join(dice.choice(parts) for _ in range(dice.randrange(1, 40)))
    return request(body_of(event(number)), header)


def _two_signatures(_dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    bad = sign(body, "whsec_other")
    return request(body, bad, headers={"stripe-signature": bad})


def _signed_nonsense(dice: random.Random, number: int) -> bytes:
    whole = event(number)
    wrong: list[bytes] = [
        b"",
        dice.randbytes(dice.randrange(1, 300)),
        b"[" * dice.randrange(1, 5000),
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        body_of([whole]),
        body_of({**whole, "id": None}),
        body_of({**whole, "id": "x" * dice.randrange(256, 5000)}),
        body_of({**whole, "created": dice.choice([-1, 2**33 + 1, 2**63, 10**40, True, [], "now"])}),
        body_of({**whole, "livemode": "yes"}),
        body_of({**whole, "data": {"object": {"id": "in_1", "amount": dice.choice([2**63, -(2**63) - 1, 10**500])}}}),
        json.dumps({**whole, "data": {"object": {"id": "in_\0"}}}).encode(),
        json.dumps({**whole, "type": "\ud800"}).encode(),
        body_of(whole)[: dice.randrange(1, 100)],
        body_of(whole).replace(b"{", b"{\xff", 1),
    ]
    body = dice.choice(wrong)
    return request(body, sign(body, SECRET))


def _too_large(dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    return request(body, sign(body), headers={"Content-Length": str(dice.choice([2**20 + 1, 2**31, 2**63, 10**30]))})


def _wrong_path(dice: random.Random, number: int) -> bytes:
    paths = ["/", "*", "//", "/webhooks", PATH + "/", PATH + "/x", PATH + "%00", "/webhooks/stripe/%2e%2e", "/%ff%fe"]
    paths += ["/webhooks/stripe/" + "a" * dice.randrange(1, 20_000), "http://x" + "/y", "/webhooks/stripe/nobody?a=b#c"]
    body = body_of(event(number))
    return request(body, sign(body), path=dice.choice(paths))


def _wrong_method(dice: random.Random, _number: int) -> bytes:
    method = dice.choice(["GET", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE", "PATCH", "BREW", "post", "PROPFIND"])
    return f"{method} {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


def _not_http(dice: random.Random, _number: int) -> bytes:
    lines = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + dice.randbytes(100) + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nContent-Length: minus one\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST " + PATH.encode() + b" HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\x00" * 64 + b"\r\n\r\n",
    ]
    return dice.choice(lines)


def _odd_headers(dice: random.Random, number: int) -> bytes:
    body = body_of(event(number))
    odd = [
        {f"X-{index}": "y" * 50 for index in range(dice.randrange(1, 800))},
        {"X-Request-Id": "\u00e9" * 30},
        {"X-Forwarded-For": "999.1.1.1, <script>, \u00ff"},
        {"Host": "evil.example\u00ff"},
        {"Expect": "100-continue"},
        {"Connection": "close, close"},
        {"Content-Type": "multipart/form-data; boundary="},
        {"Content-Encoding": "gzip"},
        {"Stripe-Signature": "t=1,v1=" + "f" * 20_000},
    ]
    return request(body, headers=dice.choice(odd))


def _upgrade(dice: random.Random, _number: int) -> bytes:
    what = dice.choice(["websocket", "h2c", "nothing"])
    head = f"GET {PATH} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: {what}\r\n"
    return f"{head}Sec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()


def _cut_off_body(dice: random.Random, number: int) -> bytes:
    whole = body_of(event(number))
    data = request(whole, sign(whole))
    return data[: -dice.randrange(1, len(whole))]


def _cut_off_head(dice: random.Random, number: int) -> bytes:
    data = request(b"", sign(b""))
    return data[: dice.randrange(1, len(data) - 4)]


_CUT_OFF = frozenset(("cut off in the body", "cut off in the head"))
_KINDS: dict[str, Make] = {
    "forged": _forged,
    "unsigned": _unsigned,
    "stale": _stale,
    "stale, made younger": _made_younger,
    "changed after signing": _changed_after_signing,
    "signature of nonsense": _signature_of_nonsense,
    "two signatures": _two_signatures,
    "signed nonsense": _signed_nonsense,
    "too large": _too_large,
    "wrong path": _wrong_path,
    "wrong method": _wrong_method,
    "not HTTP": _not_http,
    "odd headers": _odd_headers,
    "upgrade": _upgrade,
    "cut off in the body": _cut_off_body,
    "cut off in the head": _cut_off_head,
}
