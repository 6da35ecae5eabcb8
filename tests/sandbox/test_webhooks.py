"""Webhooks reach a real receiver signed, once per event, again after a failure, and wrong where that was asked for."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from stripe import InvalidRequestError, SignatureVerificationError, StripeClient, Webhook

from sandbox.stripe import Running, running
from sandbox.stripe.webhook_faults import FaultKind
from sandbox.stripe.webhooks import WebhookAddressError, WebhookEndpoint, Webhooks
from tests.contracts.fixtures import OpenSandbox
from tests.sandbox.clients import client_for, invoices

SECRET = "whsec_test"
TOLERANCE = 300
SECONDS = 20.0


@dataclass
class Receiver:
    """Keeps what was posted, and answers as it is told; 200 once `answers` are used up."""

    url: str = ""
    posted: list[tuple[bytes, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, number: int) -> None:
        """Waits until so many posts came."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.posted) >= number, SECONDS)

    def events(self, secret: str = SECRET) -> list[Any]:
        """What the official SDK makes of the posts. Raises SignatureVerificationError."""
        return [Webhook.construct_event(body, header, secret, TOLERANCE) for body, header in self.posted]

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["id"] for body, _ in self.posted]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with receiver.changed:
                receiver.posted.append((body, self.headers["Stripe-Signature"]))
                receiver.changed.notify_all()
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def sandbox(receiver: Receiver) -> Iterator[Running]:
    with running(webhook_url=receiver.url, webhook_secret=SECRET) as one:
        one.webhooks.retry_seconds = (0.0, 0.0)
        yield one


@pytest.fixture
def emit(sandbox: Running) -> Callable[[], str]:
    """Emits an event about a new customer and returns the event's id."""
    numbers = iter(range(1000))

    def emit() -> str:
        customer = {"id": f"cus_{next(numbers)}", "object": "customer", "livemode": True, "created": 1_790_000_000}
        return str(sandbox.emit("customer.created", customer)["id"])

    return emit


def test_an_event_arrives_as_the_api_tells_it_with_a_signature_that_the_sdk_accepts(
    sandbox: Running, receiver: Receiver, emit: Callable[[], str]
) -> None:
    event_id = emit()
    assert sandbox.webhooks.wait(SECONDS)
    (event,) = receiver.events()
    assert (event.id, event.type, event.data.object.id) == (event_id, "customer.created", "cus_0")
    assert json.loads(receiver.posted[0][0]) == sandbox.get("event", event_id)
    with pytest.raises(SignatureVerificationError):
        receiver.events("whsec_other")


def test_a_payment_through_the_api_sends_all_its_events_in_order(
    stripe_sandbox: OpenSandbox, receiver: Receiver, company_folder: Any
) -> None:
    sandbox = stripe_sandbox(company_folder, webhook_url=receiver.url, webhook_secret=SECRET)
    invoice = invoices(sandbox, status="open", currency="usd")[0]
    before = {event["id"] for event in sandbox.stand_in.account().store.all("event")}
    client_for(sandbox).v1.invoices.pay(invoice["id"])
    assert sandbox.webhooks.wait(SECONDS)
    types = [event.type for event in receiver.events()]
    assert types[0] == "charge.succeeded"
    assert "invoice.paid" in types
    assert set(receiver.ids) == {event["id"] for event in sandbox.stand_in.account().store.all("event")} - before


def test_events_arrive_in_order(sandbox: Running, receiver: Receiver, emit: Callable[[], str]) -> None:
    sent = [emit() for _ in range(50)]
    assert sandbox.webhooks.wait(SECONDS)
    assert receiver.ids == sent


@pytest.mark.parametrize("answer", [500, 404, 302])
def test_what_is_not_taken_is_sent_again(
    sandbox: Running, receiver: Receiver, emit: Callable[[], str], answer: int
) -> None:
    receiver.answers = [answer, answer]
    event_id = emit()
    assert sandbox.webhooks.wait(SECONDS)
    assert receiver.ids == [event_id] * 3
    assert len(receiver.events()) == 3
    outcome = [(d.attempt, d.status, d.is_last) for d in sandbox.webhooks.deliveries]
    assert outcome == [(1, answer, False), (2, answer, False), (3, 200, True)]


def test_retries_end_and_hold_nothing_up(sandbox: Running, receiver: Receiver, emit: Callable[[], str]) -> None:
    receiver.answers = [500] * 3
    lost = emit()
    assert sandbox.webhooks.wait(SECONDS)
    taken = emit()
    assert sandbox.webhooks.wait(SECONDS)
    assert receiver.ids == [lost] * 3 + [taken]
    assert [d.is_last for d in sandbox.webhooks.deliveries] == [False, False, True, True]


