"""Drafts with one wrong claim each, in all of a draft, in its HTML or its subject; and free ones that are true."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from revops.domain.letter import Language, Letter, LetterFacts
from revops.drafting.layout import laid_out
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import plain_facts

Change = tuple[str, str]

_FOLDER = Path(__file__).parent


def _read(name: str) -> Any:
    return YAML(typ="safe").load((_FOLDER / name).read_text(encoding="utf-8"))


LIES: dict[Language, dict[str, list[str]]] = _read("lies.yml")
INVENTIONS: dict[Language, list[str]] = _read("inventions.yml")
TRUTHS: dict[Language, dict[str, list[str]]] = _read("truths.yml")
# What is worded anew rather than changed in place.
SENTENCES = ("promise", "fraud", "promotion", "threat")
WORDED = ("amount", "currency", "customer", "company", "date", "link", "address", "invoice", "card")
KINDS = (*WORDED, *SENTENCES)


def lie(letter: Letter, facts: LetterFacts, kind: str, chance: random.Random) -> Letter | None:
    """The letter with one wrong claim, in all of it, in its HTML or in its subject; None where it has no such fact."""
    if kind in SENTENCES:
        return _with_sentence(letter, chance.choice(LIES[facts.language][kind]), chance)
    change = _change(facts, kind, chance)
    if change is None:
        return None
    text, html, subject = (_swapped(part, change) for part in (letter.text, letter.html, letter.subject))
    lies = [replace(letter, text=text, html=html), replace(letter, html=html), replace(letter, subject=subject)]
    told = [one for one in lies if one.digest != letter.digest]
    return chance.choice(told) if told else None


def _change(facts: LetterFacts, kind: str, chance: random.Random) -> Change | None:
    """What to put in place of a fact."""
    if kind == "amount":
        return _money(facts), _money(facts, minor=facts.amount_minor + chance.choice((1, 100, 9_000)))
    if kind == "currency":
        return _money(facts), _money(facts, currency=_other_currency(facts, chance))
    if kind == "date":
        return _other_day(facts, chance)
    wrong = {
        "customer": (oracle.shown(facts.customer_name, 80), "Globex Handel"),
        "company": (oracle.shown(facts.company, 80), "Contoso"),
        "link": (_link(facts), chance.choice(("https://pay.evil.example/x", "http://link.invalid/other"))),
        "address": (facts.support_address or "", "help@evil.example"),
        "invoice": (facts.invoice_number or "", f"INV-{chance.randrange(10_000, 99_999)}"),
        "card": (f"•••• {facts.card_last4}" if facts.card_last4 else "", "•••• 1881"),
    }[kind]
    return wrong if len(wrong[0]) > 3 else None


def _with_sentence(letter: Letter, sentence: str, chance: random.Random) -> Letter:
    where = chance.choice(("both", "html", "subject"))
    if where == "subject":
        return replace(letter, subject=sentence.rstrip("."))
    html = letter.html.replace("</div></td>", f" {escape(sentence)}</div></td>", 1)
    first, rest = letter.text.split("\n\n", 1)
    return replace(letter, html=html, text=f"{first} {sentence}\n\n{rest}" if where == "both" else letter.text)


def _swapped(part: str, change: Change) -> str:
    """In any of the blanks a locale sets, and as HTML escapes it."""
    old, new = change
    for blank in (" ", "\u00a0", "\u202f"):
        for spelled, other in ((old, new), (escape(old), escape(new))):
            part = part.replace(spelled.replace(" ", blank), other)
    return part


def _money(facts: LetterFacts, minor: int | None = None, currency: str | None = None) -> str:
    return oracle.amount(minor or facts.amount_minor, currency or facts.currency, facts.locale)


def _other_currency(facts: LetterFacts, chance: random.Random) -> str:
    return chance.choice([one for one in ("usd", "eur", "gbp", "chf", "cad") if one != facts.currency])


def _other_day(facts: LetterFacts, chance: random.Random) -> Change | None:
    days = [facts.billed_on, facts.due_on, facts.last_tried_on, facts.next_try_on, facts.next_step_on]
    known = {*filter(None, (*days, facts.access_until, facts.trial_ends_on))}
    said = chance.choice([one for one in known if one is not None])
    off = chance.choice((1, -1, 31, 365, 3))
    other = said + timedelta(days=off)
    return None if other in known else (oracle.day(said, facts.locale), oracle.day(other, facts.locale))


def _link(facts: LetterFacts) -> str:
    return f"https://link.invalid/{facts.links[0]}" if facts.links else ""


_AMOUNTS: dict[Language, tuple[str, ...]] = {
    "en": ("€29.00", "EUR 29.00", "29 euros", "€29", "29.00 EUR"),
    "de": ("29,00 €", "29 €", "29 Euro", "EUR 29,00", "29,- €"),
    "fr": ("29,00 €", "29 euros", "29 €", "29,00 EUR"),
    "es": ("29,00 €", "29 euros", "29,00 EUR", "29 €"),
}
_DAYS: dict[Language, tuple[Callable[[date], str], ...]] = {
    "en": (
        lambda d: oracle.day(d, "en_US"),
        lambda d: oracle.day(d, "en_GB"),
        lambda d: f"{d.month}/{d.day}/{d.year}",
        lambda d: f"{d:%a %b} {d.day}"[4:],
        lambda d: f"{d:%A}, {oracle.day(d, 'en_US')}",
        lambda d: d.isoformat(),
    ),
    "de": (
        lambda d: oracle.day(d, "de_DE"),
        lambda d: f"{d:%d.%m.%Y}",
        lambda d: f"{d.day}.{d.month}.{d.year}",
        lambda d: oracle.day(d, "de_DE").removesuffix(f" {d.year}"),
        lambda d: f"{d:%d.%m.}",
    ),
    "fr": (
        lambda d: oracle.day(d, "fr_FR"),
        lambda d: f"{d:%d/%m/%Y}",
        lambda d: oracle.day(d, "fr_FR").removesuffix(f" {d.year}"),
    ),
    "es": (
        lambda d: oracle.day(d, "es_ES"),
        lambda d: f"{d.day}/{d.month}/{d.year}",
        lambda d: oracle.day(d, "es_ES").removesuffix(f" de {d.year}"),
    ),
}


def reworded(language: Language) -> Iterator[tuple[Letter, LetterFacts]]:
    """Every free draft of a language, true of plain_facts, in every spelling of its amount and its days."""
    facts = plain_facts(language)
    for money, spell in product(_AMOUNTS[language], _DAYS[language]):
        for subject, text in free_drafts(language, money, spell):
            yield laid_out(facts, subject, text, "model"), facts


def free_drafts(language: Language, money: str, spell: Callable[[date], str]) -> Iterator[tuple[str, str]]:
    """Subject and text of the files in free/: `$` is the amount, `@next` a day."""
    facts = plain_facts(language)
    days = {
        "@billed": facts.billed_on,
        "@last": facts.last_tried_on,
        "@next": facts.next_try_on,
        "@step": facts.next_step_on,
        "@until": facts.access_until,
    }
    for path in sorted((_FOLDER / "free").glob(f"{language}-*.txt")):
        subject, _, text = path.read_text(encoding="utf-8").replace("$", money).partition("\n\n")
        for mark, day in days.items():
            assert day is not None
            text = text.replace(mark, spell(day))
        yield subject, text
