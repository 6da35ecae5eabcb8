"""Routes outside Stripe's namespace that move the sandbox's time and upset its customers.

They ask for no key: whoever reaches the sandbox is on this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .stand_in import StandIn

_MOST_SECONDS = 5 * 366 * 86_400
_NO_COMPANY = "This sandbox serves a folder: nobody lives in it. Start it without --data, with --customers."


def control_routes(stand_in: StandIn) -> list[Route]:
    """`POST /_sandbox/advance` and `/_sandbox/fail-payment`; bodies and answers are JSON."""

    def advance(given: dict[str, Any]) -> dict[str, Any]:
        seconds = given.get("seconds")
        if not isinstance(seconds, int) or not 0 <= seconds <= _MOST_SECONDS:
            raise ValueError(f"seconds has to be a number from 0 to {_MOST_SECONDS}")
        store = stand_in.account().store
        before = len(store.tables["event"].by_id)
        stand_in.advance(seconds)
        return {"now": stand_in.clock.now(), "events": len(store.tables["event"].by_id) - before}

    def fail_payment(given: dict[str, Any]) -> dict[str, Any]:
        if stand_in.company is None:
            raise ValueError(_NO_COMPANY)
        clock = stand_in.clock
        invoice = stand_in.company.fail_payment(str(given.get("customer")), clock.now(), clock.set_seconds)
        found = stand_in.get("invoice", invoice["id"])
        names = ("id", "customer", "status", "amount_remaining", "currency", "attempt_count", "next_payment_attempt")
        return {"now": clock.now(), "invoice": {name: found[name] for name in names}}

    return [
        Route("/_sandbox/advance", _answering(advance), methods=["POST"]),
        Route("/_sandbox/fail-payment", _answering(fail_payment), methods=["POST"]),
    ]


def _answering(act: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Request], Any]:
    async def respond(request: Request) -> Response:
        try:
            given = dict(orjson.loads(await request.body() or b"{}"))
            # In the server's own thread on purpose: nobody is answered while time moves.
            answer, status = act(given), 200
        except (ValueError, TypeError, LookupError) as error:
            answer, status = {"error": str(error)}, 400
        return Response(orjson.dumps(answer), status, media_type="application/json")

    return respond
