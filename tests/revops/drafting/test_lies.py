"""Two hundred drafts with one wrong fact each are refused; two hundred true ones are not."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest

from revops.domain.letter import LANGUAGES, Language
from revops.drafting.check import faults_of
from revops.drafting.layout import laid_out
from revops.drafting.render import write_letter
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import facts_of, leaks, plain_facts
from tests.revops.drafting.lies import INVENTIONS, KINDS, LIES, TRUTHS, free_drafts, lie, reworded


def test_a_draft_with_one_wrong_fact_is_refused() -> None:
    chance = random.Random(7)
    refused: Counter[str] = Counter()
    for number, leak in enumerate(leaks(2_000, seed=3)):
        if sum(refused.values()) == 200:
            break
        facts = facts_of(leak, LANGUAGES[number % 4], number)
        kind = KINDS[sum(refused.values()) % len(KINDS)]
        wrong = lie(write_letter(facts), facts, kind, chance)
        if wrong is None:
            continue
        assert faults_of(wrong, facts), f"{kind}: {wrong.subject}\n{wrong.text}\n{wrong.html}"
        refused[kind] += 1
    assert sum(refused.values()) == 200
    assert set(refused) == set(KINDS)


def test_a_true_draft_is_not_refused_however_it_is_worded() -> None:
    taken = 0
    for language in LANGUAGES:
        for letter, facts in reworded(language):
            assert faults_of(letter, facts) == (), letter.text
            taken += 1
    for number, leak in enumerate(leaks(100, seed=5)):
        facts = facts_of(leak, LANGUAGES[number % 4], number)
        assert faults_of(write_letter(facts), facts) == ()
        taken += 1
    assert taken >= 200


@pytest.mark.parametrize(
    ("language", "kind", "sentence"),
    [(language, kind, one) for language, kinds in LIES.items() for kind, every in kinds.items() for one in every],
)
def test_a_false_sentence_is_named_as_what_it_is(language: Language, kind: str, sentence: str) -> None:
    facts = plain_facts(language)
    subject, text = next(free_drafts(language, oracle.amount(2900, "eur", facts.locale), date.isoformat))
    at_the_end = laid_out(facts, subject, f"{text}\n\n{sentence}", "model")
    within = laid_out(facts, subject, text.replace(". ", f". {sentence} ", 1), "model")
    assert faults_of(laid_out(facts, subject, text, "model"), facts) == ()
    for draft in (at_the_end, within):
        assert kind in {fault.kind for fault in faults_of(draft, facts)}, faults_of(draft, facts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_model_may_make_up_is_refused(language: Language) -> None:
    facts = plain_facts(language)
    subject, text = next(free_drafts(language, oracle.amount(2900, "eur", facts.locale), date.isoformat))
    for one in INVENTIONS[language]:
        assert faults_of(laid_out(facts, subject, text.replace(". ", f". {one} ", 1), "model"), facts), one


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_true_is_taken_wherever_it_stands(language: Language) -> None:
    facts = plain_facts(language)
    subject, text = next(free_drafts(language, oracle.amount(2900, "eur", facts.locale), date.isoformat))
    for one in TRUTHS[language]["sentences"]:
        within = text.replace(". ", f". {one} ", 1) if one[0].isalpha() else f"{text}\n{one}"
        for draft in (f"{text}\n\n{one}", within):
            assert faults_of(laid_out(facts, subject, draft, "model"), facts) == (), one
    for one in TRUTHS[language]["subjects"]:
        assert faults_of(laid_out(facts, one, text, "model"), facts) == (), one
