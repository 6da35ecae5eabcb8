"""Dates, counts, evidence and markup: small functions, said as claims."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from streamlit_app import format as fmt
from streamlit_app.evidence import read
from streamlit_app.markup import card, escape_markdown, facts, safe_link, table
from streamlit_app.stripe_links import link

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5, minutes=10), "5 hours ago"),
        (timedelta(hours=47), "47 hours ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_an_age_is_told_in_one_unit(passed: timedelta, text: str) -> None:
    assert fmt.ago(NOW - passed, NOW) == text


def test_a_time_without_a_zone_is_utc() -> None:
    assert fmt.ago(NOW.replace(tzinfo=None) - timedelta(minutes=3), NOW) == "3 minutes ago"


def test_evidence_reads_as_words_money_and_times() -> None:
    evidence = read(
        json.dumps(
            {
                "currency": "jpy",
                "amount_remaining_minor": 1200,
                "billed_at": "2026-09-01T08:05:00Z",
                "collection_method": "charge_automatically",
                "subscription": "sub_1Ab",
                "due_at": None,
                "reasons": ["Every try has failed."],
                "wrong_if": "It was paid.",
            }
        ),
        "usd",
    )
    assert evidence.facts == (
        ("Amount remaining", "¥1,200"),
        ("Billed", "1 Sep 2026, 08:05 UTC"),
        ("Collection method", "Charge automatically"),
        ("Subscription", "sub_1Ab"),
    )
    assert evidence.reasons == ("Every try has failed.",)
    assert evidence.wrong_if == "It was paid."


@pytest.mark.parametrize("broken", ["{", "[1]", '"text"'])
def test_evidence_that_is_no_object_is_shown_as_it_stands(broken: str) -> None:
    assert read(broken, "usd").reasons == (broken,)


def test_a_missing_evidence_says_nothing() -> None:
    assert read(None, "usd").reasons == ()


@pytest.mark.parametrize("link", ["javascript:alert(1)", "http://stripe.com/x", "//stripe.com", "data:text/html,x", ""])
def test_only_https_becomes_a_link(link: str) -> None:
    assert safe_link(link) is None
    assert safe_link("https://invoice.stripe.com/i/x") == "https://invoice.stripe.com/i/x"


def test_the_link_into_stripe_names_account_and_mode_and_escapes_the_id() -> None:
    live, test = {"mode": "live", "account_id": None}, {"mode": "test", "account_id": "acct_9"}
    assert link("invoice", "in_1", live) == "https://dashboard.stripe.com/invoices/in_1"
    assert (
        link("invoice", "in_1", {**live, "account_id": "acct_9"}) == "https://dashboard.stripe.com/acct_9/invoices/in_1"
    )
    assert link("invoice", "in_1", test) == "https://dashboard.stripe.com/acct_9/test/invoices/in_1"
    assert link("customer", "../a?b", live) == "https://dashboard.stripe.com/customers/..%2Fa%3Fb"
    assert link("item", "x", live) is None


@pytest.mark.parametrize("text", ["<script>x</script>", '"><img onerror=x>'])
def test_every_piece_of_markup_escapes_what_it_is_given(text: str) -> None:
    for made in (table(text, (text,), [(text,)]), facts([(text, text)]), card(text, text, [text])):
        assert text not in made


def test_markdown_of_strangers_is_plain_text() -> None:
    assert escape_markdown("[x](javascript:1) $a$ **b**\n# c") == (r"\[x\]\(javascript\:1\) \$a\$ \*\*b\*\* \# c")
