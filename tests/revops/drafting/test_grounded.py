"""Two hundred leaks in four languages: a letter says what is known, by an oracle that shares no code with it."""

from __future__ import annotations

import re

import pytest

from revops.domain.letter import LANGUAGES, TOPICS, Language
from revops.drafting.check import faults_of
from revops.drafting.render import write_letter
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import facts_of, leaks

LEAKS = leaks(200)


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_say_what_is_known_and_nothing_else(language: Language) -> None:
    grounded = 0
    for number, leak in enumerate(LEAKS):
        facts = facts_of(leak, language, number)
        letter = write_letter(facts)
        assert oracle.faults(letter.text, facts) == [], letter.text
        assert oracle.faults(letter.subject, facts, is_whole=False) == [], letter.subject
        assert oracle.faults(oracle.seen(letter.html), facts) == [], letter.html
        assert (letter.topic, letter.language, letter.written_by) == (facts.topic, language, "template")
        grounded += 1
    assert grounded == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_check_takes_every_letter_of_ours(language: Language) -> None:
    for number, leak in enumerate(LEAKS):
        facts = facts_of(leak, language, number)
        assert faults_of(write_letter(facts), facts) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_are_kept(language: Language) -> None:
    for number, leak in enumerate(LEAKS):
        letter = write_letter(facts_of(leak, language, number))
        assert 0 < len(letter.subject) <= 78
        assert 0 < len(letter.text) <= 4_000
        assert "\n" not in letter.subject
        assert not re.search(r"[^\S\n]{2,}|\n{3,}|[^\S\n]\n| [.,]|\(\)|„“|«»", letter.text), letter.text


def test_the_leaks_are_of_every_kind() -> None:
    assert {leak["topic"] for leak in LEAKS} == set(TOPICS)
    assert {leak["currency"] for leak in LEAKS} >= {"usd", "eur", "jpy", "kwd"}
    assert any(leak["customer_name"] is None for leak in LEAKS)
    assert any("<script>" in (leak["customer_name"] or "") for leak in LEAKS)
