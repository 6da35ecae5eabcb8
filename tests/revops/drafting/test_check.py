"""What the check refuses beside false sentences: HTML that does more, drafts that lack something, lengths."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from revops.domain.letter import LANGUAGES, TOPICS, Language, Letter, Topic
from revops.drafting.check import faults_of
from revops.drafting.layout import laid_out
from revops.drafting.render import write_letter
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import plain_facts

FACTS = plain_facts()
LETTER = write_letter(FACTS)


def kinds(letter: Letter) -> set[str]:
    return {fault.kind for fault in faults_of(letter, FACTS)}


def with_html(addition: str) -> Letter:
    return replace(LETTER, html=LETTER.html.replace("</body>", f"{addition}</body>"))


def with_text(text: str) -> Letter:
    return laid_out(FACTS, LETTER.subject, text, "person")


@pytest.mark.parametrize(
    "addition",
    [
        "<script>alert(1)</script>",
        "<img src='https://evil.example/pixel.gif'>",
        "<iframe src='https://evil.example'></iframe>",
        "<a href='https://evil.example'></a>",
        "<a href='javascript:alert(1)'></a>",
        "<a href='mailto:evil@evil.example'></a>",
        "<a href='https://link.invalid/pay_invoice'></a>",
        "<div style='background:url(https://evil.example/x)'></div>",
        "<div onclick='x()'></div>",
        "<div background='https://evil.example/x'></div>",
        "<form action='https://evil.example'></form>",
        "<meta http-equiv='refresh' content='0;url=https://evil.example'>",
        "<style>p { color: red }</style>",
        "<style>@import url(https://evil.example/x.css);</style>",
        "<!--[if mso]><p>Final notice: pay 92.00 EUR</p><![endif]-->",
        "<!-- a comment -->",
        "<![CDATA[x]]>",
        "<?xml version='1.0'?>",
        "<p>Pay 29.00 EUR twice</p>",
        "<p style='display:none'>hidden words</p>",
        "<span style='font-size:0;position:absolute'></span>",
        "<div title='Pay 92 EUR'></div>",
        "<div aria-label='Pay 92 EUR'></div>",
        "<svg></svg>",
        "<base href='https://evil.example/'>",
    ],
)
def test_html_that_says_or_does_more_than_the_text_is_refused(addition: str) -> None:
    assert kinds(with_html(addition)) & {"html", "link"}


def test_html_that_says_less_than_the_text_is_refused() -> None:
    assert "html" in kinds(replace(LETTER, html=LETTER.html.replace("is still open", "")))
    assert "html" in kinds(replace(LETTER, html=""))


def test_another_title_than_the_subject_is_refused() -> None:
    title = LETTER.html.replace("<title>Reminder", "<title>Final notice")
    assert "html" in kinds(replace(LETTER, html=title))


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_html_is_taken_when_it_is_read_as_a_stranger_s(language: Language, topic: Topic) -> None:
    facts = plain_facts(language, topic=topic, links=("pay_invoice", "update_card"), customer_name="<b>شركة</b> & Co")
    facts = replace(facts, due_on=date(2026, 10, 15), trial_ends_on=date(2026, 10, 20))
    letter = write_letter(facts)
    assert faults_of(replace(letter, html=f"{letter.html}\n"), facts) == ()


def test_plain_html_of_another_hand_is_taken_where_it_says_the_same() -> None:
    paragraphs = LETTER.text.strip().replace("Update your card:\nhttps://link.invalid/update_card", "@").split("\n\n")
    html = "".join(f"<p>{one}</p>" for one in paragraphs).replace("\n", "<br>")
    html = html.replace("@</p>", '<a href="https://link.invalid/update_card">Update your card</a></p>')
    assert faults_of(replace(LETTER, html=html), FACTS) == ()


@pytest.mark.parametrize("wanted", ["€29.00", "Acme Cloud", "https://link.invalid/update_card"])
def test_what_is_required_has_to_be_there(wanted: str) -> None:
    assert "missing" in kinds(with_text(LETTER.text.replace(wanted, "it")))


@pytest.mark.parametrize("missing", ["amount_minor", "currency", "company"])
def test_no_draft_is_taken_where_what_it_needs_is_not_known(missing: str) -> None:
    facts = replace(FACTS, **{missing: None})  # type: ignore[arg-type]
    assert [(one.kind, one.words) for one in faults_of(LETTER, facts)] == [("missing", f"{missing} is not known")]


def test_an_empty_draft_is_refused() -> None:
    assert "missing" in kinds(with_text(""))
    assert "missing" in kinds(laid_out(FACTS, " ", LETTER.text, "person"))


def test_lengths_are_limited() -> None:
    assert "length" in kinds(with_text(LETTER.text + "word " * 1_000))
    assert "length" in kinds(laid_out(FACTS, "word " * 40, LETTER.text, "person"))
    assert "length" in kinds(replace(LETTER, subject="two\nlines"))


@pytest.mark.parametrize("hidden", ["fr\u200baud", "f\u00adraud", "ｆｒａｕｄ", "FRAUD", "fraud\u202e"])
def test_a_word_is_found_however_it_is_dressed(hidden: str) -> None:
    assert "fraud" in kinds(with_text(f"{LETTER.text}\n\nYour bank found {hidden} here."))


@pytest.mark.parametrize("digits", ["９２", "٩٢", "92"])
def test_a_figure_is_found_in_any_digits(digits: str) -> None:
    assert kinds(with_text(f"{LETTER.text}\n\nWe are waiting for {digits} pieces."))


@pytest.mark.parametrize("language", LANGUAGES)
def test_forbidden_words_of_another_language_are_found(language: str) -> None:
    words = {"en": "Inkassounternehmen", "de": "discount", "fr": "Rechtsanwalt", "es": "remboursement"}
    draft = f"{LETTER.text}\n\nA word about {words[language]} here."
    assert kinds(with_text(draft)) & {"threat", "promotion", "promise"}


def test_a_name_that_is_a_forbidden_word_is_a_name_and_stays_forbidden_elsewhere() -> None:
    facts = plain_facts(customer_name="Fraud Discount")
    assert faults_of(write_letter(facts), facts) == ()
    more = laid_out(facts, "Acme Cloud", f"{write_letter(facts).text}\n\nWe give a discount.", "person")
    assert "promotion" in {fault.kind for fault in faults_of(more, facts)}


@pytest.mark.parametrize("name", ["01", "0", "EUR", "€", "May", "2026", "234", "INV", "1", "KWD", "October"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_that_is_a_part_of_a_figure_hides_none(language: Language, name: str) -> None:
    for amount, currency in ((1, "usd"), (1234, "jpy"), (2900, "eur"), (1234567, "kwd")):
        facts = plain_facts(language, customer_name=name, plan=name, amount_minor=amount, currency=currency)
        letter = write_letter(facts)
        assert faults_of(letter, facts) == ()
        wrong = laid_out(facts, "Acme Cloud", f"{letter.text}\n\n{oracle.amount(9999, 'gbp', facts.locale)}", "person")
        assert {fault.kind for fault in faults_of(wrong, facts)} == {"currency"}


def test_a_name_that_is_a_figure_makes_no_other_figure_true() -> None:
    facts = plain_facts(customer_name="3", tries=0, last_tried_on=None)
    assert faults_of(write_letter(facts), facts) == ()
    more = laid_out(facts, "Acme Cloud", f"{write_letter(facts).text}\n\nIt takes 3 days or 3%.", "person")
    assert {fault.kind for fault in faults_of(more, facts)} >= {"promise", "promotion"}


def test_an_end_of_service_is_said_with_the_day_that_is_known_and_not_without() -> None:
    until = plain_facts(access_until=date(2026, 11, 1))
    never = replace(until, access_until=None)
    text = f"{write_letter(never).text}\n\nYour access will be suspended on November 1, 2026."
    assert faults_of(laid_out(until, "Acme Cloud", text, "person"), until) == ()
    assert {fault.kind for fault in faults_of(laid_out(never, "Acme Cloud", text, "person"), never)} == {
        "date",
        "threat",
    }
    past = f"{write_letter(never).text}\n\nYour access has been suspended since November 1, 2026."
    assert "threat" in {fault.kind for fault in faults_of(laid_out(until, "Acme Cloud", past, "person"), until)}


def test_a_downgrade_is_said_where_the_letter_is_about_one() -> None:
    draft = f"{LETTER.text}\n\nYour Team plan was downgraded."
    assert "threat" in kinds(with_text(draft))
    facts = replace(FACTS, topic="downgraded")
    assert faults_of(laid_out(facts, LETTER.subject, draft, "person"), facts) == ()


def test_an_expired_card_may_be_asked_about_and_not_claimed() -> None:
    facts = replace(FACTS, decline_group="retry_later")
    text = write_letter(facts).text
    asked = laid_out(facts, "Acme Cloud", f"{text}\n\nPlease check whether your card has expired.", "person")
    claimed = laid_out(facts, "Acme Cloud", f"{text}\n\nSorry, your card has expired.", "person")
    assert faults_of(asked, facts) == ()
    assert {fault.kind for fault in faults_of(claimed, facts)} == {"reason"}


@pytest.mark.parametrize(
    ("language", "claimed", "conditional"),
    [
        ("en", "We will try again soon.", "Once your card is updated, we will try again."),
        ("de", "Wir werden es bald erneut versuchen.", "Sobald die Karte aktuell ist, versuchen wir es erneut."),
        ("fr", "Nous réessaierons bientôt.", "Dès que votre carte sera à jour, nous réessaierons."),
        ("es", "Lo intentaremos de nuevo.", "En cuanto actualice su tarjeta, lo intentaremos de nuevo."),
    ],
)
def test_another_try_is_said_where_its_day_is_known_or_under_a_condition(
    language: Language, claimed: str, conditional: str
) -> None:
    facts = plain_facts(language, next_try_on=None)
    text = write_letter(facts).text
    drafts = [laid_out(facts, "Acme Cloud", f"{text}\n\n{one}", "model") for one in (claimed, conditional)]
    assert [{fault.kind for fault in faults_of(one, facts)} for one in drafts] == [{"promise"}, set()]
    known = plain_facts(language)
    assert faults_of(laid_out(known, "Acme Cloud", f"{text}\n\n{claimed}", "model"), known) == ()


def test_a_sign_that_is_another_currency_to_the_reader_is_refused() -> None:
    facts = plain_facts("fr", locale="fr_CA", currency="usd")
    letter = write_letter(facts)
    assert faults_of(letter, facts) == ()
    text = letter.text.replace("29,00\u00a0$\u00a0US", "29,00\u00a0$")
    assert "currency" in {fault.kind for fault in faults_of(laid_out(facts, "Acme Cloud", text, "person"), facts)}


def test_figures_of_another_convention_are_refused_where_they_would_be_read_otherwise() -> None:
    facts = plain_facts("de", currency="kwd", amount_minor=1234)
    text = write_letter(facts).text
    assert faults_of(laid_out(facts, "Acme Cloud", text, "person"), facts) == ()
    turned = text.replace("1,234", "1.234")
    assert "amount" in {fault.kind for fault in faults_of(laid_out(facts, "Acme Cloud", turned, "person"), facts)}


def test_a_long_word_without_end_is_read_in_no_time() -> None:
    for word in ("a" * 3_900, "1" * 3_900, "1." * 1_900, "x•" * 1_900, "((" * 1_900, "Aa " * 1_300):
        assert faults_of(with_text(word), FACTS)
