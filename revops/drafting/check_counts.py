"""Figures that are no amount and no day: tries, cards, spans of time, per cent; and whatever figure is left."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from revops.domain.letter import Fault, FaultKind, Language, LetterFacts
from revops.drafting.check_amounts import spellings
from revops.drafting.check_dates import known_days
from revops.drafting.claims_file import alternatives, claim_words, pattern
from revops.drafting.reading import BLOT, Reading, folded
from revops.drafting.said import said_brand, said_last4

_BRANDS = (
    "visa", "mastercard", "master card", "american express", "amex", "diners club", "discover card", "jcb", "unionpay",
    "maestro", "cartes bancaires", "eftpos", "paypal", "apple pay", "google pay", "klarna", "sepa", "girocard",
)  # fmt: skip
_BRAND = re.compile(rf"(?<!\w)(?:{alternatives(_BRANDS)})(?!\w)")
_MASKED = re.compile(r"(?:(?<![•*·x#])[•*·x#]{2,}|(?<!\.)\.{3,})[\s-]?(?P<digits>\d+)|(?<!\d)(?P<after>\d+)[•*·x#]{2,}")
_PERCENT = re.compile(r"(?<![\d.,])\d+(?:[.,]\d+)?\s?%|%")
# Names of procedures, and the numbers of a list.
_NO_CLAIM = re.compile(r"(?<!\w)3-?\s?d(?:[\s-]secure|s)(?!\w)|(?<!\w)psd\s?2(?!\w)|(?m:^\s*\d{1,2}[.)]\s)")
# A figure with all that is written together with it: a wrong INV-0043 is shown whole.
_FIGURE = re.compile(rf"(?<![^\s{BLOT}()])[^\s{BLOT}()]*\d[^\s{BLOT}()]*")
_AROUND = ".,;:!?-/'\"„“”«»<>[]"


def count_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    """Figures that no fact allows, once days and amounts are read."""
    for _ in reading.take(_NO_CLAIM):
        continue
    for match in reading.take(_PERCENT):
        yield Fault("promotion", reading.words(match))
    yield from _card_faults(reading, facts)
    yield from _try_faults(reading, facts)
    for match in reading.take(_span(facts.language)):
        yield Fault("promise", reading.words(match))
    for match in reading.take(_FIGURE):
        if not _is_known(match.group().strip(_AROUND), facts):
            yield Fault(_kind(reading, match.start(), facts.language), reading.words(match))


def _card_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    for match in reading.take(_MASKED):
        if (match["digits"] or match["after"]) != said_last4(facts.card_last4):
            yield Fault("card", reading.words(match))
    brand = folded(said_brand(facts.card_brand))
    known = {brand, {"american express": "amex", "mastercard": "master card"}.get(brand)}
    for match in reading.take(_BRAND):
        if " ".join(match.group().split()) not in known:
            yield Fault("card", reading.words(match))


def _try_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    claims = claim_words(facts.language).claims
    cardinal, ordinal = _tried(facts.language)
    for match in reading.take(cardinal):
        count = match["count"] or match["listed"]
        value = claims.times.get(match["times"] or "", 0) or _value(count or "", claims.numbers)
        if value != facts.tries:
            yield Fault("number", reading.words(match))
    for match in reading.take(ordinal):
        if not 0 < _value(match["count"], claims.ordinals) <= facts.tries:
            yield Fault("number", reading.words(match))
    # How many messages there were is no fact: "second notice" puts on pressure with a figure that nobody checked.
    for match in reading.take(_numbered_notice(facts.language)):
        yield Fault("number", reading.words(match))
    for match in reading.take(pattern(claims.many_tries)):
        if facts.tries < 2:
            yield Fault("number", reading.words(match))


def _value(count: str, numbers: dict[str, int]) -> int:
    digits = re.match(r"\d+", count)
    if digits:
        return int(digits.group())
    return next((value for word, value in numbers.items() if pattern((word,)).fullmatch(count)), 0)


@lru_cache(maxsize=8)
def _tried(language: Language) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """`3 attempts`, `three failed attempts`, `attempts: 3`, `twice`; and `third attempt`, `3rd attempt`."""
    claims = claim_words(language).claims
    tries, numbers = alternatives(claims.tries), alternatives(claims.numbers)
    times = rf"|(?<!\w)(?P<times>{alternatives(claims.times)})(?!\w)" if claims.times else "|(?P<times>(?!))"
    cardinal = (
        rf"(?<![\w.,])(?P<count>\d+|{numbers})[\s-]{{1,2}}(?:[^\W\d]+\s){{0,2}}?(?:{tries})(?!\w)"
        rf"|(?<!\w)(?:{tries}):?\s(?P<listed>\d+)(?![\w.,]\d){times}"
    )
    ordinal = (
        rf"(?<!\w)(?P<count>\d+(?:st|nd|rd|th|er|e|eme|o|a|\.)|{alternatives(claims.ordinals)})\s"
        rf"(?:[^\W\d]+\s){{0,2}}?(?:{tries})(?!\w)"
    )
    return re.compile(cardinal), re.compile(ordinal)


@cache
def _numbered_notice(language: Language) -> re.Pattern[str]:
    claims = claim_words(language).claims
    return re.compile(
        rf"(?<!\w)(?:\d+(?:st|nd|rd|th|er|e|eme|o|a|\.)|{alternatives(claims.ordinals)})\s"
        rf"(?:[^\W\d]+\s)?(?:{alternatives(claims.notices)})(?!\w)"
    )


@cache
def _span(language: Language) -> re.Pattern[str]:
    """`3 days`, `24-hour`, `two business days`."""
    claims = claim_words(language).claims
    return re.compile(
        rf"(?<![\w.,])(?:\d+(?:\s?[-–]\s?\d+)?|{alternatives(claims.numbers)})"
        rf"[\s-]?(?:[^\W\d]+\s)?(?:{alternatives(claims.units)})(?!\w)"
    )


def _is_known(figure: str, facts: LetterFacts) -> bool:
    """Digits of the card, the amount without its currency where its decimals tell it apart, a year of a known day."""
    is_amount = figure in spellings(facts) and re.search(r"[.,]\d{2,3}$", figure) is not None
    is_year = any(figure == str(day.year) for day in known_days(facts))
    return is_amount or is_year or (bool(figure) and figure == said_last4(facts.card_last4))


def _kind(reading: Reading, place: int, language: Language) -> FaultKind:
    claims = claim_words(language).claims
    before = reading.before(place, 25)
    if pattern(claims.invoice_words).search(before):
        return "invoice"
    return "card" if pattern(claims.card_words).search(before) else "number"
