"""Keys open one mode, restricted keys only what they were given, and each refusal says why."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from stripe import AuthenticationError, InvalidRequestError, PermissionError, StripeClient

from sandbox.stripe import Running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import TEST, client_for, every, invoice_of

RESTRICTED = "rk_live_restricted00wxyz"


def test_no_key_is_401(sandbox: Running) -> None:
    answer = httpx.get(f"{sandbox.url}/v1/customers")
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")


def test_a_key_may_come_as_basic_user(sandbox: Running) -> None:
    assert httpx.get(f"{sandbox.url}/v1/customers", auth=("sk_live_abc", "")).status_code == 200


def test_a_key_that_is_none_is_401_and_is_not_repeated_whole(sandbox: Running) -> None:
    with pytest.raises(AuthenticationError) as caught:
        client_for(sandbox, "pk_live_publishable1234").v1.customers.list()
    assert caught.value.http_status == 401
    assert "publishable" not in str(caught.value)
    assert str(caught.value).endswith("1234")


def test_a_revoked_key_is_401(sandbox: Running, client: StripeClient) -> None:
    sandbox.revoke("sk_live_testsecret0001")
    with pytest.raises(AuthenticationError, match="Invalid API Key provided"):
        client.v1.customers.list()


def test_with_a_list_of_keys_others_are_401(stripe_sandbox: OpenSandbox, company_folder: Path) -> None:
    sandbox = stripe_sandbox(company_folder, as_of=COMPANY_NOW, keys=["sk_live_known"])
    assert client_for(sandbox, "sk_live_known").v1.customers.list().data
    with pytest.raises(AuthenticationError):
        client_for(sandbox, "sk_live_other").v1.customers.list()


def test_a_restricted_key_is_refused_by_the_name_of_what_it_lacks(sandbox: Running) -> None:
    sandbox.restrict(RESTRICTED, ["customer_read"])
    client = client_for(sandbox, RESTRICTED)
    assert client.v1.customers.list().data
    with pytest.raises(PermissionError) as caught:
        client.v1.invoices.list()
    assert caught.value.http_status == 403
    message = str(caught.value)
    assert "Having the 'rak_invoice_read' permission would allow this request to continue." in message
    assert f"on account '{sandbox.account_id}'" in message
    assert "restricted00" not in message


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/v1/charges", "rak_charge_read"),
        ("/v1/refunds", "rak_charge_read"),
        ("/v1/prices", "rak_plan_read"),
        ("/v1/subscription_schedules", "rak_subscription_read"),
        ("/v1/invoiceitems", "rak_invoice_read"),
        ("/v1/balance_transactions", "rak_balance_transaction_source_read"),
        ("/v1/billing/meters", "rak_billing_meter_read"),
        ("/v1/events", "rak_event_read"),
        ("/v1/account", "rak_accounts_kyc_basic_read"),
    ],
)
def test_every_endpoint_names_its_own_permission(sandbox: Running, path: str, permission: str) -> None:
    sandbox.restrict(RESTRICTED, [])
    answer = httpx.get(f"{sandbox.url}{path}", headers={"Authorization": f"Bearer {RESTRICTED}"})
    assert answer.status_code == 403
    assert f"'{permission}'" in answer.json()["error"]["message"]


def test_permission_to_write_includes_reading_and_not_the_reverse(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    sandbox.restrict(RESTRICTED, ["invoice_read"])
    with pytest.raises(PermissionError, match="rak_invoice_write"):
        client_for(sandbox, RESTRICTED).v1.invoices.pay(invoice["id"])
    sandbox.restrict(RESTRICTED, ["invoice_write"])
    assert client_for(sandbox, RESTRICTED).v1.invoices.retrieve(invoice["id"]).id == invoice["id"]


def test_expanding_asks_for_the_permission_of_what_is_expanded(sandbox: Running) -> None:
    sandbox.restrict(RESTRICTED, ["invoice_read"])
    with pytest.raises(PermissionError, match="rak_customer_read"):
        client_for(sandbox, RESTRICTED).v1.invoices.list({"expand": ["data.customer"]})


def test_a_key_sees_the_objects_of_its_mode_only(sandbox: Running) -> None:
    assert {one["livemode"] for one in every(sandbox, "/v1/customers")} == {True}
    assert {one["livemode"] for one in every(sandbox, "/v1/customers", TEST)} == {False}


def test_an_object_of_the_other_mode_is_missing_and_the_answer_says_where_it_is(sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    with pytest.raises(InvalidRequestError) as caught:
        client_for(sandbox, TEST).v1.invoices.retrieve(invoice["id"])
    assert caught.value.http_status == 404
    assert caught.value.code == "resource_missing"
    assert "a similar object exists in live mode, but a test mode key was used" in str(caught.value)


def test_a_connected_account_has_its_own_objects(stripe_sandbox: OpenSandbox, company_folder: Path) -> None:
    sandbox = stripe_sandbox(as_of=COMPANY_NOW)
    connected = sandbox.stand_in.add_account("acct_connected", company_folder)
    assert not client_for(sandbox).v1.customers.list().data
    assert client_for(sandbox, stripe_account=connected).v1.customers.list().data


def test_a_folder_named_as_an_account_inside_the_data_is_a_connected_account(
    stripe_sandbox: OpenSandbox, tmp_path: Path
) -> None:
    customer = '{"id":"cus_%s","object":"customer","created":1790000000,"livemode":true}\n'
    (tmp_path / "customer.jsonl").write_text(customer % "own")
    (tmp_path / "acct_other").mkdir()
    (tmp_path / "acct_other" / "customer.jsonl").write_text(customer % "theirs")
    sandbox = stripe_sandbox(tmp_path, as_of=COMPANY_NOW)
    assert [one.id for one in client_for(sandbox).v1.customers.list().data] == ["cus_own"]
    theirs = client_for(sandbox, stripe_account="acct_other").v1.customers.list().data
    assert [one.id for one in theirs] == ["cus_theirs"]


def test_an_unknown_account_is_403(sandbox: Running) -> None:
    with pytest.raises(PermissionError) as caught:
        client_for(sandbox, stripe_account="acct_nobody").v1.customers.list()
    assert caught.value.http_status == 403
    assert caught.value.json_body["error"]["code"] == "account_invalid"  # type: ignore[index]
    assert "does not have access to account 'acct_nobody'" in str(caught.value)


def test_recorded_requests_hold_no_secret(sandbox: Running, client: StripeClient) -> None:
    client.v1.customers.list()
    assert "testsecret" not in repr(sandbox.requests)
