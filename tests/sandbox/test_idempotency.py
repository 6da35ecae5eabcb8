"""Idempotency keys: the first answer to a key is the answer to every repetition."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from sandbox.stripe import Running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import LIVE, invoice_of


def _pay(
    sandbox: Running,
    invoice_id: str,
    key: str,
    *,
    data: dict[str, str] | None = None,
    secret: str = LIVE,
    account: str | None = None,
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": key}
    if account:
        headers["Stripe-Account"] = account
    return httpx.post(f"{sandbox.url}/v1/invoices/{invoice_id}/pay", data=data or {}, headers=headers, timeout=10)


def _decline(sandbox: Running, invoice: dict[str, str], code: str | None) -> None:
    customer = sandbox.get("customer", invoice["customer"])
    method = sandbox.get("payment_method", customer["invoice_settings"]["default_payment_method"])
    sandbox.decline(method["card"]["fingerprint"], code)


def test_the_same_key_replays_the_answer_and_moves_money_once(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    first = _pay(sandbox, invoice["id"], "k1")
    second = _pay(sandbox, invoice["id"], "k1")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.content == second.content
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert first.headers["Idempotency-Key"] == "k1"
    assert len(sandbox.ledger) == 1
    assert sandbox.ledger.entries[0].idempotency_key == "k1"


def test_a_decline_is_replayed_too_even_when_the_card_would_pay_now(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    _decline(sandbox, invoice, "insufficient_funds")
    first = _pay(sandbox, invoice["id"], "k1")
    _decline(sandbox, invoice, None)
    second = _pay(sandbox, invoice["id"], "k1")
    assert (first.status_code, second.status_code) == (402, 402)
    assert first.content == second.content
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.ledger) == 0
    assert _pay(sandbox, invoice["id"], "k2").status_code == 200


def test_a_refused_invoice_is_replayed_as_refused(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "pays")
    first, second = (_pay(sandbox, invoice["id"], "k1") for _ in range(2))
    assert (first.status_code, second.status_code) == (400, 400)
    assert second.headers["Idempotent-Replayed"] == "true"


def test_other_parameters_with_the_same_key_are_refused(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    _pay(sandbox, invoice["id"], "k1")
    answer = _pay(sandbox, invoice["id"], "k1", data={"paid_out_of_band": "true"})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"
    assert "same parameters they were first used with" in answer.json()["error"]["message"]


def test_another_endpoint_with_the_same_key_is_refused(sandbox: Running) -> None:
    _pay(sandbox, invoice_of(sandbox, "declined")["id"], "k1")
    answer = _pay(sandbox, invoice_of(sandbox, "declined too")["id"], "k1")
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"
    assert len(sandbox.ledger) == 1


def test_a_request_that_never_began_leaves_the_key_free(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    assert _pay(sandbox, invoice["id"], "k1", data={"colour": "red"}).status_code == 400
    assert _pay(sandbox, invoice["id"], "k1", secret="nonsense").status_code == 401
    sandbox.fail_next("/v1/invoices/*/pay", "429")
    assert _pay(sandbox, invoice["id"], "k1").status_code == 429
    answer = _pay(sandbox, invoice["id"], "k1")
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


def test_a_key_in_use_is_409_until_its_first_request_ends(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    gate = sandbox.fail_next("/v1/invoices/*/pay", "held")
    assert gate
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(_pay(sandbox, invoice["id"], "k1")))
    first.start()
    assert gate.reached.wait(10)
    second = _pay(sandbox, invoice["id"], "k1")
    gate.release()
    first.join()
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "idempotency_key_in_use"
    assert answers[0].status_code == 200
    assert _pay(sandbox, invoice["id"], "k1").content == answers[0].content
    assert len(sandbox.ledger) == 1


def test_keys_are_forgotten_after_a_day(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    _decline(sandbox, invoice, "insufficient_funds")
    assert _pay(sandbox, invoice["id"], "k1").status_code == 402
    _decline(sandbox, invoice, None)
    sandbox.clock.advance(24 * 3600 + 1)
    assert _pay(sandbox, invoice["id"], "k1").status_code == 200


def test_keys_belong_to_an_account(stripe_sandbox: OpenSandbox, company_folder: Path) -> None:
    sandbox = stripe_sandbox(as_of=COMPANY_NOW)
    connected = sandbox.stand_in.add_account("acct_connected", company_folder)
    invoice_id = next(
        one["id"] for one in sandbox.stand_in.account(connected).store.all("invoice") if one["status"] == "open"
    )
    assert _pay(sandbox, invoice_id, "k1").status_code == 404
    answer = _pay(sandbox, invoice_id, "k1", account=connected)
    assert answer.status_code == 200
    assert "Idempotent-Replayed" not in answer.headers


@pytest.mark.parametrize("kind", ["500", "closed"])
def test_an_answer_that_was_lost_can_be_asked_for_again(sandbox: Running, kind: str) -> None:
    invoice = invoice_of(sandbox, "declined")
    sandbox.fail_next("/v1/invoices/*/pay", kind, after_execution=True)  # type: ignore[arg-type]
    if kind == "closed":
        with pytest.raises(httpx.RemoteProtocolError):
            _pay(sandbox, invoice["id"], "k1")
        assert _pay(sandbox, invoice["id"], "k1").status_code == 200
    else:
        assert _pay(sandbox, invoice["id"], "k1").status_code == 500
        # Stripe keeps a 500 as the key's answer: what happened has to be looked up.
        assert _pay(sandbox, invoice["id"], "k1").status_code == 500
        assert sandbox.get("invoice", invoice["id"])["status"] == "paid"
    assert len(sandbox.ledger) == 1
