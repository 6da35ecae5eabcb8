"""When something of ours breaks, Stripe retries exactly what we do not hold."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Sequence
from functools import partial

import psycopg
import pytest

from revops.domain.received import ReceivedEvent
from revops.http import app as application
from revops.http.app import create_app
from revops.http.webhooks import Webhooks
from revops.service.receive import Receiver
from revops.settings import Settings
from revops.store.inbox import Inbox
from tests.revops.http.conftest import with_secrets
from tests.revops.http.deliveries import delivery, event
from tests.revops.http.serving import SECONDS, Service, serving


def test_what_could_not_be_stored_is_answered_500_and_taken_when_it_comes_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:

        def fail(_inbox: Inbox, _events: Sequence[ReceivedEvent]) -> list[bool]:
            raise OSError("no space left on device, row ada@example.com")

        broken.setattr(Inbox, "append", fail)
        answer = service.deliver(event(1))
    assert (answer.status_code, answer.json()["reason"]) == (500, "not_stored")
    assert "ada" not in answer.text
    assert service.rows() == []
    assert service.deliver(event(1)).json() == {"result": "stored"}
    assert service.metric("leaks_webhook_refused_total", reason="not_stored") == 1


def test_a_commit_whose_answer_was_lost_is_a_repetition(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection broke after the commit: we hold the event, so Stripe must not send it again."""
    append = Inbox.append

    def store_and_fail_once(inbox: Inbox, events: Sequence[ReceivedEvent]) -> list[bool]:
        monkeypatch.setattr(Inbox, "append", append)
        append(inbox, events)
        raise ConnectionError

    monkeypatch.setattr(Inbox, "append", store_and_fail_once)
    assert service.deliver(event(1)).status_code == 200
    assert service.deliver(event(1)).json() == {"result": "duplicate"}
    assert len(service.rows()) == 1


def test_one_event_that_cannot_be_stored_takes_nobody_with_it(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, door, first = Inbox.append, threading.Event(), threading.Event()

    def refuse_one(inbox: Inbox, events: Sequence[ReceivedEvent]) -> list[bool]:
        first.set()
        assert door.wait(SECONDS)
        if any(one.event_id == "evt_3" for one in events):
            raise ValueError
        return append(inbox, events)

    monkeypatch.setattr(Inbox, "append", refuse_one)
    clients = [socket.create_connection(service.address, SECONDS) for _ in range(6)]
    try:
        clients[0].sendall(delivery(0))
        assert first.wait(SECONDS)
        for number, client in enumerate(clients[1:], 1):
            client.sendall(delivery(number))
        door.set()
        statuses = [int(client.recv(65_536).split(b" ")[1]) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert statuses == [200, 200, 200, 500, 200, 200]
    assert sorted(event_id for _, event_id, _ in service.rows()) == ["evt_0", "evt_1", "evt_2", "evt_4", "evt_5"]


def test_a_full_queue_asks_for_patience_and_loses_nothing(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = with_secrets(sqlite_settings)
    append, door, first = Inbox.append, threading.Event(), threading.Event()

    def wait(inbox: Inbox, events: Sequence[ReceivedEvent]) -> list[bool]:
        first.set()
        assert door.wait(SECONDS)
        return append(inbox, events)

    monkeypatch.setattr(Inbox, "append", wait)
    monkeypatch.setattr(application, "Receiver", partial(Receiver, max_events=1))
    with serving(create_app(settings), settings) as service:
        with socket.create_connection(service.address, SECONDS) as client:
            client.sendall(delivery(1))
            assert first.wait(SECONDS)
            refused = service.deliver(event(2))
            assert service.client.get("/healthz").status_code == 200
            door.set()
            assert b'"stored"' in client.recv(65_536)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        assert service.deliver(event(2)).json() == {"result": "stored"}
        assert [event_id for _, event_id, _ in service.rows()] == ["evt_1", "evt_2"]


def test_a_file_that_somebody_else_locks_is_a_500_until_it_is_free(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("revops.store.engine.BUSY_MS", 50)
    settings = with_secrets(sqlite_settings)
    with serving(create_app(settings), settings) as service:
        other = sqlite3.connect(settings.leaks_home / "inbox.db", isolation_level=None)
        other.execute("begin immediate")
        answer = service.deliver(event(1))
        other.execute("rollback")
        other.close()
        assert (answer.status_code, answer.json()["reason"]) == (500, "not_stored")
        assert service.deliver(event(1)).json() == {"result": "stored"}


def test_connections_that_postgresql_has_ended_are_made_anew(postgres_settings: Settings, postgres_server: str) -> None:
    settings = with_secrets(postgres_settings)
    with serving(create_app(settings), settings) as service:
        assert service.deliver(event(1)).json() == {"result": "stored"}
        with psycopg.connect(postgres_server, autocommit=True) as connection:
            mine = "application_name = 'leaks' and pid <> pg_backend_pid()"
            connection.execute(f"select pg_terminate_backend(pid) from pg_stat_activity where {mine}")
        assert service.deliver(event(2)).json() == {"result": "stored"}
        assert service.client.get("/readyz").status_code == 200


def test_a_fault_nobody_thought_of_is_answered_without_its_text(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("ada@example.com")

    monkeypatch.setattr(Webhooks, "_taken", fail)
    answer = sqlite_service.deliver(event(1))
    assert (answer.status_code, answer.json()["reason"]) == (500, "internal_error")
    assert len(answer.headers["x-request-id"]) == 32
    assert "ada" not in answer.text
