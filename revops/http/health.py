"""Is the process alive, can it do its work, and what does it count."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import FastAPI
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse, Response

from revops.errors import RevopsError
from revops.http.metrics import Metrics
from revops.logging import redact
from revops.store.inbox import Lag

# Whoever asks often (each of several load balancers) is answered from the last look.
_LOOK_SECONDS = 1.0
_PATIENCE_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class Alive(BaseModel):
    """The process answers."""

    status: str = Field(examples=["ok"])


class Ready(BaseModel):
    """Whether events can be taken and are worked on."""

    status: str = Field(examples=["ready"], description="`ready` or `not_ready`.")
    reason: str | None = Field(examples=[None], description="What is wrong and what to do.")
    inbox_events: int | None = Field(examples=[0], description="Stored events that are not done.")
    inbox_lag_seconds: float | None = Field(examples=[0.0], description="Age of the oldest of them.")


@dataclass
class Health:
    """`look` asks the store (schema and inbox) in a thread and raises where it cannot answer."""

    look: Callable[[], Lag]
    is_writing: Callable[[], bool]
    lag_limit_seconds: float
    metrics: Metrics
    _ready: Ready | None = field(default=None, init=False)
    _looked_at: float = field(default=0.0, init=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def install(self, app: FastAPI) -> None:
        """Add the three routes to the application."""

        @app.get("/healthz", response_model=Alive, tags=["health"], summary="Is the process alive")
        async def healthz() -> Response:
            return JSONResponse({"status": "ok"})

        @app.get(
            "/readyz",
            response_model=Ready,
            responses={503: {"model": Ready, "description": "Events are better sent later, or to another process."}},
            tags=["health"],
            summary="Can events be stored, and are they worked on",
        )
        async def readyz() -> Response:
            ready = await self.ready()
            return JSONResponse(ready.model_dump(), 200 if ready.status == "ready" else 503)

        @app.get(
            "/metrics",
            response_class=Response,
            responses={200: {"content": {"text/plain": {"example": "leaks_inbox_lag_events 0.0\n"}}}},
            tags=["health"],
            summary="Counters in Prometheus' format",
        )
        async def metrics() -> Response:
            await self.ready()
            return self.metrics.response()

    async def ready(self) -> Ready:
        """The state of a second ago at most."""
        async with self._looking:
            if self._ready is None or time.monotonic() - self._looked_at >= _LOOK_SECONDS:
                self._ready = await self._look()
                self._looked_at = time.monotonic()
            return self._ready

    async def _look(self) -> Ready:
        try:
            look = await asyncio.wait_for(asyncio.to_thread(self.look), _PATIENCE_SECONDS)
        except TimeoutError:
            return _not_ready("the operational store did not answer in time: is the database busy or its disk full?")
        except RevopsError as error:
            return _not_ready(redact(str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it was, the answer is that we are not ready
            _log.error("store_not_read", error=type(error).__name__)
            return _not_ready("the operational store cannot be read: `leaks db check` says more")
        self.metrics.lag_events.set(look.events)
        self.metrics.lag_seconds.set(look.seconds)
        state: dict[str, Any] = {"inbox_events": look.events, "inbox_lag_seconds": round(look.seconds, 3)}
        if not self.is_writing():
            return _not_ready("the writer of the inbox has ended: restart `leaks serve`", **state)
        if look.seconds > self.lag_limit_seconds:
            return _not_ready(
                f"the oldest event waits for {look.seconds:.0f} s (limit {self.lag_limit_seconds:.0f} s, "
                "LEAKS_INBOX_LAG_LIMIT_SECONDS): is the worker running?",
                **state,
            )
        return Ready(status="ready", reason=None, **state)


def _not_ready(reason: str, **state: Any) -> Ready:
    _log.warning("not_ready", reason=reason)
    return Ready(status="not_ready", reason=reason, **{"inbox_events": None, "inbox_lag_seconds": None, **state})