def test_retries_back_off(receiver: Receiver) -> None:
    receiver.answers = [500, 500]
    webhooks = Webhooks(retry_seconds=(0.05, 0.2))
    webhooks.add(WebhookEndpoint("we_1", receiver.url, [SECRET]))
    webhooks.send({"id": "evt_1", "type": "customer.created", "livemode": True})
    assert not webhooks.wait(0.1)
    assert webhooks.wait(SECONDS)
    assert [d.attempt for d in webhooks.deliveries] == [1, 2, 3]
    webhooks.close()


def test_a_receiver_that_is_not_there_is_tried_again(emit: Callable[[], str], sandbox: Running) -> None:
    with receiving() as gone:
        url = gone.url
    sandbox.webhooks.endpoints.clear()
    sandbox.webhooks.add(WebhookEndpoint("we_gone", url, [SECRET]))
    emit()
    assert sandbox.webhooks.wait(SECONDS)
    assert [(d.status, d.is_last) for d in sandbox.webhooks.deliveries] == [(None, False), (None, False), (None, True)]
    assert "ConnectError" in (sandbox.webhooks.deliveries[-1].error or "")


def test_while_a_secret_is_rolled_old_and_new_are_accepted(
    sandbox: Running, receiver: Receiver, emit: Callable[[], str]
) -> None:
    (endpoint_id,) = sandbox.webhooks.endpoints
    sandbox.webhooks.roll(endpoint_id, "whsec_new")
    emit()
    assert sandbox.webhooks.wait(SECONDS)
    assert receiver.posted[0][1].count("v1=") == 2
    assert len(receiver.events()) == len(receiver.events("whsec_new")) == 1
    sandbox.webhooks.expire(endpoint_id)
    emit()
    assert sandbox.webhooks.wait(SECONDS)
    with pytest.raises(SignatureVerificationError):
        receiver.events()
    receiver.posted = receiver.posted[1:]
    assert len(receiver.events("whsec_new")) == 1


@pytest.mark.parametrize(
    ("kind", "arrived"),
    [
        ("late", [1, 0]),
        ("reordered", [1, 0]),
        ("doubled", [0, 0, 1]),
        ("dropped", [1]),
        ("bad_signature", [0, 1]),
        ("old_timestamp", [0, 1]),
    ],
)
def test_faults_on_demand_hit_one_event_and_the_next_is_sound(
    sandbox: Running, receiver: Receiver, emit: Callable[[], str], kind: FaultKind, arrived: list[int]
) -> None:
    sandbox.webhooks.faults.fail_next(kind, seconds=0.3)
    sent = [emit(), emit()]
    assert sandbox.webhooks.wait(SECONDS)
    assert receiver.ids == [sent[place] for place in arrived]
    if kind == "bad_signature":
        with pytest.raises(SignatureVerificationError, match="No signatures found"):
            receiver.events()
    elif kind == "old_timestamp":
        with pytest.raises(SignatureVerificationError, match="Timestamp outside the tolerance zone"):
            receiver.events()
    else:
        assert len(receiver.events()) == len(arrived)


def test_what_was_refused_for_its_signature_arrives_sound_with_the_retry(
    sandbox: Running, receiver: Receiver, emit: Callable[[], str]
) -> None:
    sandbox.webhooks.faults.fail_next("bad_signature")
    receiver.answers = [400]
    emit()
    assert sandbox.webhooks.wait(SECONDS)
    receiver.posted = receiver.posted[1:]
    assert len(receiver.events()) == 1


def test_seeded_faults_are_the_same_each_time(receiver: Receiver) -> None:
    def arrived(seed: int) -> list[str]:
        receiver.posted.clear()
        webhooks = Webhooks()
        webhooks.add(WebhookEndpoint("we_1", receiver.url, [SECRET]))
        webhooks.faults.fail_randomly(0.5, ("doubled", "dropped"), seed=seed)
        for number in range(40):
            webhooks.send({"id": f"evt_{number}", "type": "customer.created", "livemode": True})
        assert webhooks.wait(SECONDS)
        webhooks.close()
        return receiver.ids

    once = arrived(1)
    assert len(set(once)) < 40
    assert len(once) > len(set(once))
    assert arrived(1) == once
    assert arrived(2) != once


def test_an_unknown_fault_is_refused(sandbox: Running) -> None:
    with pytest.raises(ValueError, match="late, doubled, reordered"):
        sandbox.webhooks.faults.fail_next("wrong")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://example.com/hooks", "https://10.0.0.1/", "http://localhost.example.com/", "ftp://127.0.0.1/", "x"]
)
def test_other_hosts_and_other_things_are_refused(url: str) -> None:
    with pytest.raises(WebhookAddressError), running(webhook_url=url):
        pytest.fail("it runs")


def test_other_hosts_are_allowed_on_request_and_loopback_always() -> None:
    for host in ("127.0.0.1", "127.8.8.8", "[::1]", "localhost"):
        Webhooks().check(f"http://{host}:1/hooks")
    Webhooks(is_any_host_allowed=True).check("https://example.com/hooks")


