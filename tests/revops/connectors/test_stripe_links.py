"""Links come from Stripe as the customer can use them, and every way in which there is none is told apart."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from revops.connectors.stripe_links import StripeLinks
from revops.domain.billing import BillingRefusedError, BillingUnavailableError, NoSuchInvoiceError
from revops.domain.stripe_access import StripeAccess
from sandbox.stripe import Running, running
from tests.contracts.fixtures import COMPANY_NOW, OpenSandbox
from tests.sandbox.clients import invoice_of

KEY, RESTRICTED = "sk_live_testsecret0001", "rk_live_restricted00wxyz"
RETURN = "https://lantern.example/account"
Make = Callable[..., StripeLinks]


@pytest.fixture
def sandbox(stripe_sandbox: OpenSandbox, company_folder: Path) -> Running:
    """The small company; its traffic is checked against Stripe's specification."""
    return stripe_sandbox(company_folder, as_of=COMPANY_NOW, is_frozen=True, has_pages=True)


@pytest.fixture
def make(sandbox: Running) -> Iterator[Make]:
    """Makes links for the sandbox's account, or another place; closes what it made."""
    with ExitStack() as stack:

        def made(key: str = KEY, base: str | None = None, account: str | None = None) -> StripeLinks:
            links = StripeLinks(StripeAccess(SecretStr(key), account), base or sandbox.url, per_second=1_000)
            stack.callback(links.close)
            return links

        yield made


def customer(sandbox: Running) -> str:
    return str(invoice_of(sandbox, "declined")["customer"])


def test_both_links_lead_a_customer_the_whole_way(sandbox: Running, make: Make) -> None:
    links, invoice = make(), invoice_of(sandbox, "declined")
    portal, page = links.portal(invoice["customer"], RETURN), links.hosted_invoice(invoice["id"])
    assert RETURN in httpx.get(portal).text
    assert "now paid with Visa" in httpx.post(portal, follow_redirects=True).text
    assert page is not None
    assert "is paid" in httpx.post(page, follow_redirects=True).text
    assert [one.invoice for one in sandbox.ledger.entries] == [invoice["id"]]
    asked = next(one for one in sandbox.requests if one.method == "POST")
    assert asked.params == {
        "customer": invoice["customer"],
        "return_url": RETURN,
        "flow_data": {"type": "payment_method_update"},
    }


def test_a_draft_has_no_page(sandbox: Running, make: Make) -> None:
    assert make().hosted_invoice(invoice_of(sandbox, "draft", status="draft")["id"]) is None


def test_a_connected_account_is_asked_by_its_name(sandbox: Running, make: Make, company_folder: Path) -> None:
    connected = sandbox.stand_in.add_account("acct_connected", company_folder)
    assert make(account=connected).portal(customer(sandbox), RETURN).startswith(f"{sandbox.url}/p/session/")
    assert sandbox.requests[-1].headers["stripe-account"] == connected


@pytest.mark.parametrize("state", ["unknown", "deleted"])
def test_a_customer_who_is_not_there_is_refused(sandbox: Running, make: Make, state: str) -> None:
    found = customer(sandbox) if state == "deleted" else "cus_nobody"
    if state == "deleted":
        sandbox.upsert({"id": found, "object": "customer", "deleted": True})
    with pytest.raises(BillingRefusedError) as refusal:
        make().portal(found, RETURN)
    assert (refusal.value.code, refusal.value.is_ours_to_mend) == ("resource_missing", False)


def test_an_invoice_that_is_not_there_is_said_to_be_none(make: Make) -> None:
    with pytest.raises(NoSuchInvoiceError):
        make().hosted_invoice("in_nobody")


@pytest.mark.parametrize(
    "wrong", ["", "in_1/../../v1/charges", "in_1?expand[]=customer", "in_1\r\nX: y", "é", "x" * 256]
)
def test_an_id_that_is_none_is_not_sent(sandbox: Running, make: Make, wrong: str) -> None:
    for ask in (make().hosted_invoice, lambda one: make().portal(one, RETURN)):
        with pytest.raises(BillingRefusedError):
            ask(wrong)
    assert sandbox.requests == []


def test_a_key_that_lacks_the_permission_says_which(sandbox: Running, make: Make) -> None:
    sandbox.restrict(RESTRICTED, ["customer_read"])
    with pytest.raises(BillingRefusedError, match="rak_customer_portal_write") as refusal:
        make(RESTRICTED).portal(customer(sandbox), RETURN)
    assert refusal.value.is_ours_to_mend
    assert "customer portal: write" in str(refusal.value)
    with pytest.raises(BillingRefusedError, match="rak_invoice_read"):
        make(RESTRICTED).hosted_invoice("in_1")
    sandbox.revoke(KEY)
    with pytest.raises(BillingRefusedError) as revoked:
        make().hosted_invoice("in_1")
    assert revoked.value.is_ours_to_mend


