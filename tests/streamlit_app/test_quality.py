"""The data quality page: what is covered, checked, matched and set aside, in words."""

import re
from datetime import timedelta

from revops.store.actions import CHANGED
from revops.store.outbox import Outbox
from revops.store.tenants import Tenants
from streamlit_app import pages
from tests.revops.store.proposed import now, proposed
from tests.streamlit_app.conftest import Show, html
from tests.streamlit_app.deciding import Desk, desk, open_page
from tests.streamlit_app.published_account import AS_OF, Account, typical

__all__ = ["desk"]


def test_what_is_covered_names_the_limit_of_history(show: Show) -> None:
    account = typical()
    account.rows["integration"][0]["since"] = AS_OF - timedelta(days=90)
    account.rows["data_coverage"][1]["covered_from"] = AS_OF - timedelta(days=90)
    page = html(show(account, at=pages.QUALITY))
    assert "4 kinds of objects read, since 3 Jul 2026, as asked with --since." in page
    assert ">since 3 Jul 2026<" in page


def test_a_file_that_an_export_lacks_is_told_only_where_coverage_is(show: Show) -> None:
    account = typical(source="export")
    account.put("data_coverage", resource="credit_note", is_on=False, reason="the export has no credit_note.jsonl")
    assert not show(account).warning
    assert "Off: the export has no credit_note.jsonl" in html(show(at=pages.QUALITY))


def test_kinds_of_objects_have_their_plural(show: Show) -> None:
    account = Account()
    account.put("data_coverage", resource="meter_event_summary", is_on=True)
    account.put("data_coverage", resource="invoiceitem", is_on=True)
    page = html(show(account, at=pages.QUALITY))
    assert ">Meter event summaries<" in page
    assert ">Invoice items<" in page


def test_checks_stand_by_severity_with_what_was_seen_and_expected(show: Show) -> None:
    account = Account()
    common = {"checked_at": AS_OF, "resource": "invoice"}
    account.put(
        "quality_results",
        **common,
        expectation="expect_id_to_be_unique",
        severity="critical",
        is_passed=False,
        observed="2 ids twice",
        sample='["in_1", "in_2"]',
        expected="every id once",
        failed_count=4,
    )
    account.put("quality_results", **common, expectation="expect_volume", severity="warning", is_passed=True)
    account.put(
        "quality_results",
        **common,
        expectation="expect_freshness",
        severity="warning",
        is_passed=False,
        error="KeyError: created <b>",
    )
    page = show(account, at=pages.QUALITY)
    body = html(page)
    assert "1 of 3 checks passed, 1 Oct 2026, 00:00 UTC." in body
    assert ">Id to be unique<" in body
    assert ">Failed for 4 rows<" in body
    assert ">2 ids twice, for example in_1, in_2<" in body
    assert ">every id once<" in body
    assert body.index("Critical:") < body.index("Warnings:")
    assert ">Could not be checked<" in body, "an exception is no failed expectation"
    assert "KeyError: created &lt;b&gt;" in body
    assert page.expander[0].label == "1 check passed"


def test_the_share_that_matches_no_customer_is_shown(show: Show) -> None:
    account = Account()
    account.put(
        "product_usage_coverage",
        source="login",
        rows=1000,
        accounts=40,
        users=90,
        matched_rows=937,
        unmatched_rows=63,
        unmatched_accounts=3,
        matched_share=0.937,
        covered_from=AS_OF - timedelta(days=200),
        covered_to=AS_OF,
        quarantined_count=2,
        customers_without_activity=5,
        note="Mails of two domains are shared.",
    )
    account.put(
        "unmatched_accounts", source="login", account="acc_<1>", reason="no customer", rows=60, last_seen_at=AS_OF
    )
    body = html(show(account, at=pages.QUALITY))
    for said in (
        ">63<",
        ">93.7 %<",
        "15 Mar 2026 to 1 Oct 2026",
        "2 rows could not be read",
        "5 customers without",
    ):
        assert said in body, said
    assert "acc_&lt;1&gt;" in body


def test_no_log_says_how_to_read_one(show: Show) -> None:
    assert "Set LEAKS_PRODUCT_USAGE" in html(show(Account(), at=pages.QUALITY))


def test_an_empty_quarantine_says_so(show: Show) -> None:
    assert "Every object that was read was understood." in html(show(Account(), at=pages.QUALITY))


def test_what_differed_from_stripe_is_shown_with_both_sides(show: Show) -> None:
    account = Account()
    common = {"reconciled_at": AS_OF, "is_repaired": True}
    same = {"missing_count": 0, "different_count": 0, "gone_count": 0, "difference_count": 0}
    account.put("drift", **common, resource="customer", our_count=40, stripe_count=40, **same)
    account.put(
        "drift",
        **common,
        **{**same, "missing_count": 3, "different_count": 1, "difference_count": 4},
        resource="invoice_payment",
        our_count=297,
        stripe_count=300,
    )
    account.put("drift", **common, resource="dispute", our_count=0, stripe_count=0, **same, unread_reason="no <b>")
    body = html(show(account, at=pages.QUALITY))
    assert "1 Oct 2026, 00:00 UTC, every object: 4 objects of 340 differed; all mended." in body
    assert all(f">{cell}<" in body for cell in ("Invoice payments", "297", "300", "4", "3"))
    assert '>Customers</td><td class="leaks-right" data-label="Ours"' not in body, "what is the same is not listed"
    assert "Disputes were not compared: no &lt;b&gt;" in body


