"""A signed event is durable before it is answered, once; anything else leaves no row."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from revops.http import bodies
from revops.http.app import create_app
from revops.settings import Settings
from revops.store import open_store
from revops.store.integrations import Integrations, Kind, Mode
from revops.store.secrets import Secrets
from revops.store.security_log import SecurityLog
from revops.store.tenants import Tenants
from tests.revops.http.conftest import with_secrets
from tests.revops.http.deliveries import CONNECT_SECRET, PATH, SECRET, body_of, event, request, sign
from tests.revops.http.serving import SECONDS, Service, serving

CONNECT = "/webhooks/stripe"
NOW = datetime(2026, 10, 1, tzinfo=UTC)


def connect(settings: Settings, tenant_id: str, kind: Kind = "api_key", mode: Mode = "live", **more: Any) -> None:
    """A tenant with one integration."""
    with open_store(settings, upgrade=True) as store:
        Tenants(store).add(tenant_id, None, actor="test", at=NOW)
        integrations = Integrations(store, Secrets(settings.leaks_secret_key))
        integrations.connect(tenant_id, mode=mode, kind=kind, actor="test", at=NOW, **more)


def test_a_signed_event_is_stored_as_it_came(service: Service) -> None:
    body = body_of(event(1, data={"object": {"id": "in_1", "note": "Grüße 🎈"}})) + b"\n"
    answer = service.deliver(body)
    assert (answer.status_code, answer.json()) == (200, {"result": "stored"})
    assert service.rows() == [("default", "evt_1", body)]


def test_a_repetition_is_answered_200_without_effect(service: Service) -> None:
    first = body_of(event(1))
    assert [service.deliver(body).json()["result"] for body in (first, first, body_of(event(1, type="other")))] == [
        "stored",
        "duplicate",
        "duplicate",
    ]
    assert service.rows() == [("default", "evt_1", first)]
    assert service.metric("leaks_webhook_events_total", result="duplicate") == 2


def test_an_event_type_that_nobody_knows_is_stored(service: Service) -> None:
    assert service.deliver(event(1, type="invoice.teleported")).json() == {"result": "stored"}
    assert len(service.rows()) == 1


def test_events_stand_in_the_order_in_which_they_came(service: Service) -> None:
    for number in (3, 1, 2):
        service.deliver(event(number))
    assert [event_id for _, event_id, _ in service.rows()] == ["evt_3", "evt_1", "evt_2"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "no_signature"),
        ({"Stripe-Signature": ""}, "no_signature"),
        ({"Stripe-Signature": "t=1,v1=00"}, "bad_signature"),
        ({"Stripe-Signature": "nonsense"}, "bad_signature"),
        ({"Stripe-Signature": sign(b"other body")}, "bad_signature"),
        ({"Stripe-Signature": sign(body_of(event()), "whsec_other")}, "bad_signature"),
        ({"Stripe-Signature": sign(body_of(event()), at=1_700_000_000)}, "stale_signature"),
    ],
)
def test_without_a_sound_signature_nothing_is_stored(
    strict_service: Service, headers: dict[str, str], reason: str
) -> None:
    before = strict_service.metric("leaks_webhook_refused_total", reason=reason)
    answer = strict_service.client.post(PATH, content=body_of(event()), headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert strict_service.rows() == []
    assert strict_service.metric("leaks_webhook_refused_total", reason=reason) == before + 1


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"[]", "no_event"),
        (b'{"a": "\\ud800"}', "not_json"),
        (body_of(event(data={"object": {"id": "in_1", "amount": 2**63}})), "number_out_of_range"),
        (body_of(event(created=-1)), "number_out_of_range"),
        (b'{"note": "\\u0000"}', "nul"),
    ],
)
def test_a_signature_makes_no_event_of_what_is_none(strict_service: Service, body: bytes, reason: str) -> None:
    answer = strict_service.deliver(body)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert strict_service.rows() == []


def test_several_secrets_hold_while_one_is_rolled(sqlite_settings: Settings) -> None:
    settings = with_secrets(sqlite_settings).model_copy(update={"stripe_webhook_secret": SecretStr("new, old")})
    with serving(create_app(settings), settings) as service:
        assert [service.deliver(event(1), "old").status_code, service.deliver(event(2), "new").status_code] == [200] * 2
        assert service.deliver(event(3), "new, old").status_code == 400


def test_each_tenant_has_secrets_of_its_own(settings: Settings) -> None:
    connect(settings, "acme", webhook_secrets=[SecretStr("whsec_acme")])
    with serving(create_app(settings), settings) as service:
        assert service.deliver(event(1), "whsec_acme", path="/webhooks/stripe/acme").status_code == 200
        assert service.deliver(event(2), "whsec_acme").status_code == 400
        assert service.deliver(event(3), SECRET, path="/webhooks/stripe/acme").status_code == 400
        assert service.deliver(event(1)).json() == {"result": "stored"}
        assert [(tenant, event_id) for tenant, event_id, _ in service.rows()] == [
            ("acme", "evt_1"),
            ("default", "evt_1"),
        ]


@pytest.mark.parametrize("tenant", ["nobody", "Default", "de%66ault/x", "..%2fdefault", "x" * 500, "%00", "%ff"])
def test_there_are_no_other_tenants(strict_service: Service, tenant: str) -> None:
    answer = strict_service.deliver(event(), path=f"/webhooks/stripe/{tenant}")
    assert answer.status_code == 404
    assert set(answer.json()) == {"reason", "message"}
    assert strict_service.rows() == []


def test_the_account_of_a_connect_event_chooses_the_tenant(settings: Settings) -> None:
    connect(settings, "acme", "connect", account_id="acct_acme")
    connect(settings, "bolt", "connect", account_id="acct_bolt")
    connect(settings, "test", "connect", "test", account_id="acct_acme")
    with serving(create_app(settings), settings) as service:
        for number, (account, is_live) in enumerate([("acct_bolt", True), ("acct_acme", True), ("acct_acme", False)]):
            whole = event(number, account=account, livemode=is_live)
            assert service.deliver(whole, CONNECT_SECRET, path=CONNECT).json() == {"result": "stored"}
        assert service.deliver(event(9, account="acct_acme"), SECRET, path=CONNECT).status_code == 400
        assert [(tenant, event_id) for tenant, event_id, _ in service.rows()] == [
            ("bolt", "evt_0"),
            ("acme", "evt_1"),
            ("test", "evt_2"),
        ]


@pytest.mark.parametrize("account", ["acct_unknown", None])
def test_an_account_of_nobody_is_answered_200_counted_and_not_kept(
    strict_service: Service, account: str | None
) -> None:
    before = strict_service.metric("leaks_webhook_events_total", result="unknown_account")
    answer = strict_service.deliver(event(account=account), CONNECT_SECRET, path=CONNECT)
    assert (answer.status_code, answer.json()) == (200, {"result": "unknown_account"})
    assert strict_service.metric("leaks_webhook_events_total", result="unknown_account") == before + 1
    assert strict_service.rows() == []


def test_an_account_connected_a_moment_ago_is_known(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("revops.service.recognise._LOOK_AGAIN_SECONDS", 0.0)
    with serving(create_app(settings), settings) as service:
        connect(settings, "acme", "connect", account_id="acct_new")
        answer = service.deliver(event(account="acct_new"), CONNECT_SECRET, path=CONNECT)
        assert answer.json() == {"result": "stored"}


def test_a_body_that_announces_too_much_is_refused_before_it_comes(strict_service: Service) -> None:
    with socket.create_connection(strict_service.address, SECONDS) as client:
        head, _, _ = request(b"", "t=1,v1=0").partition(b"Content-Length: 0")
        client.sendall(head + b"Content-Length: 1048577\r\n\r\n")
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"reason":"too_large"' in answer


def test_a_body_that_grows_too_large_without_saying_so_is_refused(strict_service: Service) -> None:
    with socket.create_connection(strict_service.address, SECONDS) as client:
        client.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        client.sendall(b"100001\r\n" + b" " * 0x100001 + b"\r\n")
        answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_of_the_largest_size_is_stored(service: Service) -> None:
    empty = body_of(event(1, data={"object": {"id": "in_1", "note": ""}}))
    body = empty.replace(b'"note": ""', b'"note": "%s"' % (b"x" * (bodies.MAX_BODY_BYTES - len(empty))))
    assert len(body) == bodies.MAX_BODY_BYTES
    assert service.deliver(body).json() == {"result": "stored"}
    assert service.rows() == [("default", "evt_1", body)]


def test_a_body_in_chunks_is_one_body(sqlite_service: Service) -> None:
    body = body_of(event())
    parts = iter([body[:7], body[7:40], body[40:]])
    answer = sqlite_service.client.post(PATH, content=parts, headers={"Stripe-Signature": sign(body)})
    assert answer.json() == {"result": "stored"}
    assert sqlite_service.rows()[0][2] == body


@pytest.mark.parametrize("path", [PATH, CONNECT])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_only_post_is_answered(strict_service: Service, method: str, path: str) -> None:
    answer = strict_service.client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


def test_who_was_refused_is_in_the_security_log_once_however_often(sqlite_settings: Settings) -> None:
    settings = with_secrets(sqlite_settings)
    with serving(create_app(settings), settings) as service:
        for number in range(20):
            service.deliver(event(number), "whsec_guess")
        service.deliver(b"no event")
        service.client.post(PATH, headers={"X-Forwarded-For": "<script>"})
    with open_store(settings) as store:
        lines = SecurityLog(store).search("default")
    found = [(line.event, line.address, dict(line.detail)) for line in lines if line.event.startswith("refused")]
    assert sorted(found) == [
        ("refused_request", "127.0.0.1", {"reason": "not_json", "times": 1}),
        ("refused_signature", "127.0.0.1", {"reason": "bad_signature", "times": 20}),
        ("refused_signature", "unknown", {"reason": "no_signature", "times": 1}),
    ]


def test_no_secret_is_in_an_answer(strict_service: Service) -> None:
    answers = [strict_service.deliver(event(), "whsec_guess"), strict_service.client.get("/metrics")]
    assert not any(SECRET in answer.text or "whsec" in answer.text for answer in answers)
