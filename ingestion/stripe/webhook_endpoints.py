"""Are events delivered to us: the state of this account's webhook endpoints, as Stripe and we see it.

Stripe disables an endpoint that fails for days and says so in a mail; one whose secret is wrong, or whose address leads
elsewhere, fails in silence. Polling brings the events all the same, an hour later, so nothing else would show it.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlsplit

import duckdb
import pyarrow as pa

from ingestion.errors import IngestionError
from ingestion.profile import Profile
from ingestion.settings import StripeSettings
from ingestion.stripe.client import PAGE_ROWS, StripeReader
from ingestion.stripe.resources import EVENT, Resource
from ingestion.versions import read

RESOURCE = Resource("webhook_endpoint", "/v1/webhook_endpoints", "webhook_endpoint", has_created_filter=False)
EPOCH = datetime.fromtimestamp(0, UTC)
# Stripe sends within seconds; a first retry comes minutes later.
SILENT_AFTER = timedelta(minutes=15)
SCHEMA = pa.schema(
    [
        ("tenant_id", pa.string()),
        ("endpoint_id", pa.string()),
        ("url", pa.string()),
        ("state", pa.string()),
        ("message", pa.string()),
        ("received_at", pa.timestamp("us")),
        ("checked_at", pa.timestamp("us")),
    ]
)

State = Literal["ok", "disabled", "silent", "none", "unknown"]


@dataclass(frozen=True)
class EndpointState:
    """One endpoint that delivers to us; `none` and `unknown` stand alone, without id and URL.

    `received_at` is when the newest event that came by delivery had happened, `checked_at` Stripe's time (aware UTC).
    """

    state: State
    message: str
    checked_at: datetime
    received_at: datetime | None = None
    endpoint_id: str | None = None
    url: str | None = None

    @property
    def is_warning(self) -> bool:
        """Whether events do not reach us that should."""
        return self.state in ("disabled", "silent")


def look(settings: StripeSettings, tenant_id: str, received_at: datetime | None) -> list[EndpointState]:
    """The state of each endpoint that delivers to this tenant; `received_at` is of the newest delivered event (aware).

    Empty for an export, one state `none` where there is no such endpoint, and `unknown` where Stripe does not say:
    events are found by polling anyway, so that ends nothing.
    """
    if settings.stripe_export is not None:
        return []
    try:
        return asyncio.run(_look(settings, tenant_id, received_at))
    except IngestionError as error:
        return [EndpointState("unknown", str(error), datetime.now(UTC), received_at)]


def store(profile: Profile, states: list[EndpointState]) -> None:
    """Puts the states into `webhook_endpoints` in place of the last ones; the caller holds `writer_lock`."""
    rows = [
        {
            "tenant_id": profile.tenant_id,
            "endpoint_id": one.endpoint_id,
            "url": one.url,
            "state": one.state,
            "message": one.message,
            "received_at": one.received_at and _naive(one.received_at),
            "checked_at": _naive(one.checked_at),
        }
        for one in states
    ]
    with duckdb.connect(str(profile.warehouse)) as connection:
        connection.register("states", pa.Table.from_pylist(rows, SCHEMA))
        connection.begin()
        connection.execute(f"delete from {profile.dataset}.webhook_endpoints")
        connection.execute(f"insert into {profile.dataset}.webhook_endpoints by name from states")
        connection.commit()


def stored(profile: Profile) -> list[EndpointState]:
    """The states of the last look."""
    rows = read(profile, f"select * exclude (tenant_id) from {profile.dataset}.webhook_endpoints order by url")
    return [
        EndpointState(
            row["state"],
            row["message"],
            row["checked_at"].replace(tzinfo=UTC),
            row["received_at"] and row["received_at"].replace(tzinfo=UTC),
            row["endpoint_id"],
            row["url"],
        )
        for row in rows
    ]


async def _look(settings: StripeSettings, tenant_id: str, received_at: datetime | None) -> list[EndpointState]:
    path = f"/webhooks/stripe/{tenant_id}"
    async with StripeReader(settings) as reader:
        endpoints = await _endpoints(reader, path)
        if settings.stripe_account is not None:
            # The platform's own endpoint is told of every account that is connected to it.
            async with StripeReader(settings.model_copy(update={"stripe_account": None})) as platform:
                endpoints += await _endpoints(platform, "/webhooks/stripe")
        assert reader.now is not None, "Stripe has answered"  # noqa: S101
        now = reader.now.replace(tzinfo=UTC)
        if not endpoints:
            message = f"no endpoint's address ends with {path}: events are found by polling, up to an hour later"
            return [EndpointState("none", message, now, received_at)]
        return [await _state(reader, one, now, received_at) for one in endpoints]


async def _endpoints(reader: StripeReader, path: str) -> list[dict[str, Any]]:
    """Endpoints of an account whose URL ends with a path of ours."""
    every: list[dict[str, Any]] = []
    while True:
        after = [("starting_after", every[-1]["id"])] if every else []
        body = (await reader.get(RESOURCE.path, [("limit", str(PAGE_ROWS)), *after], RESOURCE)).body
        page = body.get("data") or []
        every += page
        if not body.get("has_more") or not page:
            return [one for one in every if urlsplit(one["url"]).path.rstrip("/") == path]


async def _state(
    reader: StripeReader, endpoint: dict[str, Any], now: datetime, received_at: datetime | None
) -> EndpointState:
    def is_now(state: State, message: str) -> EndpointState:
        return EndpointState(state, message, now, received_at, endpoint["id"], endpoint["url"])

    if endpoint.get("status") == "disabled":
        return is_now(
            "disabled",
            "Stripe sends nothing there: switch it on in the dashboard under Developers > Webhooks, after mending what "
            "its last deliveries failed of; what was missed is found by polling",
        )
    since = max(received_at or EPOCH, datetime.fromtimestamp(endpoint["created"], UTC))
    missed = await _newest_missed(reader, endpoint, since, now - SILENT_AFTER)
    if missed is None:
        return is_now("ok", "events arrive" if received_at else "nothing has happened yet that it should be told")
    last = f"the newest that came is of {_text(received_at)}" if received_at else "none ever came"
    return is_now(
        "silent",
        f"Stripe has events up to {_text(missed)} and {last}: look at the failed deliveries in Stripe's dashboard, at "
        "the signing secret, and whether `leaks serve` can be reached there",
    )


async def _newest_missed(
    reader: StripeReader, endpoint: dict[str, Any], since: datetime, until: datetime
) -> datetime | None:
    """When the newest event after `since` and before `until` happened that the endpoint should have been told."""
    parameters = [("limit", str(PAGE_ROWS)), ("created[gt]", _seconds(since)), ("created[lt]", _seconds(until))]
    wanted = set(endpoint.get("enabled_events") or ())
    page = (await reader.get(EVENT.path, parameters, EVENT)).body.get("data") or []
    for event in page:
        if "*" in wanted or event.get("type") in wanted:
            return datetime.fromtimestamp(event["created"], UTC)
    return None


def _seconds(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
