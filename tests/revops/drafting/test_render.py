"""Letters from templates: what each topic says, what is left out, what customers typed into their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revops.domain.letter import LANGUAGES, TOPICS, Language, LetterFacts, Topic
from revops.drafting.check import faults_of
from revops.drafting.errors import MissingFactError
from revops.drafting.render import missing_facts, write_letter
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import LANGUAGE_LOCALES, plain_facts


def on(topic: Topic, language: Language = "en", **changes: Any) -> LetterFacts:
    both = {"links": ("update_card", "pay_invoice"), "due_on": date(2026, 10, 15), "trial_ends_on": date(2026, 10, 20)}
    return plain_facts(language, topic=topic, **{**both, **changes})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_a_subject_of_its_own(language: Language) -> None:
    subjects = {write_letter(on(topic, language)).subject for topic in TOPICS}
    assert len(subjects) == len(TOPICS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_decline_group_changes_the_reason_where_the_customer_can_do_something(language: Language) -> None:
    groups = ("customer_authenticates", "fix_data", "other_method", "retry_later", "technical", "never")
    letters = {group: write_letter(on("reminder", language, decline_group=group)).text for group in groups}
    assert len(set(letters.values())) == len(groups)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_that_will_never_work_is_worded_as_a_plain_decline(language: Language) -> None:
    never = write_letter(on("reminder", language, decline_group="never"))
    declined = {"en": "was declined.", "de": "wurde abgelehnt.", "fr": "a été refusée.", "es": "fue rechazada."}
    assert declined[language] in never.text


def test_no_cause_is_named_where_none_is_known() -> None:
    letter = write_letter(on("payment_failed", decline_group=None))
    assert "declined" not in letter.text
    assert "card details" not in letter.text


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_unknown_is_said(topic: Topic, language: Language) -> None:
    known = on(topic, language)
    unknown = ("customer_name", "invoice_number", "plan", "billed_on", "last_tried_on", "next_try_on", "next_step_on")
    nothing: dict[str, Any] = dict.fromkeys((*unknown, "access_until", "card_brand", "card_last4", "support_address"))
    bare = replace(known, tries=0, decline_group=None, **nothing)
    letter = write_letter(bare)
    assert oracle.faults(letter.text, bare) == []
    assert faults_of(letter, bare) == ()


def test_it_says_what_comes_next_and_when() -> None:
    text = write_letter(on("reminder", access_until=None)).text
    assert "We will try the payment again on October 12, 2026." in text
    assert "If the payment is still open on October 15, 2026, we will write to you again." in text
    until = write_letter(on("last_chance")).text
    assert "Your Team plan stays as it is until November 1, 2026; if the payment is still open then" in until


def test_the_link_that_is_asked_for_stands_first() -> None:
    card, bank = (
        write_letter(on("reminder", decline_group=one)).text for one in ("fix_data", "customer_authenticates")
    )
    assert card.index("/update_card") < card.index("/pay_invoice")
    assert bank.index("/pay_invoice") < bank.index("/update_card")


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"amount_minor": None}, "amount_minor"),
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -2900}, "amount_minor"),
        ({"amount_minor": 29.0}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"currency": ""}, "currency"),
        ({"currency": None}, "currency"),
        ({"currency": "xyz"}, "currency"),
        ({"company": " \n\u200b"}, "company"),
        ({"links": ()}, "links (update_card or pay_invoice)"),
        ({"links": ("update_card",), "decline_group": "customer_authenticates"}, "links (pay_invoice)"),
        ({"topic": "confirm_payment", "links": ("update_card",)}, "links (pay_invoice)"),
        ({"topic": "invoice_overdue", "due_on": None}, "due_on"),
        ({"topic": "trial_ending", "trial_ends_on": None}, "trial_ends_on"),
        ({"topic": "trial_ending", "links": ()}, "links (update_card)"),
    ],
)
def test_a_letter_without_what_it_needs_is_not_written_and_says_what_is_missing(
    changes: dict[str, Any], missing: str
) -> None:
    facts = on("reminder", **changes) if "topic" not in changes else on(changes.pop("topic"), **changes)
    with pytest.raises(MissingFactError, match=f"needs .*{missing.split(' ')[0]}") as caught:
        write_letter(facts)
    assert caught.value.missing == (missing,)
    assert missing_facts(facts) == (missing,)


@pytest.mark.parametrize(
    "name", ["شركة النور", "北京示例科技有限公司", "ООО Ромашка", "می‌خواهم", "Zoë O’Brien", "日本 株式会社"]
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_in_another_script_arrives_as_it_is(name: str, language: Language) -> None:
    facts = on("reminder", language, customer_name=name)
    letter = write_letter(facts)
    assert name in letter.text
    assert name in oracle.seen(letter.html)
    assert faults_of(letter, facts) == ()


def test_a_name_read_from_right_to_left_is_kept_apart_from_what_is_beside_it() -> None:
    letter = write_letter(on("reminder", customer_name="شركة النور"))
    assert "Hello \u2068شركة النور\u2069," in letter.text
    assert "\u2068" not in write_letter(on("reminder")).text


@pytest.mark.parametrize(
    "name",
    [
        "<b>Bob</b><script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ f.amount }}{% raw %}",
        "A&amp;B",
        "]]>--><i>",
    ],
)
def test_markup_in_a_name_is_shown_and_does_nothing(name: str) -> None:
    facts = on("reminder", customer_name=name, plan=name, invoice_number=name)
    letter = write_letter(facts)
    assert f"Hello {name}," in letter.text
    assert f"Hello {name}," in oracle.seen(letter.html)
    assert all(tag not in letter.html for tag in ("<script", "<img", "<b>", "<i>"))
    assert faults_of(letter, facts) == ()


def test_a_name_breaks_no_line_and_turns_no_direction() -> None:
    facts = on("reminder", customer_name="Bob\r\nBcc: all@x.example\u2028\u202e\u0007!", company="Acme\nInc")
    letter = write_letter(facts)
    assert "Hello Bob Bcc: all@x.example !," in letter.text
    assert "Acme Inc" in letter.subject
    assert not {"\r", "\n", "\u2028", "\u202e", "\x07"} & set(letter.subject)
    assert faults_of(letter, facts) == ()


def test_long_names_are_cut_and_the_subject_stays_short() -> None:
    facts = on(
        "reminder", customer_name="N" * 5_000, company="Extraordinarily " * 40, plan="P" * 900, invoice_number="9" * 500
    )
    letter = write_letter(facts)
    assert len(letter.subject) <= 78
    assert len(letter.text) < 1_500
    assert "N" * 79 + "…" in letter.text
    assert faults_of(letter, facts) == ()


@pytest.mark.parametrize(
    ("locale", "minor", "currency", "said"),
    [
        ("en_US", 123456, "usd", "$1,234.56"),
        ("en_GB", 123456, "usd", "US$1,234.56"),
        ("de_DE", 123456, "eur", "1.234,56\u00a0€"),
        ("de_CH", 123456, "chf", "CHF\u00a01’234.56"),
        ("fr_FR", 123456, "eur", "1\u202f234,56\u00a0€"),
        ("es_MX", 123456, "mxn", "$1,234.56"),
        ("en_US", 1240, "jpy", "¥1,240"),
        ("de_DE", 1234567, "kwd", "1.234,567\u00a0KWD"),
        ("en_GB", 5, "kwd", "KWD\u00a00.005"),
        ("en_US", 99999999999999999, "usd", "$999,999,999,999,999.99"),
    ],
)
def test_amounts_are_written_as_the_locale_writes_them_to_the_last_digit(
    locale: str, minor: int, currency: str, said: str
) -> None:
    language: Language = locale[:2]  # type: ignore[assignment]
    letter = write_letter(on("reminder", language, locale=locale, amount_minor=minor, currency=currency))
    assert said in letter.text
    assert said.replace("\u00a0", " ").replace("\u202f", " ") in letter.subject


@pytest.mark.parametrize(
    ("locale", "said"), [("en_EG", "12 October 2026"), ("de_US", None), ("nonsense", "October 12, 2026")]
)
def test_a_locale_that_is_unknown_is_that_of_the_language(locale: str, said: str | None) -> None:
    language: Language = "de" if locale.startswith("de") else "en"
    assert (said or "12. Oktober 2026") in write_letter(on("reminder", language, locale=locale)).text


def test_the_first_of_a_month_is_written_as_french_writes_it() -> None:
    assert "du 1er octobre 2026" in write_letter(on("reminder", "fr")).text


@given(
    customer=st.text(max_size=200),
    plan=st.text(max_size=100),
    minor=st.integers(min_value=1, max_value=10**12),
    currency=st.sampled_from(("usd", "eur", "jpy", "kwd", "chf", "ugx")),
    language=st.sampled_from(LANGUAGES),
    topic=st.sampled_from(TOPICS),
)
def test_whatever_a_customer_is_called_the_letter_is_taken(
    customer: str, plan: str, minor: int, currency: str, language: Language, topic: Topic
) -> None:
    for locale in LANGUAGE_LOCALES[language]:
        facts = on(
            topic, language, locale=locale, customer_name=customer, plan=plan, amount_minor=minor, currency=currency
        )
        assert faults_of(write_letter(facts), facts) == ()
