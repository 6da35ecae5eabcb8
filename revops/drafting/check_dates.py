"""Days that a draft names, in the spellings of four languages: each has to be a day that is known."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from datetime import date
from functools import cache

from babel import Locale

from revops.domain.letter import LANGUAGES, Fault, LetterFacts
from revops.drafting.claims_file import claim_words, pattern
from revops.drafting.reading import Reading, folded
from revops.drafting.said import locale_of


@cache
def _months() -> dict[str, int]:
    """Names of months, folded, of all four languages."""
    return {**_names("months", ("wide", "abbreviated")), "sept": 9}


@cache
def _weekdays() -> dict[str, int]:
    """Names of weekdays, Monday as 0."""
    return {**_names("days", ("wide",)), "sonnabend": 5}


def _names(kind: str, widths: tuple[str, ...]) -> dict[str, int]:
    return {
        folded(name).rstrip("."): number
        for language in LANGUAGES
        for context in ("format", "stand-alone")
        for width in widths
        for number, name in getattr(Locale(language), kind)[context][width].items()
    }


@cache
def _whole() -> tuple[re.Pattern[str], ...]:
    """Days with the name of their month, or with their year."""
    name = f"(?P<name>{_any(_months())})"
    weekday = _weekday()
    year = r"(?P<year>\d{4})(?!\d)"
    ending = r"(?:\.|st|nd|rd|th|er|º|o)?"
    sources = (
        rf"(?<![\w.,]){weekday}(?P<day>\d{{1,2}})\s?{ending}(?:\s(?:of|de|del))?\s?{name}(?!\w)\.?"
        rf"(?:,?\s(?:de\s|del\s)?{year})?",
        rf"(?<!\w){weekday}(?:the\s)?{name}\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d\w])(?:,?\s{year})?",
        rf"(?<![\w.]){weekday}(?P<year>\d{{4}})(?P<mark>[-./])(?P<number>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d)",
        rf"(?<![\w.,]){weekday}(?P<first>\d{{1,2}})(?P<mark>[-./])\s?(?P<second>\d{{1,2}})(?P=mark)\s?"
        r"(?P<year>\d{4}|\d{2})(?!\w)",
        rf"(?<!\w){name}\.?\s(?:de\s|of\s)?{year}",
    )
    return tuple(map(re.compile, sources))


@cache
def _short() -> tuple[re.Pattern[str], ...]:
    """Days in figures without a year, which look like amounts."""
    return (
        re.compile(rf"(?<![\w.,]){_weekday()}(?P<first>\d{{1,2}})\.\s?(?P<second>\d{{1,2}})\.(?!\d)"),
        re.compile(rf"(?<![\w.,]){_weekday()}(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})(?![\w/])"),
    )


def _weekday() -> str:
    return rf"(?:(?P<weekday>{_any(_weekdays())}),?\s+(?:den\s|dem\s|the\s|le\s|el\s)?)?"


def _any(names: Iterable[str]) -> str:
    return "|".join(sorted(names, key=len, reverse=True))


@cache
def _lone_month() -> re.Pattern[str]:
    wide = {folded(name) for language in LANGUAGES for name in Locale(language).months["format"]["wide"].values()}
    # "may" and "march" are more often verbs; they are read as months where a preposition stands before them.
    verbs = {"may", "march"}
    meant = r"(?:in|of|since|until|your|early|late|by)\s(?P<verb>may|march)"
    return re.compile(rf"(?<!\w)(?:(?P<name>{_any(wide - verbs)})|{meant})(?!\w)")


@cache
def _lone_weekday() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{_any(_weekdays())})s?(?!\w)")


def known_days(facts: LetterFacts) -> tuple[date, ...]:
    """Every day among the facts."""
    values = (getattr(facts, field.name) for field in fields(facts))
    return tuple(value for value in values if isinstance(value, date))


def date_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    """Days that are none of the facts and cannot be mistaken for amounts; all that are read are blotted out."""
    yield from _figures(reading, facts, _whole())


def short_date_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    """The same for `5.10.`, months, weekdays and "tomorrow", once amounts are read."""
    yield from _figures(reading, facts, _short())
    days = known_days(facts)
    for match in reading.take(_lone_month()):
        number = _months()[match["name"] or match["verb"]]
        is_meant = match["verb"] is None or reading.words(match).split()[-1][0].isupper()
        if is_meant and all(day.month != number for day in days):
            yield Fault("date", reading.words(match))
    for match in reading.take(_lone_weekday()):
        yield Fault("date", reading.words(match))
    for match in reading.take(pattern(claim_words(facts.language).claims.relative_date)):
        yield Fault("date", reading.words(match))


def _figures(reading: Reading, facts: LetterFacts, patterns: tuple[re.Pattern[str], ...]) -> Iterator[Fault]:
    days = known_days(facts)
    is_month_first = str(locale_of(facts).date_formats["short"].pattern).startswith("M")
    for one in patterns:
        for match in reading.take(one):
            if not _is_known(match, days, is_month_first):
                yield Fault("date", reading.words(match))


def _is_known(match: re.Match[str], days: tuple[date, ...], is_month_first: bool) -> bool:
    given = match.groupdict()
    if given.get("first"):
        pair = int(given["first"]), int(given["second"])
        month, day = pair if is_month_first else pair[::-1]
    else:
        month = int(given["number"]) if given.get("number") else _months()[given["name"]]
        day = int(given["day"]) if given.get("day") else 0
    year = int(given["year"]) if given.get("year") else 0
    weekday = _weekdays()[given["weekday"]] if given.get("weekday") else None
    return any(
        known.month == month
        and day in (0, known.day)
        and year in (0, known.year, known.year % 100)
        and weekday in (None, known.weekday())
        for known in days
    )