def test_endpoints_are_made_changed_and_removed_through_the_api(
    stripe_sandbox: OpenSandbox, receiver: Receiver
) -> None:
    sandbox = stripe_sandbox()
    client: StripeClient = client_for(sandbox)
    made = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["invoice.paid"]})
    assert made.secret
    other = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"], "connect": True})
    assert [e.id for e in client.v1.webhook_endpoints.list()] == [other.id, made.id]
    assert not hasattr(client.v1.webhook_endpoints.retrieve(made.id), "secret")

    customer = {"id": "cus_1", "object": "customer", "livemode": True, "created": 1}
    sandbox.emit("customer.created", customer)
    sandbox.emit("invoice.paid", customer)
    sandbox.emit("invoice.paid", {**customer, "livemode": False})
    assert sandbox.webhooks.wait(SECONDS)
    assert [event.type for event in receiver.events(made.secret)] == ["invoice.paid"]

    client.v1.webhook_endpoints.update(made.id, {"disabled": True})
    sandbox.emit("invoice.paid", customer)
    assert sandbox.webhooks.wait(SECONDS)
    assert len(receiver.posted) == 1
    assert client.v1.webhook_endpoints.update(made.id, {"disabled": False}).status == "enabled"
    assert client.v1.webhook_endpoints.delete(made.id).deleted
    sandbox.emit("invoice.paid", customer)
    assert sandbox.webhooks.wait(SECONDS)
    assert len(receiver.posted) == 1
    with pytest.raises(InvalidRequestError, match="No such webhook endpoint"):
        client.v1.webhook_endpoints.retrieve(made.id)


def test_the_api_refuses_other_hosts_too(stripe_sandbox: OpenSandbox) -> None:
    with pytest.raises(InvalidRequestError, match="this machine only") as refused:
        client_for(stripe_sandbox()).v1.webhook_endpoints.create(
            {"url": "https://example.com", "enabled_events": ["*"]}
        )
    assert refused.value.code == "url_invalid"


def test_events_of_connected_accounts_go_to_connect_endpoints_and_say_whose_they_are(
    receiver: Receiver, tmp_path: Any
) -> None:
    (tmp_path / "acct_connected").mkdir()
    (tmp_path / "customer.jsonl").write_text("")
    (tmp_path / "acct_connected" / "customer.jsonl").write_text("")
    with running(tmp_path) as sandbox:
        sandbox.webhooks.add(WebhookEndpoint("we_1", receiver.url, [SECRET], is_connect=True))
        customer = {"id": "cus_1", "object": "customer", "livemode": True, "created": 1}
        sandbox.emit("customer.created", customer)
        sandbox.emit("customer.created", customer, account="acct_connected")
        assert sandbox.webhooks.wait(SECONDS)
    (event,) = receiver.events()
    assert event.account == "acct_connected"


def serving(cwd: Path, *arguments: str) -> subprocess.Popen[str]:
    """The command `leaks sandbox serve` in the background."""
    return subprocess.Popen(
        [sys.executable, "-m", "cli.sandbox", "serve", "--customers", "20", "--as-of", "2026-10-01", *arguments],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_sends_what_happens_while_time_moves(receiver: Receiver, tmp_path: Path) -> None:
    with serving(tmp_path, "--webhook-url", receiver.url) as process:
        try:
            assert process.stderr
            url = process.stderr.readline().rpartition(" ")[2].strip()
            secret = process.stderr.readline().rpartition(" ")[2].strip()
            answer = httpx.post(f"{url}/_sandbox/advance", json={"seconds": 20 * 86_400}, timeout=60).json()
            assert answer["events"] > 20
            receiver.wait_for(answer["events"])
        finally:
            process.terminate()
    assert len(receiver.events(secret)) == len(set(receiver.ids)) == answer["events"]


def test_the_command_refuses_another_machine_and_says_what_would_allow_it(tmp_path: Path) -> None:
    with serving(tmp_path, "--webhook-url", "https://example.com/hooks") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "example.com is another" in errors
    assert "--webhook-any-host" in errors


def test_the_commands_faults_lose_nothing_that_was_not_dropped(receiver: Receiver, tmp_path: Path) -> None:
    arguments = ("--webhook-url", receiver.url, "--webhook-secret", SECRET, "--webhook-faults", "1")
    with serving(tmp_path, *arguments) as process:
        try:
            assert process.stderr
            url = process.stderr.readline().rpartition(" ")[2].strip()
            answer = httpx.post(f"{url}/_sandbox/advance", json={"seconds": 20 * 86_400}, timeout=60).json()
            receiver.wait_for(answer["events"] // 2)
        finally:
            process.terminate()
    assert len(set(receiver.ids)) < answer["events"]
    assert len(receiver.ids) > len(set(receiver.ids))
    with pytest.raises(SignatureVerificationError):
        receiver.events()