@pytest.mark.parametrize("kind", ["500", "503", "malformed", "truncated", "closed", "429"])
def test_a_fault_that_passes_is_not_noticed(sandbox: Running, make: Make, kind: Any) -> None:
    sandbox.fail_next("*", kind)
    assert make().portal(customer(sandbox), RETURN)
    sandbox.fail_next("*", kind)
    assert make().hosted_invoice(invoice_of(sandbox, "declined")["id"])


@pytest.mark.parametrize("kind", ["500", "malformed", "closed", "429"])
def test_a_fault_that_stays_is_said_to_be_one(sandbox: Running, make: Make, kind: Any) -> None:
    sandbox.fail_next("*", kind, times=3, retry_after=7)
    with pytest.raises(BillingUnavailableError) as failure:
        make().portal(customer(sandbox), RETURN)
    assert failure.value.retry_after_seconds == (7 if kind == "429" else None)
    assert not failure.value.may_have_arrived


def test_after_failures_in_a_row_stripe_is_left_alone_and_a_refusal_is_none(sandbox: Running, make: Make) -> None:
    links = make()
    for _ in range(6):
        with pytest.raises(NoSuchInvoiceError):
            links.hosted_invoice("in_nobody")
    sandbox.fail_next("*", "500", times=15)
    for _ in range(5):
        with pytest.raises(BillingUnavailableError):
            links.hosted_invoice("in_1")
    asked = len(sandbox.requests)
    with pytest.raises(BillingUnavailableError, match="left alone"):
        links.hosted_invoice("in_1")
    assert len(sandbox.requests) == asked


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "http://invoice.stripe.com/i/x",
        "https://user:word@invoice.stripe.com/i/x",
        "https://@evil.example/",
        "https:///i/x",
        "https://invoice.stripe.com/i/x y",
        'https://invoice.stripe.com/"><script>',
        "https://invoice.stripe.com/\r\nBcc: eve@elsewhere.example",
        "https://invoice.stripe.com:port/",
        "https://[::1/",
        "https://invoice.stripe.com/" + "x" * 5_000,
        "",
        7,
    ],
)
def test_a_link_that_cannot_be_handed_on_is_refused_and_not_repeated(make: Make, link: Any) -> None:
    # Not the checked one: a Stripe that says such a thing breaks its own specification.
    with running(as_of=COMPANY_NOW) as broken:
        broken.upsert({"id": "in_1", "object": "invoice", "created": 1, "livemode": True, "hosted_invoice_url": link})
        with pytest.raises(BillingRefusedError) as refusal:
            make(base=broken.url).hosted_invoice("in_1")
    assert refusal.value.code == "link_unusable"
    assert not link or str(link) not in str(refusal.value)


@pytest.mark.parametrize("base", ["http://api.stripe.com", "ftp://127.0.0.1", "https://user@api.stripe.com", "stripe"])
def test_a_key_is_not_sent_unencrypted_to_another_machine(base: str) -> None:
    with pytest.raises(BillingRefusedError, match="STRIPE_API_BASE") as refusal:
        StripeLinks(StripeAccess(SecretStr(KEY)), base)
    assert refusal.value.is_ours_to_mend


@pytest.mark.parametrize("wrong", ["http://lantern.example/", "javascript:alert(1)", "lantern.example", ""])
def test_an_address_to_lead_back_to_has_to_be_https(sandbox: Running, make: Make, wrong: str) -> None:
    with pytest.raises(BillingRefusedError) as refusal:
        make().portal("cus_1", wrong)
    assert refusal.value.is_ours_to_mend
    assert sandbox.requests == []


def test_no_link_and_no_key_is_in_a_log_or_an_error(
    sandbox: Running, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    links, invoice = make(), invoice_of(sandbox, "declined")
    told = [links.portal(invoice["customer"], RETURN), str(links.hosted_invoice(invoice["id"]))]
    sandbox.fail_next("*", "truncated", times=3, after_execution=True)
    with pytest.raises(BillingUnavailableError) as failure:
        links.portal(invoice["customer"], RETURN)
    written = caplog.text + "".join(traceback.format_exception(failure.value))
    for secret in (*told, "/p/session/", KEY.removeprefix("sk_live_")):
        assert secret not in written
