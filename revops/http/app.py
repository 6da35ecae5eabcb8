"""The web service as one ASGI application."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version

import structlog
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from revops import bootstrap, bootstrap_slack
from revops.error_reports import start_reports
from revops.http.answers import fault, http_error
from revops.http.connect import ConnectCallback
from revops.http.health import Health
from revops.http.metrics import Metrics
from revops.http.requests import RequestIds
from revops.http.slack import KnownPresses, SlackRoute
from revops.http.webhooks import DeliveryLane, Webhooks
from revops.service.note_refusals import Refusals
from revops.service.receive import Receiver
from revops.service.recognise import Recognition
from revops.settings import Settings, load_settings
from revops.store import open_store
from revops.store.inbox import Inbox

_log = structlog.get_logger(__name__)

_DESCRIPTION = """Takes webhooks, lets accounts connect, hears presses in Slack, and says how it is.

An event is answered 200 once it is stored durably, or was before; nothing is stored that is not signed with a webhook
secret of the tenant. Every answer carries `X-Request-Id`, the caller's own where it sent a plain one.
"""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; it opens the store at once, so that a service which cannot work does not start.

    Raises the errors of `revops.store.open_store`.
    """
    settings = settings or load_settings()
    start_reports(settings.sentry_dsn)
    store = open_store(settings, upgrade=True)
    metrics = Metrics()
    receiver = Receiver(Inbox(store), on_commit=metrics.committed)
    metrics.watch_queue(lambda: receiver.waiting)
    recognition = Recognition(bootstrap.senders(store, settings))
    refusals = Refusals(bootstrap.refusal_log(store))
    webhooks = Webhooks(receiver, recognition, metrics, refusals)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        receiver.start()
        recognition.start()
        refusals.start()
        # What was loaded lives as long as the process: looking through it again and again would delay deliveries.
        gc.collect()
        gc.freeze()
        _log.info("receiving", store="postgresql" if store.is_postgres else "sqlite")
        try:
            yield
        finally:
            await receiver.close()
            await recognition.stop()
            await refusals.stop()
            store.close()
            _log.info("stopped")

    app = FastAPI(
        title="Revenue Leak Detective",
        version=version("revenue-leak-detective"),
        description=_DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        # A redirect would be built from the Host header, which anybody may write.
        redirect_slashes=False,
        middleware=[Middleware(RequestIds), Middleware(DeliveryLane, webhooks=webhooks)],
        exception_handlers={HTTPException: http_error, Exception: fault},
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    webhooks.install(app)
    connecting = partial(bootstrap.connecting, store, settings)
    ConnectCallback(connecting, metrics, refusals, recognition.look_again).install(app)
    tell = bootstrap_slack.notifying(store, settings)
    known = KnownPresses(lambda tenant_id: bootstrap_slack.slack_tenant(store, settings, tenant_id, tell))
    SlackRoute(known, metrics, refusals).install(app)
    look = bootstrap.inbox_lag(store, settings)
    Health(look, lambda: receiver.is_writing, settings.leaks_inbox_lag_limit_seconds, metrics).install(app)
    return app
