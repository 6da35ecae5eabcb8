"""Whether a draft says only what is known, whoever wrote it.

Every amount, day, name, link, invoice number, card and count of tries has to be one of the facts; what may not be said
to a customer at all is not said (claims/<language>.yml); what has to be there is there. Strict on purpose: a draft that
is refused wrongly costs its author a word, or the template goes out; one that is passed wrongly is a lie to a customer.
"""

import re
from collections.abc import Iterator
from functools import cache

from revops.domain.letter import Fault, Language, Letter, LetterFacts, placeholder
from revops.drafting.check_amounts import amount_faults, currency_faults
from revops.drafting.check_counts import count_faults
from revops.drafting.check_dates import date_faults, known_days, short_date_faults
from revops.drafting.check_html import html_faults
from revops.drafting.check_names import name_faults
from revops.drafting.check_words import access_days, word_faults
from revops.drafting.claims_file import alternatives, claim_words
from revops.drafting.reading import Reading, plain
from revops.drafting.render import missing_facts
from revops.drafting.said import (
    LONGEST_INVOICE_NUMBER,
    LONGEST_NAME,
    LONGEST_PLAN,
    line,
    locale_of,
    said_amount,
    said_date,
)

LONGEST_SUBJECT = 150
LONGEST_TEXT = 4_000

_BEGINS = re.compile(r"^$|[^\w/@]")
# The rest of a longer figure.
_CUT = re.compile(r"\d[.,' ]$")
# A link does not go on with a path.
_LINK_ENDS = re.compile(r"(?=[)\].,;:!?»”\"']*(?:\s|$))")
# Joiners of Persian and Indic scripts, isolates around names read from right to left, blanks that do not break.
_MAY_BE_UNSEEN = "\n\u200c\u200d\u2068\u2069\u00a0\u202f"
_ADDRESS = re.compile(r"(?<!\S)[^\s@]+@[^\s@]+\.\w+")
_LINK = re.compile(
    r"(?<!\w)(?:[a-z][a-z0-9+.-]{1,20}://|mailto:|javascript:|data:|tel:|sms:|www\.)\S*"
    r"|(?<![\w@])(?:[a-z0-9-]+\.)+(?:com|net|org|io|co|de|fr|es|eu|app|dev|info|biz|me|ly|link|shop|online|site|xyz|ai|uk|us"
    r"|ch|at|be|nl|it|ru|cn|to|cc|invalid|test|example|click|pay|top)(?![\w-])(?:/\S*)?"
)


def faults_of(letter: Letter, facts: LetterFacts) -> tuple[Fault, ...]:
    """Why this draft may not go out; empty for one that may. Each fault once."""
    if missing := missing_facts(facts):
        return tuple(Fault("missing", f"{one} is not known") for one in missing)
    found = list(_length_faults(letter))
    if len(letter.text) > LONGEST_TEXT or len(letter.subject) > LONGEST_SUBJECT:
        return tuple(found)
    found += _claims(letter.subject, facts, is_whole=False)
    found += _claims(letter.text, facts, is_whole=True)
    found += html_faults(letter, facts)
    return tuple(dict.fromkeys(found))


def _length_faults(letter: Letter) -> Iterator[Fault]:
    if len(letter.subject) > LONGEST_SUBJECT:
        yield Fault("length", f"the subject has {len(letter.subject)} characters, at most {LONGEST_SUBJECT} may be")
    if len(letter.text) > LONGEST_TEXT:
        yield Fault("length", f"the text has {len(letter.text):,} characters, at most {LONGEST_TEXT:,} may be")
    if not letter.subject.strip():
        yield Fault("missing", "a subject")
    if not letter.text.strip():
        yield Fault("missing", "a text")
    if any(character.isspace() and character not in " \u00a0\u202f" for character in letter.subject):
        yield Fault("length", "the subject has more than one line")
    if any(not (character.isprintable() or character in _MAY_BE_UNSEEN) for character in letter.text):
        yield Fault("length", "the text has characters that cannot be seen")


