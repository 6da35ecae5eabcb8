"""What a company's customer can do: change the card in the portal, pay an invoice on its page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from stripe import CardError, InvalidRequestError, PermissionError, StripeClient

from sandbox.simulator import Living, Plan
from sandbox.stripe import Running, running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.contracts.openapi import ContractError, OpenApi
from tests.sandbox.clients import client_for, every, invoice_of
from tests.sandbox.slack.conftest import listening
from tests.sandbox.slack.test_page import NAMELESS
from tests.streamlit_app.browser import chromium
from tests.streamlit_app.test_accessibility import FAINT

PATH = "/v1/billing_portal/sessions"
RETURN = "https://lantern.example/account"
UPDATE: Any = {"type": "payment_method_update"}
RESTRICTED = "rk_live_restricted00wxyz"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def sandbox(stripe_sandbox: OpenSandbox, company_folder: Path) -> Running:
    """The small company, whose invoices name their pages in the sandbox."""
    return stripe_sandbox(company_folder, as_of=COMPANY_NOW, is_frozen=True, has_pages=True)


def portal(client: StripeClient, customer: str, **more: Any) -> Any:
    """A session for changing the card."""
    given: Any = {"customer": customer, "return_url": RETURN, "flow_data": UPDATE, **more}
    return client.v1.billing_portal.sessions.create(given)


def default_card(sandbox: Running, customer: str) -> dict[str, Any]:
    settings = sandbox.get("customer", customer)["invoice_settings"]
    return sandbox.get("payment_method", settings["default_payment_method"])


def test_a_new_card_in_the_portal_lets_the_next_try_work(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    customer, old = invoice["customer"], default_card(sandbox, invoice["customer"])
    sandbox.decline(old["card"]["fingerprint"], "expired_card")
    with pytest.raises(CardError):
        client.v1.invoices.pay(invoice["id"])
    session = portal(client, customer)
    assert session.url.startswith(f"{sandbox.url}/p/session/live_")
    before = httpx.get(session.url)
    assert f"ending in {old['card']['last4']}" in before.text
    assert f'href="{RETURN}"' in before.text
    after = httpx.post(session.url, follow_redirects=True)
    assert "Your invoices are now paid with Visa ending in 4242" in after.text
    new = default_card(sandbox, customer)
    assert new["id"] != old["id"]
    assert new["customer"] == customer
    assert client.v1.invoices.pay(invoice["id"]).status == "paid"
    assert len(sandbox.ledger) == 1


def test_events_tell_of_the_card_and_of_the_old_default(client: StripeClient, sandbox: Running) -> None:
    customer = invoice_of(sandbox, "declined")["customer"]
    old = default_card(sandbox, customer)
    sandbox.clock.advance(60)
    httpx.post(portal(client, customer).url)
    events = [one for one in every(sandbox, "/v1/events") if one["created"] >= sandbox.clock.now()]
    assert [one["type"] for one in reversed(events)] == ["payment_method.attached", "customer.updated"]
    previous = events[0]["data"]["previous_attributes"]
    assert previous == {"invoice_settings": {"default_payment_method": old["id"]}}
    assert {one["request"]["id"] for one in events} == {None}


def test_a_subscription_that_names_a_card_keeps_it(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "stale card")
    subscription = invoice["parent"]["subscription_details"]["subscription"]
    before = sandbox.get("subscription", subscription)["default_payment_method"]
    httpx.post(portal(client, invoice["customer"]).url)
    assert sandbox.get("subscription", subscription)["default_payment_method"] == before is not None


def test_the_customer_may_be_led_back_at_once(client: StripeClient, sandbox: Running) -> None:
    after = {"type": "redirect", "redirect": {"return_url": "https://lantern.example/thanks"}}
    session = portal(client, invoice_of(sandbox, "pays")["customer"], flow_data={**UPDATE, "after_completion": after})
    answer = httpx.post(session.url)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://lantern.example/thanks")


def test_every_session_has_an_address_of_its_own_that_cannot_be_guessed(client: StripeClient, sandbox: Running) -> None:
    customer = invoice_of(sandbox, "pays")["customer"]
    first, second = portal(client, customer), portal(client, customer)
    assert len({first.url, second.url, first.id, second.id}) == 4
    assert len(first.url.rpartition("_")[2]) >= 24 or len(first.url.rpartition("/")[2]) >= 32
    assert httpx.get(f"{sandbox.url}/p/session/live_guessed").status_code == 404


def test_a_customer_who_is_deleted_later_finds_nothing(client: StripeClient, sandbox: Running) -> None:
    customer = invoice_of(sandbox, "pays")["customer"]
    url = portal(client, customer).url
    sandbox.upsert({"id": customer, "object": "customer", "deleted": True})
    assert httpx.get(url).status_code == httpx.post(url).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"customer": "cus_nobody"}, "resource_missing", "customer"),
        ({"customer": "deleted"}, "resource_missing", "customer"),
        ({"return_url": "lantern.example"}, "url_invalid", "return_url"),
        ({"flow_data": {"type": "subscription_cancel"}}, None, "flow_data[type]"),
        ({"flow_data": {"type": "anything"}}, None, "flow_data[type]"),
        ({"flow_data": {}}, "parameter_missing", "customer"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        (
            {"flow_data": {**UPDATE, "after_completion": {"type": "redirect"}}},
            "parameter_missing",
            "flow_data[after_completion][redirect]",
        ),
    ],
)
def test_what_stripe_refuses_is_refused(
    client: StripeClient, sandbox: Running, changes: dict[str, Any], code: str | None, param: str
) -> None:
    customer = invoice_of(sandbox, "pays")["customer"]
    given: dict[str, Any] = {"customer": customer, "return_url": RETURN, "flow_data": UPDATE, **changes}
    if given["customer"] == "deleted":
        given["customer"] = customer
        sandbox.upsert({"id": customer, "object": "customer", "deleted": True})
    if not given["flow_data"]:
        del given["flow_data"], given["customer"]
    with pytest.raises(InvalidRequestError) as refusal:
        client.v1.billing_portal.sessions.create(given)  # type: ignore[arg-type]
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)


def test_a_customer_of_the_other_mode_is_missing(sandbox: Running) -> None:
    with pytest.raises(InvalidRequestError, match="similar object exists in live mode"):
        portal(client_for(sandbox, "sk_test_x1"), invoice_of(sandbox, "pays")["customer"])


def test_a_restricted_key_needs_the_portals_own_permission(sandbox: Running) -> None:
    customer = invoice_of(sandbox, "pays")["customer"]
    sandbox.restrict(RESTRICTED, ["customer_write", "invoice_write"])
    with pytest.raises(PermissionError, match="'rak_customer_portal_write'"):
        portal(client_for(sandbox, RESTRICTED), customer)
    sandbox.restrict(RESTRICTED, ["customer_portal_write"])
    assert portal(client_for(sandbox, RESTRICTED), customer).customer == customer


def test_a_session_is_as_stripe_specifies_and_one_changed_field_is_not(
    client: StripeClient, sandbox: Running, stripe_openapi: OpenApi
) -> None:
    portal(client, invoice_of(sandbox, "pays")["customer"])
    exchange = sandbox.requests[0]
    assert exchange.path == PATH
    stripe_openapi.validate_request("POST", PATH, exchange.pairs)
    stripe_openapi.validate_response("POST", PATH, 200, exchange.response)
    right = json.loads(exchange.response)
    broken: list[dict[str, Any]] = [
        {**right, "url": None},
        {**right, "created": "now"},
        {**right, "flow": {**right["flow"], "type": "anything"}},
        {**right, "flow": {"type": "payment_method_update"}},
        {name: value for name, value in right.items() if name != "configuration"},
    ]
    for one in broken:
        with pytest.raises(ContractError):
            stripe_openapi.validate_response("POST", PATH, 200, one)
    for pairs in ([("flow_data[type]", "anything")], [("flow_data[kind]", "x")], [("customers", "cus_1")]):
        with pytest.raises(ContractError):
            stripe_openapi.validate_request("POST", PATH, pairs)


def test_wherever_a_made_up_invoice_is_served_its_page_is_here(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    page = f"{sandbox.url}/i/sandbox/{invoice['id']}"
    assert invoice["hosted_invoice_url"] == f"https://invoice.stripe.com/i/sandbox/{invoice['id']}"
    listed = {one["id"]: one for one in every(sandbox, "/v1/invoices")}
    events = [one["data"]["object"] for one in every(sandbox, "/v1/events")]
    told = {one["hosted_invoice_url"] for one in events if one["id"] == invoice["id"]} - {None}
    assert client.v1.invoices.retrieve(invoice["id"]).hosted_invoice_url == page
    assert listed[invoice["id"]]["hosted_invoice_url"] == page
    assert told == {page}


def test_an_event_that_is_sent_names_the_same_page(stripe_sandbox: OpenSandbox, company_folder: Any) -> None:
    with listening() as receiver:
        sandbox = stripe_sandbox(company_folder, webhook_url=receiver.url, has_pages=True)
        invoice = invoice_of(sandbox, "declined")
        sandbox.emit("invoice.updated", invoice)
        assert sandbox.webhooks.wait(10)
    [body] = receiver.bodies
    assert json.loads(body)["data"]["object"]["hosted_invoice_url"] == f"{sandbox.url}/i/sandbox/{invoice['id']}"


def test_an_invoice_is_paid_on_its_page_once(client: StripeClient, sandbox: Running) -> None:
    invoice = invoice_of(sandbox, "declined")
    sandbox.decline(default_card(sandbox, invoice["customer"])["card"]["fingerprint"], "expired_card")
    url = str(client.v1.invoices.retrieve(invoice["id"]).hosted_invoice_url)
    shown = httpx.get(url).text
    assert invoice["number"] in shown
    assert invoice["customer_name"] in shown
    assert "Pay $" in shown
    for _ in range(2):
        assert "This invoice is paid" in httpx.post(url, follow_redirects=True).text
    [entry] = sandbox.ledger.entries
    assert (entry.invoice, entry.amount_minor, entry.currency) == (invoice["id"], invoice["amount_remaining"], "usd")
    paid = client.v1.invoices.retrieve(invoice["id"], {"expand": ["payments.data.payment.payment_intent"]})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    charge = client.v1.charges.retrieve(entry.id)
    assert charge.payment_method_details is not None
    assert charge.payment_method_details.card is not None
    assert charge.payment_method_details.card.last4 == "4242"


@pytest.mark.parametrize(
    ("name", "status", "words"), [("pays", "paid", "is paid"), ("never started", "void", "voided")]
)
def test_an_invoice_that_is_over_cannot_be_paid(sandbox: Running, name: str, status: str, words: str) -> None:
    invoice = invoice_of(sandbox, name, status=status)
    url = f"{sandbox.url}/i/sandbox/{invoice['id']}"
    assert words in httpx.post(url, follow_redirects=True).text
    assert "<button" not in httpx.get(url).text
    assert len(sandbox.ledger) == 0


def test_an_invoice_of_a_real_account_keeps_its_own_address(client: StripeClient, sandbox: Running) -> None:
    invoice, real = invoice_of(sandbox, "declined"), "https://invoice.stripe.com/i/acct_1/live_secret"
    sandbox.upsert({**invoice, "hosted_invoice_url": real})
    assert client.v1.invoices.retrieve(invoice["id"]).hosted_invoice_url == real
    for name in (invoice["id"], "in_nobody"):
        assert httpx.get(f"{sandbox.url}/i/sandbox/{name}").status_code == 404


def test_names_are_no_markup(sandbox: Running, client: StripeClient) -> None:
    invoice = invoice_of(sandbox, "declined")
    hostile = "<script>alert(1)</script>"
    sandbox.upsert({**invoice, "customer_name": hostile, "account_name": hostile})
    sandbox.upsert({**sandbox.get("customer", invoice["customer"]), "name": hostile})
    session = portal(client, invoice["customer"], return_url='https://lantern.example/"><script>')
    for url in (session.url, f"{sandbox.url}/i/sandbox/{invoice['id']}"):
        answer = httpx.get(url)
        assert "<script" not in answer.text
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_living_company_takes_over_the_card_and_the_payment() -> None:
    now = datetime(2026, 10, 1, 12, tzinfo=UTC)
    plan = Plan(3, 40, int(now.timestamp()))
    with running(
        as_of=now, is_frozen=True, has_pages=True, company=lambda stand_in: Living(plan, stand_in.account())
    ) as sandbox:
        client = client_for(sandbox)
        owed = next(one for one in every(sandbox, "/v1/invoices?status=open") if one["amount_remaining"])
        httpx.post(owed["hosted_invoice_url"])
        by_card = every(sandbox, "/v1/subscriptions?status=active&collection_method=charge_automatically")
        changed = {one["customer"] for one in by_card if one["default_payment_method"] is None}
        for customer in changed:
            httpx.post(portal(client, customer).url)
        cards = {customer: default_card(sandbox, customer)["id"] for customer in changed}
        sandbox.stand_in.advance(40 * 86_400)
        assert sandbox.get("invoice", owed["id"])["status"] == "paid"
        later = [one for one in every(sandbox, "/v1/charges") if one["created"] > now.timestamp() + 86_400]
        charged = {one["customer"]: one["payment_method"] for one in later if one["customer"] in changed}
        assert len(charged) > 5
        assert charged == {customer: cards[customer] for customer in charged}


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_both_pages_work_by_keyboard_and_every_text_stands_out(
    browser: Browser, sandbox: Running, client: StripeClient, scheme: str, width: int
) -> None:
    invoice = invoice_of(sandbox, "declined")
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    for url, words in (
        (portal(client, invoice["customer"]).url, "now paid with"),
        (f"{sandbox.url}/i/sandbox/{invoice['id']}", "is paid"),
    ):
        page.goto(url)
        page.get_by_role("button").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text(words)
        assert page.evaluate(FAINT.replace("[data-testid=stMain] *", "body *")) == []
        assert page.evaluate(NAMELESS) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert [entry.invoice for entry in sandbox.ledger.entries] == [invoice["id"]]
