"""The service says whether it lives, whether it can work, and what it counts."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from revops.domain.received import ReceivedEvent
from revops.http.app import create_app
from revops.settings import Settings
from revops.store import open_store
from revops.store.inbox import Inbox
from tests.revops.http.conftest import with_secrets
from tests.revops.http.deliveries import event
from tests.revops.http.serving import Service, serving


@pytest.fixture(autouse=True)
def always_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("revops.http.health._LOOK_SECONDS", 0.0)


def test_a_new_service_is_alive_and_ready(service: Service) -> None:
    assert service.client.get("/healthz").json() == {"status": "ok"}
    answer = service.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "reason": None, "inbox_events": 0, "inbox_lag_seconds": 0.0}


def test_events_that_wait_too_long_make_it_unready(settings: Settings) -> None:
    with serving(create_app(settings), settings) as service:
        at = datetime.now(UTC) - timedelta(seconds=settings.leaks_inbox_lag_limit_seconds + 60)
        old = ReceivedEvent("default", "live", "stripe", "evt_1", "invoice.paid", None, None, at, at, b"{}")
        with open_store(settings) as store:
            Inbox(store).append([old])
            answer = service.client.get("/readyz")
            assert answer.status_code == 503
            assert "LEAKS_INBOX_LAG_LIMIT_SECONDS" in answer.json()["reason"]
            assert answer.json()["inbox_events"] == 1
            assert service.client.get("/healthz").status_code == 200
            assert service.metric("leaks_inbox_lag_seconds") > settings.leaks_inbox_lag_limit_seconds
            Inbox(store).mark_done("default", [one.sequence for one in Inbox(store).claim("default", 1)], at)
        assert service.client.get("/readyz").status_code == 200


def test_a_schema_that_is_not_ours_makes_it_unready(sqlite_settings: Settings) -> None:
    settings = with_secrets(sqlite_settings)
    with serving(create_app(settings), settings) as service:
        with sqlite3.connect(settings.leaks_home / "operations.db") as connection:
            connection.execute("update alembic_version set version_num = 'from_the_future'")
        connection.close()
        answer = service.client.get("/readyz")
        assert answer.status_code == 503
        assert "newer" in answer.json()["reason"]


def test_what_happened_is_counted(service: Service) -> None:
    for number in (1, 2, 2):
        service.deliver(event(number))
    service.deliver(event(3), "whsec_other")
    assert service.metric("leaks_webhook_events_total", result="stored") == 2
    assert service.metric("leaks_webhook_events_total", result="duplicate") == 1
    assert service.metric("leaks_webhook_events_total", result="unknown_account") == 0
    assert service.metric("leaks_webhook_refused_total", reason="bad_signature") == 1
    assert service.metric("leaks_inbox_group_events_sum") == 3
    assert service.metric("leaks_inbox_commit_seconds_count") == 3
    assert service.metric("leaks_inbox_queue_events") == 0
    assert service.metric("leaks_inbox_lag_events") == 2


def test_two_services_in_one_process_count_apart(sqlite_settings: Settings) -> None:
    settings = with_secrets(sqlite_settings)
    with serving(create_app(settings), settings) as one, serving(create_app(settings), settings) as other:
        one.deliver(event(1))
        assert one.metric("leaks_webhook_events_total", result="stored") == 1
        assert other.metric("leaks_webhook_events_total", result="stored") == 0


def test_every_answer_in_the_document_has_an_example(sqlite_service: Service) -> None:
    paths = sqlite_service.client.get("/openapi.json").json()["paths"]
    webhooks, connect = {"/webhooks/stripe/{tenant}", "/webhooks/stripe"}, "/connect/stripe/callback"
    assert set(paths) == webhooks | {connect, "/slack/{tenant}", "/healthz", "/readyz", "/metrics"}
    for status, answer in paths[connect]["get"]["responses"].items():
        assert answer["content"]["application/json"].get("example"), (connect, status)
    for path in ("/webhooks/stripe/{tenant}", "/webhooks/stripe", "/slack/{tenant}"):
        post = paths[path]["post"]
        assert all("example" in content for content in post["requestBody"]["content"].values())
        for status, answer in post["responses"].items():
            assert answer["content"]["application/json"].get("example"), (path, status)


def test_the_document_can_be_read_in_a_browser(sqlite_service: Service) -> None:
    assert "openapi.json" in sqlite_service.client.get("/docs").text
