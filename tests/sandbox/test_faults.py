"""Limits and failures on demand."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from stripe import APIConnectionError, APIError, RateLimitError, StripeClient

from sandbox.stripe import Running
from sandbox.stripe.limits import Limits
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import LIVE, client_for

_HEADERS = {"Authorization": f"Bearer {LIVE}"}


def test_too_many_requests_to_one_endpoint_are_429_with_retry_after(
    stripe_sandbox: OpenSandbox, company_folder: Path
) -> None:
    sandbox = stripe_sandbox(company_folder, as_of=COMPANY_NOW, requests_per_second_per_endpoint=2)
    answers = [httpx.get(f"{sandbox.url}/v1/coupons", headers=_HEADERS) for _ in range(4)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Retry-After"] == "1"
    assert refused.headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
    assert refused.json()["error"]["code"] == "rate_limit"
    assert httpx.get(f"{sandbox.url}/v1/prices", headers=_HEADERS).status_code == 200


def test_a_limit_counts_per_second_and_frees_with_time() -> None:
    moment = [0.0]
    limits = Limits(per_second=2, timer=lambda: moment[0])

    def taken() -> int:
        count = 0
        try:
            for _ in range(10):
                limits.take("key", "/v1/invoices")
                count += 1
        except Exception:  # noqa: BLE001 - counting how far it got
            return count
        return count

    assert taken() == 2
    moment[0] = 0.5
    assert taken() == 1
    moment[0] = 60.0
    assert taken() == 2


def test_the_next_requests_fail_and_then_it_works_again(client: StripeClient, sandbox: Running) -> None:
    sandbox.fail_next("/v1/customers", "500", times=2)
    for _ in range(2):
        with pytest.raises(APIError) as caught:
            client.v1.customers.list()
        assert caught.value.http_status == 500
    assert client.v1.coupons.list().data
    assert client.v1.customers.list().data


def test_a_429_says_how_long_to_wait(client: StripeClient, sandbox: Running) -> None:
    sandbox.fail_next("/v1/*", "429", retry_after=7)
    with pytest.raises(RateLimitError) as caught:
        client.v1.customers.list()
    assert caught.value.headers
    assert caught.value.headers["Retry-After"] == "7"


def test_the_sdk_retries_a_lost_connection_by_itself(sandbox: Running) -> None:
    sandbox.fail_next("/v1/customers", "closed")
    patient = StripeClient(LIVE, base_addresses={"api": sandbox.url}, max_network_retries=1)
    assert patient.v1.customers.list().data


def test_a_closed_connection_has_no_answer(client: StripeClient, sandbox: Running) -> None:
    sandbox.fail_next("/v1/customers", "closed")
    with pytest.raises(APIConnectionError):
        client.v1.customers.list()


@pytest.mark.parametrize("kind", ["malformed", "truncated"])
def test_a_garbled_answer_is_no_json(sandbox: Running, kind: str) -> None:
    sandbox.fail_next("/v1/customers", kind)  # type: ignore[arg-type]
    answer = httpx.get(f"{sandbox.url}/v1/customers", headers=_HEADERS)
    with pytest.raises(ValueError, match=r"line|char|Expecting"):
        answer.json()


def test_a_slow_answer_does_not_hold_up_others(sandbox: Running) -> None:
    gate = sandbox.fail_next("/v1/customers", "held")
    assert gate
    with httpx.Client(headers=_HEADERS) as session, pytest.raises(httpx.ReadTimeout):
        session.get(f"{sandbox.url}/v1/customers", timeout=0.2)
    began = time.monotonic()
    assert httpx.get(f"{sandbox.url}/v1/coupons", headers=_HEADERS).status_code == 200
    assert time.monotonic() - began < 2
    gate.release()


def test_the_same_seed_fails_the_same_requests(stripe_sandbox: OpenSandbox, company_folder: Path) -> None:
    def outcomes() -> list[int]:
        sandbox = stripe_sandbox(company_folder, as_of=COMPANY_NOW)
        sandbox.faults.fail_randomly(0.4, ["500", "429"], seed=5)
        with httpx.Client(headers=_HEADERS) as session:
            return [session.get(f"{sandbox.url}/v1/coupons").status_code for _ in range(20)]

    first = outcomes()
    assert first == outcomes()
    assert {200, 429, 500} == set(first)


def test_an_unknown_fault_is_refused_with_the_ones_there_are(sandbox: Running) -> None:
    with pytest.raises(ValueError, match="malformed"):
        sandbox.fail_next("/v1/customers", "fire")  # type: ignore[arg-type]


def test_requests_are_recorded_with_their_parameters(client: StripeClient, sandbox: Running) -> None:
    client.v1.invoices.list({"created": {"gte": 1}, "expand": ["data.customer"], "limit": 3})
    [request] = sandbox.requests
    assert (request.method, request.path, request.status) == ("GET", "/v1/invoices", 200)
    assert request.params == {"created": {"gte": "1"}, "expand": ["data.customer"], "limit": "3"}


def test_state_can_be_changed_with_and_without_an_event(client: StripeClient, sandbox: Running) -> None:
    customer = {**client_for(sandbox).v1.customers.list({"limit": 1}).data[0].to_dict()}
    before = client.v1.events.list({"limit": 1}).data[0].id
    sandbox.upsert({**customer, "name": "Quiet"})
    assert client.v1.customers.retrieve(customer["id"]).name == "Quiet"
    assert client.v1.events.list({"limit": 1}).data[0].id == before
    event = sandbox.emit("customer.updated", {**customer, "name": "Loud"}, {"name": "Quiet"})
    newest = client.v1.events.list({"limit": 1}).data[0]
    assert newest.id == event["id"]
    assert newest.to_dict()["data"]["previous_attributes"] == {"name": "Quiet"}