def _claims(text: str, facts: LetterFacts, *, is_whole: bool) -> Iterator[Fault]:
    """What a subject or a text claims; a whole text also has to hold what is required."""
    reading = Reading(text)
    ends_on = access_days(reading, facts)
    has_amount = _blot_figures_like_names(reading, facts)
    has_company = _blot_names(reading, facts)
    for name in facts.links:
        if not _blot(reading, placeholder(name), facts.language, is_link=True) and is_whole:
            yield Fault("missing", placeholder(name))
    for kind in (_ADDRESS, _LINK):
        for match in reading.take(kind):
            yield Fault("link", reading.words(match))
    yield from date_faults(reading, facts)
    amounts = list(amount_faults(reading, facts))
    yield from (fault for fault in amounts if fault is not None)
    yield from currency_faults(reading, facts)
    yield from short_date_faults(reading, facts)
    yield from count_faults(reading, facts)
    yield from word_faults(reading, facts, ends_on)
    yield from name_faults(reading, facts)
    if is_whole and not has_amount and None not in amounts:
        yield Fault("missing", "the amount")
    if is_whole and not has_company:
        yield Fault("missing", line(facts.company, LONGEST_NAME))


def _blot_figures_like_names(reading: Reading, facts: LetterFacts) -> bool:
    """Days and the amount before names, where a name is a part of one: a customer may be called May, or EUR.

    Whether the amount is there.
    """
    names = [
        line(name, 1_000) for name in (facts.customer_name, facts.company, facts.plan, facts.invoice_number) if name
    ]
    locale = locale_of(facts)
    amount = said_amount(facts.amount_minor, facts.currency, locale)
    has_amount = False
    for spelled in (amount, *(said_date(day, locale) for day in known_days(facts))):
        if any(name in plain(spelled) for name in names) and _blot(reading, spelled, facts.language):
            has_amount |= spelled == amount
    return has_amount


def _blot_names(reading: Reading, facts: LetterFacts) -> bool:
    """Blot out facts that are words, so that nothing in a name is taken for a claim. Whether the company is named."""
    company = {facts.company, line(facts.company, LONGEST_NAME)}
    others = {
        facts.support_address,
        facts.customer_name,
        line(facts.customer_name, LONGEST_NAME),
        facts.plan,
        line(facts.plan, LONGEST_PLAN),
        facts.invoice_number,
        line(facts.invoice_number, LONGEST_INVOICE_NUMBER),
    }
    has_company = False
    for value in sorted(filter(None, company | others), key=len, reverse=True):
        is_there = _blot(reading, value, facts.language)
        has_company |= is_there and value in company
    return has_company


def _blot(reading: Reading, value: str, language: Language, *, is_link: bool = False) -> bool:
    """Blot a value out wherever it stands as a whole; whether it was there."""
    wanted = " ".join(plain(value).split())
    ends = _LINK_ENDS if is_link else _name_ends(language)
    text = reading.text.replace("\n", " ")
    is_there = False
    at = text.find(wanted) if wanted else -1
    while at >= 0:
        match = ends.match(text, at + len(wanted))
        is_cut = wanted[0].isdigit() and _CUT.search(text[max(0, at - 2) : at])
        if match and not is_cut and _BEGINS.search(text[max(0, at - 1) : at]):
            reading.blot(at, match.end())
            is_there = True
        at = text.find(wanted, at + len(wanted))
    return is_there


@cache
def _name_ends(language: Language) -> re.Pattern[str]:
    """What follows a name: no more of it, nor what makes a claim of it. A customer called "3" has no "3 days"."""
    units = alternatives(claim_words(language).claims.units)
    # An invoice's number does not go on with a dash and a figure.
    return re.compile(rf"(?:'?s)?(?![\w/@]|[-.]\d)(?!\s?[%€$£¥]|[.,]\d|[\s-](?i:{units})(?!\w))")