def test_a_comparison_of_what_changed_lately_says_so(show: Show) -> None:
    account = Account()
    same = {"missing_count": 0, "different_count": 0, "gone_count": 0, "difference_count": 0}
    account.put(
        "drift",
        **same,
        reconciled_at=AS_OF,
        begins_at=AS_OF - timedelta(days=3),
        is_repaired=True,
        resource="invoice",
        our_count=7,
        stripe_count=7,
    )
    body = html(show(account, at=pages.QUALITY))
    assert "1 Oct 2026, 00:00 UTC, what changed since 28 Sep 2026: 0 objects of 7 differed." in body
    assert "What differed from Stripe" not in body


def test_an_endpoint_that_delivers_nothing_is_shown_with_what_to_do(show: Show) -> None:
    account = Account()
    account.put(
        "webhook_endpoints",
        endpoint_id="we_1",
        url="https://acme.example/webhooks/stripe/default",
        state="silent",
        message="Stripe has events and none came: look at <b>",
    )
    body = html(show(account, at=pages.QUALITY))
    assert ">https://acme.example/webhooks/stripe/default<" in body
    assert ">Silent<" in body
    assert "none came: look at &lt;b&gt;" in body


def test_an_account_without_an_endpoint_says_how_its_events_are_found(show: Show) -> None:
    account = Account()
    account.put(
        "webhook_endpoints", state="none", message="no endpoint of this account ends with /webhooks/stripe/default"
    )
    assert "No endpoint of this account ends with /webhooks/stripe/default." in html(show(account, at=pages.QUALITY))


def test_an_export_which_cannot_be_asked_is_not_compared(show: Show) -> None:
    body = html(show(typical(source="export"), at=pages.QUALITY))
    assert "Compared with Stripe" not in body
    assert "Webhooks" not in body


def said_of(account: Account, number: int, status: str | None, because: str | None = None, leak: str = "open") -> None:
    """A leak, and what was said of the proposal for it."""
    account.put("leaks", leak_id=f"l{number}", leak_type="unpaid_invoice", status=leak)
    if status is not None:
        wrong = because in ("not_a_leak", "wrong_amount")
        account.put(
            "actions",
            action_id=f"a{number}",
            leak_id=f"l{number}",
            leak_type="unpaid_invoice",
            status=status,
            denied_because=because,
            is_false_alarm=wrong,
        )


def decisions(show: Show, account: Account) -> list[str]:
    """The cells of the one leak type."""
    body = html(show(account, at=pages.QUALITY)).split("<caption>Leaks that people decided on")[1]
    return re.findall(r"<td[^>]*>([^<]*)</td>", body.split("</table>")[0])


def test_each_leak_type_says_how_often_people_held_it_to_be_right(show: Show) -> None:
    account = Account()
    for number in range(9):
        said_of(account, number, ("approved", "done", "rehearsed", "handed_over")[number % 4])
    said_of(account, 9, "denied", "wrong_amount")
    said_of(account, 10, "denied", "not_now")
    for number, status in ((11, "drafted"), (12, "expired"), (13, None)):
        said_of(account, number, status)
    assert decisions(show, account) == ["Unpaid invoices", "11", "9", "1", "1", "9 of 10, 90 %"]


def test_of_few_decisions_no_share_is_made(show: Show) -> None:
    account = Account()
    for number in range(3):
        said_of(account, number, "done")
    assert decisions(show, account)[-1] == "3 of 3: too few to judge, 7 decisions more needed"


def test_a_dismissed_leak_was_refused_as_none_and_counts_once(show: Show) -> None:
    """Its proposal was withdrawn with it, or denied before: that is one leak all the same."""
    account = Account()
    said_of(account, 1, "withdrawn", leak="dismissed")
    said_of(account, 2, "denied", "not_a_leak", leak="dismissed")
    said_of(account, 3, "failed", leak="dismissed")
    said_of(account, 4, None, leak="dismissed")
    assert decisions(show, account)[1:5] == ["4", "0", "4", "0"]


def test_a_leak_type_of_which_nobody_said_whether_it_was_one_has_no_share(show: Show) -> None:
    account = Account()
    said_of(account, 1, "denied", "handled_elsewhere")
    assert decisions(show, account)[-1] == "Nobody has said"


def test_where_nobody_decided_that_is_said_also_of_an_older_file(show: Show) -> None:
    for account in (Account(), Account(is_old_version=True)):
        assert "Nobody had decided on a leak when this was built" in html(show(account, at=pages.QUALITY))


def test_messages_that_slack_did_not_take_are_shown_as_the_doctor_says_it(desk: Desk) -> None:
    assert not open_page(pages.QUALITY).warning
    action = desk.propose()
    at = now()
    outbox = Outbox(desk.store)
    [message] = outbox.claim(at, kinds=[CHANGED])
    assert not open_page(pages.QUALITY).warning, "what was not tried has not failed"
    outbox.failed(message, "Slack answers 503 for *<#general>*", at + timedelta(minutes=5))
    (line,) = (one.value.replace("\\", "") for one in open_page(pages.QUALITY).warning)
    assert line.startswith("**1 message to Slack waits** since ")
    assert "Slack answers 503 for *<#general>*. Nothing is lost: it is sent later" in line
    outbox.sent(outbox.claim(at + timedelta(minutes=6), kinds=[CHANGED])[0], at)
    assert not open_page(pages.QUALITY).warning
    assert desk.now(action).status == "drafted"


def test_messages_of_another_tenant_are_its_own(desk: Desk) -> None:
    Tenants(desk.store).add("rival", None, actor="test", at=now())
    proposed(desk.store, desk.settings, 1, tenant="rival")
    outbox = Outbox(desk.store)
    [message] = outbox.claim(now(), kinds=[CHANGED])
    outbox.failed(message, "Slack is away", now() + timedelta(minutes=5))
    assert not open_page(pages.QUALITY).warning
