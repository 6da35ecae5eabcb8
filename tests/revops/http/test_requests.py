"""Requests have ids, errors one shape, and no client holds a connection or memory for ever."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from revops.http import protocol
from revops.http.bodies import read_body
from revops.logging import configure_logging
from tests.revops.http.deliveries import PATH, SECRET, body_of, delivery, event, request, sign
from tests.revops.http.serving import SECONDS, Service


def test_the_callers_request_id_comes_back(strict_service: Service) -> None:
    answer = strict_service.client.get("/healthz", headers={"X-Request-Id": "abc-123.x_Y"})
    assert answer.headers.get_list("x-request-id") == ["abc-123.x_Y"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "a\tb", "<script>", "é"])
def test_a_request_id_that_is_not_plain_is_replaced(strict_service: Service, given: str) -> None:
    answer = strict_service.client.get("/healthz", headers=[(b"X-Request-Id", given.encode("latin-1"))])
    (made,) = answer.headers.get_list("x-request-id")
    assert len(made) == 32
    assert made != strict_service.client.get("/healthz").headers["x-request-id"]


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/webhooks/stripe/", 404), ("/webhooks/stripe", 405)])
def test_errors_have_one_shape_and_an_id(strict_service: Service, path: str, status: int) -> None:
    answer = strict_service.client.get(path)
    assert (answer.status_code, set(answer.json())) == (status, {"reason", "message"})
    assert answer.headers["x-request-id"]


def test_logs_of_a_request_are_json_with_its_id_and_without_secrets(
    sqlite_service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    try:
        configure_logging(is_service=True)
        body = body_of(event(account="acct_x"))
        headers = {"Stripe-Signature": sign(body, "whsec_guess1234"), "X-Request-Id": "find-me"}
        sqlite_service.client.post(PATH, content=body, headers=headers)
    finally:
        root.handlers, root.level = handlers, level
        structlog.reset_defaults()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (refused,) = [line for line in lines if line["event"] == "refused"]
    assert refused["request_id"] == "find-me"
    assert (refused["reason"], refused["level"], refused["tenant"]) == ("bad_signature", "warning", "default")
    assert SECRET not in str(lines)
    assert "v1=" not in str(lines)


@pytest.mark.parametrize("sent", [0, 5])
def test_a_body_that_does_not_come_is_not_waited_for(
    strict_service: Service, monkeypatch: pytest.MonkeyPatch, sent: int
) -> None:
    monkeypatch.setattr(protocol, "ARRIVAL_SECONDS", 0.05)
    body = body_of(event())
    with socket.create_connection(strict_service.address, SECONDS) as client:
        client.sendall(request(body, sign(body))[: sent - len(body)])
        assert client.recv(1024) == b""
    assert strict_service.rows() == []


def test_a_client_that_goes_away_in_the_middle_is_told_apart() -> None:
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(messages)

    with pytest.raises(ClientDisconnect):
        asyncio.run(read_body(Request({"type": "http", "headers": []}, receive)))


@pytest.mark.parametrize("said", [b"", b"POST /webhooks", b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_a_head_that_does_not_end_is_cut_off(
    strict_service: Service, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(protocol, "ARRIVAL_SECONDS", 0.05)
    with socket.create_connection(strict_service.address, SECONDS) as client:
        client.sendall(said)
        assert client.recv(1024) == b""


def test_a_second_head_that_does_not_end_is_cut_off_too(
    strict_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "ARRIVAL_SECONDS", 0.05)
    with socket.create_connection(strict_service.address, SECONDS) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTT")
        answer = client.makefile("rb").read()
    assert answer.count(b"HTTP/1.1 200") == 1


def test_a_head_without_end_is_not_kept_in_memory(strict_service: Service) -> None:
    with socket.create_connection(strict_service.address, SECONDS) as client:
        client.sendall(b"GET / HTTP/1.1\r\nX-Long: ")
        answer = b""
        with pytest.raises(ConnectionError):
            for _ in range(1000):
                client.sendall(b"x" * 65_536)
        try:
            answer = client.recv(1024)
        except ConnectionError:
            return
        assert answer in (b"",) or answer.startswith(b"HTTP/1.1 400")


def test_a_connection_that_waits_between_deliveries_is_kept(
    sqlite_service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit on heads is none on pauses: the second delivery comes after it would have run out."""
    monkeypatch.setattr(protocol, "ARRIVAL_SECONDS", 0.01)
    with socket.create_connection(sqlite_service.address, SECONDS) as client:
        for number in (1, 2, 3):
            client.sendall(delivery(number))
            assert b"stored" in client.recv(65_536)
            # Longer than the limit by the service's own clock: nine other requests.
            for _ in range(9):
                sqlite_service.client.get("/healthz")


def test_deliveries_in_one_packet_are_answered_in_turn(sqlite_service: Service) -> None:
    with socket.create_connection(sqlite_service.address, SECONDS) as client:
        client.sendall(delivery(1) + delivery(2) + delivery(1))
        answers = b""
        while answers.count(b"HTTP/1.1") < 3 or not answers.endswith(b"}"):
            answers += client.recv(65_536)
    assert answers.count(b'"stored"') == 2
    assert answers.count(b'"duplicate"') == 1
