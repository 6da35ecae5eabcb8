"""Names that a draft uses: the customer's, the company's, the plan's, and nobody else's.

A name is recognised by its place: after the greeting, as a signature, in quotation marks, capitalised where the
language capitalises nothing else, after a preposition that common nouns do not follow without an article (German).
Words of our own letters and common ones (`common` in claims/) are no names.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

from revops.domain.letter import Fault, Language, LetterFacts
from revops.drafting.claims_file import alternatives, claim_words
from revops.drafting.reading import BLOT, Reading, folded, plain

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_QUOTED = re.compile(r"[„“”\"«»‹›]([^„“”\"«»‹›\n]{1,60})[„“”\"«»‹›]")
_LEGAL = re.compile(
    r"(?<!\w)(?:GmbH|AG|KG|OHG|UG|SE|Ltd|LLC|LLP|PLC|Inc|Corp|Co|SARL|SAS|SA|S\.A\.|S\.L\.|SL|SRL|BV|NV|Oy|AB|ApS)(?!\w)"
)
# What a language model leaves for somebody else to fill in.
_UNFILLED = re.compile(r"\[[^\]\n]{1,40}\]|\{+[^}\n]{1,40}\}+|<[^>\n]{1,40}>")
_UNKNOWN = re.compile(r"(?<!\w)(?:None|null|undefined|NaN|N/A|n/a|TBD|XXX+)(?!\w)")
_SENTENCE_ENDS = ".!?:;\n•-–—("
_ENDINGS = ("ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "ion", "ionen", "tät", "ment", "nis", "nisse")


def name_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    """Names that are none of the facts. Facts that are names are blotted out before."""
    for kind in (_UNFILLED, _UNKNOWN):
        for match in reading.take(kind, folds=False):
            yield Fault("missing", reading.words(match))
    strange = "".join(c for c in reading.text if not c.isascii() and c != BLOT and _is_foreign(c))
    if strange:
        yield Fault("name", strange[:80])
    known = _known_words(facts)
    for match in reading.take(_LEGAL, folds=False):
        if folded(match.group()).strip(".") not in known:
            yield Fault("name", reading.words(match))
    found = dict.fromkeys(
        [
            *_in_greeting(reading, facts.language, known),
            *_quoted(reading, facts.language, known),
            *_capitalised(reading, facts.language, known),
            *_acting(reading, facts.language, known),
        ]
    )
    yield from (Fault("name", name) for name in found)


@cache
def _is_foreign(character: str) -> bool:
    return character.isalpha() and not unicodedata.name(character, "").startswith(
        ("LATIN", "MICRO", "MASCULINE", "FEMININE")
    )


def _known_words(facts: LetterFacts) -> frozenset[str]:
    names = " ".join(plain(one) for one in (facts.company, facts.customer_name, facts.plan, facts.card_brand) if one)
    claims = claim_words(facts.language)
    capitals = {folded(one) for one in claims.claims.capitals}
    return frozenset(folded(word) for word in _WORD.findall(names)) | claims.lexicon | capitals


def _is_known(word: str, known: frozenset[str]) -> bool:
    low = folded(word)
    forms = {low, low.removesuffix("'s"), low.removesuffix("s"), low.removesuffix("'"), low.partition("'")[2] or low}
    return bool(forms & known) or all(part in known for part in re.split(r"[-']", low) if part)


def _in_greeting(reading: Reading, language: Language, known: frozenset[str]) -> Iterator[str]:
    """`Dear Ms Lovelace,`: whoever is greeted is the customer."""
    match = _greeting(language).search(reading.low)
    if match and len(match["who"]) <= 60:
        who = re.split(r"[,:!.]", reading.text[match.start("who") : match.end("who")])[0]
        for word in _WORD.findall(who):
            if not _is_known(word, known):
                yield word


def _quoted(reading: Reading, language: Language, known: frozenset[str]) -> Iterator[str]:
    for match in _QUOTED.finditer(reading.text):
        words = _WORD.findall(match[1])
        if any(word[0].isupper() and not _is_common(word, language, known) for word in words):
            yield match[1].replace(BLOT, "").strip()


def _capitalised(reading: Reading, language: Language, known: frozenset[str]) -> Iterator[str]:
    text = reading.text
    for line in re.finditer(r"[^\n]+", text):
        words = list(_WORD.finditer(text, line.start(), line.end()))
        is_label = len(words) <= 6 and text[line.end() - 1] not in ".!?"
        is_signature = len(words) <= 3 and not text[: line.end()].endswith(":")
        for number, match in enumerate(words):
            word = match.group()
            if not word[0].isupper() or _is_common(word, language, known):
                continue
            begins = _begins(text, match.start())
            if language != "de":
                # A label is a heading or a signature: nothing in it has to begin with a capital but names.
                if not begins or (is_label and (number > 0 or is_signature)):
                    yield word
            elif (
                is_label
                or "-" in word
                or _follows(text, match.start())
                or (not begins and _has_other(words, number, known))
            ):
                yield word


def _is_common(word: str, language: Language, known: frozenset[str]) -> bool:
    """A word of the language. In German also a noun whose last part is one, which no list could hold."""
    if _is_known(word, known):
        return True
    low = folded(word.rpartition("-")[2])
    if language != "de" or (word != word.capitalize() and "-" not in word):
        return False
    if "-" in word:
        return all(_is_common(part, language, known) for part in word.split("-") if part)
    return low.endswith(tuple(map(folded, _ENDINGS))) or any(
        low.endswith(end) for end in _nouns() if len(low) > len(end) + 2
    )


@cache
def _nouns() -> tuple[str, ...]:
    # "Commerzbank" is a name.
    return tuple(word for word in claim_words("de").lexicon if len(word) >= 4 and word != "bank")


def _begins(text: str, place: int) -> bool:
    before = text[:place].rstrip(" „“”\"«»'¿¡")
    return not before or before[-1] in _SENTENCE_ENDS or text[place - 1] == "\n"


def _follows(text: str, place: int) -> bool:
    """After a preposition that a common noun does not follow without an article."""
    return _preposition().search(folded(text[max(0, place - 20) : place])) is not None


def _has_other(words: list[re.Match[str]], number: int, known: frozenset[str]) -> bool:
    """Two unknown capitalised words side by side: nouns of German have something between them."""
    others = words[max(0, number - 1) : number] + words[number + 1 : number + 2]
    return any(
        one.group()[0].isupper()
        and not _is_common(one.group(), "de", known)
        and min(abs(one.end() - words[number].start()), abs(one.start() - words[number].end())) == 1
        for one in others
    )


def _acting(reading: Reading, language: Language, known: frozenset[str]) -> Iterator[str]:
    """`Globex could not charge ...`: who does something at the beginning of a sentence."""
    for match in _actor(language).finditer(reading.low):
        who = reading.text[match.start("who") : match.end("who")]
        if who[0].isupper() and _begins(reading.text, match.start()) and not _is_common(who, language, known):
            yield who


@cache
def _actor(language: Language) -> re.Pattern[str]:
    verbs = alternatives(claim_words(language).claims.after_a_name)
    return re.compile(rf"(?<![\w&'-])(?P<who>[^\W\d_][\w&'-]*)\s+(?:{verbs})(?!\w)")


@cache
def _greeting(language: Language) -> re.Pattern[str]:
    greetings = alternatives(claim_words(language).claims.greetings)
    return re.compile(rf"(?m:^\s*(?:{greetings})(?!\w)[ ,]*(?P<who>[^\n]*))")


@cache
def _preposition() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{alternatives(claim_words('de').claims.name_follows)})\s+$")
