"""What Prometheus is told, in a registry of the service's own."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from revops.service.receive import Committed

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
RESULTS = ("stored", "duplicate", "unknown_account")


class Metrics:
    """Counters and gauges; each process of the service has its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        received = Counter(
            "leaks_webhook_events",
            "Verified events that were answered 200: stored, duplicate, or of an account that is no integration.",
            ["result"],
            registry=self.registry,
        )
        # Looked up once: every event counts here. Results that have not happened yet are shown as 0.
        self.received = {result: received.labels(result) for result in RESULTS}
        self.refused = Counter(
            "leaks_webhook_refused", "Deliveries that were not taken.", ["reason"], registry=self.registry
        )
        self._group_events = Histogram(
            "leaks_inbox_group_events", "Events in one commit.", buckets=_GROUPS, registry=self.registry
        )
        self._commit_seconds = Histogram(
            "leaks_inbox_commit_seconds", "Time of one group's transaction.", buckets=_SECONDS, registry=self.registry
        )
        self._waiting = Gauge(
            "leaks_inbox_queue_events", "Events that wait for the writer, or for its commit.", registry=self.registry
        )
        self.lag_events = Gauge("leaks_inbox_lag_events", "Stored events that are not done.", registry=self.registry)
        self.lag_seconds = Gauge("leaks_inbox_lag_seconds", "Age of the oldest of them.", registry=self.registry)

    def watch_queue(self, waiting: Callable[[], int]) -> None:
        """Read the queue's length when it is asked for."""
        self._waiting.set_function(waiting)

    def committed(self, group: Committed) -> None:
        """Count a group; called from the writer's thread."""
        self._group_events.observe(group.events)
        self._commit_seconds.observe(group.seconds)

    def response(self) -> Response:
        """Everything in Prometheus' text format."""
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)
