"""Letters from templates, their check, and how many of each kind are right: figures beside their goals."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from revops.domain.letter import LANGUAGES, Letter, LetterFacts
from revops.drafting.check import faults_of
from revops.drafting.render import write_letter
from tests.bench.measure import show
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import facts_of, leaks
from tests.revops.drafting.lies import KINDS, lie, reworded

pytestmark = pytest.mark.bench

FACTS = [facts_of(leak, language, number) for language in LANGUAGES for number, leak in enumerate(leaks(200))]


def test_a_draft_takes_milliseconds() -> None:
    for language in LANGUAGES:
        write_letter(next(one for one in FACTS if one.language == language))
    written, drafting = timed(write_letter, [(one,) for one in FACTS])
    pairs = list(zip(written, FACTS, strict=True))
    found, checking = timed(faults_of, pairs)
    print(f"\n{len(FACTS)} letters: 200 leaks, {len(LANGUAGES)} languages")
    show("a letter from its template, with HTML", f"{drafting:.2f} ms", "under 5 ms")
    show("the check of a letter", f"{checking:.2f} ms", "-")
    # With a blank more, the HTML is read as a stranger's.
    strange = [(Letter(one.topic, one.language, one.subject, one.text, f"{one.html} "), facts) for one, facts in pairs]
    show("the check of a letter whose HTML is not ours", f"{timed(faults_of, strange)[1]:.2f} ms", "-")
    assert not any(found)


def test_how_many_drafts_are_right() -> None:
    grounded = [one for one in FACTS if not ungrounded(write_letter(one), one)]
    chance = random.Random(7)
    lies = refused = 0
    for number, leak in enumerate(leaks(2_000, seed=3)):
        facts = facts_of(leak, LANGUAGES[number % 4], number)
        wrong = lie(write_letter(facts), facts, KINDS[lies % len(KINDS)], chance)
        if wrong is not None and lies < 200:
            lies += 1
            refused += bool(faults_of(wrong, facts))
    true = [pair for language in LANGUAGES for pair in reworded(language)]
    taken = sum(not faults_of(*pair) for pair in true)
    print()
    show("letters that say what is known and nothing else", f"{len(grounded)} of {len(FACTS)}", "all")
    show("drafts with one wrong fact, refused", f"{refused} of {lies}", "all")
    show("true drafts in free words, taken", f"{taken} of {len(true)}", "all")


def ungrounded(letter: Letter, facts: LetterFacts) -> list[str]:
    """What the oracle holds against a letter."""
    return [*oracle.faults(letter.text, facts), *oracle.faults(letter.subject, facts, is_whole=False)]


def timed(work: Callable[..., Any], calls: list[tuple[Any, ...]]) -> tuple[list[Any], float]:
    """Results, and milliseconds for each."""
    started = time.perf_counter()
    results = [work(*one) for one in calls]
    return results, (time.perf_counter() - started) * 1_000 / len(calls)
