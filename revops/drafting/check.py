"""Whether a draft says only what is known, whoever wrote it.

Every amount, day, name, link, invoice number, card and count of tries has to be one of the facts; what may not be said
to a customer at all is not said (claims/<language>.yml); what has to be there is there. Strict on purpose: a draft that
is refused wrongly costs its author a word, or the template goes out; one that is passed wrongly is a lie to a customer.
"""

import re
from collections.abc import Iterator

from revops.domain.letter import Fault, Letter, LetterFacts, placeholder
from revops.drafting.check_amounts import amount_faults, currency_faults
from revops.drafting.check_counts import count_faults
from revops.drafting.check_dates import date_faults, known_days, short_date_faults
from revops.drafting.check_html import html_faults
from revops.drafting.check_names import name_faults
from revops.drafting.check_words import access_days, word_faults
from revops.drafting.claims_file import alternatives, claim_words
from revops.drafting.reading import Reading, plain
from revops.drafting.said import LONGEST_INVOICE_NUMBER, LONGEST_NAME, LONGEST_PLAN, line, locale_of, said_date

LONGEST_SUBJECT = 150
LONGEST_TEXT = 4_000

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
    _blot_days_like_names(reading, facts)
    has_company = _blot_names(reading, facts)
    for name in facts.links:
        if not _blot(reading, placeholder(name)) and is_whole:
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
    if is_whole and None not in amounts:
        yield Fault("missing", "the amount")
    if is_whole and not has_company:
        yield Fault("missing", line(facts.company, LONGEST_NAME))


def _blot_days_like_names(reading: Reading, facts: LetterFacts) -> None:
    """Days before names, where a name is a part of one: a customer may be called May."""
    names = [name for name in (facts.customer_name, facts.company, facts.plan) if name]
    for day in known_days(facts):
        spelled = said_date(day, locale_of(facts))
        if any(name in spelled for name in names):
            _blot(reading, spelled)


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
        is_there = _blot(reading, value, after=_no_figure(facts))
        has_company |= is_there and value in company
    return has_company


def _no_figure(facts: LetterFacts) -> str:
    """What does not follow a name: a customer called "3" does not make "3 days" true."""
    units = alternatives(claim_words(facts.language).claims.units)
    return rf"(?!\s?[%€$£¥]|[.,]\d|[\s-](?i:{units})(?!\w))"


def _blot(reading: Reading, value: str, after: str = "") -> bool:
    """Blot a value out wherever it stands as a whole; whether it was there."""
    words = re.escape(" ".join(plain(value).split())).replace(r"\ ", r"\s+")
    if not words:
        return False
    # An invoice's number does not go on with a dash, nor a link with a path.
    ends = r"(?=[)\].,;:!?»”\"']*(?:\s|$))" if "://" in value else rf"(?:'?s)?(?![\w/@]|[-.]\d){after}"
    places = list(re.finditer(rf"(?<![\w/@]){words}{ends}", reading.text))
    for match in places:
        reading.blot(match.start(), match.end())
    return bool(places)
