"""Amounts and currencies that a draft names: the one amount that is known, in any usual spelling of the locale."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import product

from babel import Locale

from revops.domain.currencies import CURRENCIES
from revops.domain.letter import LANGUAGES, Fault, Language, LetterFacts
from revops.domain.money import exponent
from revops.drafting.claims_file import alternatives, claim_words
from revops.drafting.reading import Reading, folded, plain
from revops.drafting.said import locale_of

# A space joins figures only in groups of three, as in 1 234 567,00.
_FIGURES = r"(?:\d{1,3}(?:\s\d{3})+(?:[.,]\d+)?|\d+(?:[.,']\d+)*)"
_SIGNS = "$€£¥₹₩₽₺₪₫฿₴₦₱₡₲₵₸₼₾¢"
_SIGN = rf"(?:[A-Z]{{1,3}}\s?)?[{re.escape(_SIGNS)}](?:\s?[A-Z]{{2,3}}(?!\w))?"
# A bare sign that several currencies share stands for this one, unless the reader's locale has its own.
_SHARED = {"$": "usd", "£": "gbp", "¥": "jpy"}
_LOCALES = ("en", "en_AU", "en_GB", "de", "fr", "fr_CA", "es", "es_MX")
# Codes that stand alone: others are words too (ALL, TRY, TOP).
_KNOWN_CODES = ("usd", "eur", "gbp", "jpy", "chf", "aud", "cny", "inr", "mxn", "brl", "sek", "nok", "dkk", "pln")


def amount_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault | None]:
    """Amounts beside a currency: a Fault for one that is not the fact's, None for each that is. Blotted out."""
    numbers = spellings(facts)
    for match in list(_amount().finditer(reading.text)):
        said = [match[name] for name in ("before", "after", "word") if match[name]]
        if not said:
            continue
        if not all(_is_currency(one, facts) for one in said):
            yield Fault("currency", reading.words(match))
        elif match["figures"] not in numbers:
            yield Fault("amount", reading.words(match))
        else:
            yield None
        reading.blot(match.start(), match.end())


def currency_faults(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    """Currencies that are named without an amount in figures."""
    for match in reading.take(_alone(), folds=False):
        if not _is_currency(match.group(), facts):
            yield Fault("currency", reading.words(match))
        elif counted := _counted(facts.language).search(reading.before(match.start(), 20)):
            yield Fault("amount", f"{counted.group()}{match.group()}")


@lru_cache(maxsize=1_024)
def spellings(facts: LetterFacts) -> frozenset[str]:
    """The amount's figures as the locale writes them, with and without groups; and in the other convention where two
    decimals make plain what is meant."""
    digits = exponent(facts.currency)
    whole, rest = divmod(facts.amount_minor, 10**digits)
    symbols = locale_of(facts).number_symbols["latn"]
    point, group = plain(symbols["decimal"]), plain(symbols["group"])
    conventions = [(point, {"", " ", "'", group} - {point})]
    if digits == 2:
        other = "." if point == "," else ","
        conventions.append((other, {"", " ", "'", "." if other == "," else ","}))
    found = set()
    for mark, groups in conventions:
        for one, size in product(groups, (3, 2) if facts.locale.endswith("IN") else (3,)):
            figures = _grouped(whole, one, size)
            found.add(f"{figures}{mark}{rest:0{digits}d}" if digits else figures)
    if rest == 0:
        found |= {_grouped(whole, one, 3) for one in conventions[0][1]}
    return frozenset(found)


def _grouped(whole: int, mark: str, size: int) -> str:
    figures = str(whole)
    groups = [figures[-3:]]
    figures = figures[:-3]
    while figures:
        groups.insert(0, figures[-size:])
        figures = figures[:-size]
    return mark.join(groups)


@lru_cache(maxsize=256)
def _signs(currency: str, locale: Locale) -> frozenset[str]:
    """Codes and signs that stand for the currency in this locale, without blanks."""
    code = currency.upper()
    own = plain(str(locale.currency_symbols.get(code, code)))
    signs = {own, code, *(plain(str(Locale.parse(one).currency_symbols.get(code, code))) for one in _LOCALES)}
    for sign, meant in _SHARED.items():
        is_taken = any(str(symbol) == sign and other != code for other, symbol in locale.currency_symbols.items())
        if sign != own and (is_taken or currency.lower() != meant):
            signs.discard(sign)
        elif currency.lower() == meant:
            signs.add(sign)
    return frozenset(one.replace(" ", "") for one in (*signs, *(f"{code}{sign}" for sign in signs)))


def _is_currency(words: str, facts: LetterFacts) -> bool:
    if words.replace(" ", "") in _signs(facts.currency, locale_of(facts)):
        return True
    low = folded(words).removeprefix("us").strip(" -")
    is_american = len(low) < len(words.strip())
    return any(
        facts.currency.lower() in codes and (not is_american or facts.currency.lower() == "usd")
        for name, codes in _words()
        if name.fullmatch(low)
    )


@cache
def _words() -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    """Names of currencies in all four languages, and the codes each may stand for."""
    return tuple(
        (re.compile(alternatives((word,))), codes)
        for language in LANGUAGES
        for word, codes in claim_words(language).claims.currency_words.items()
    )


@cache
def _amount() -> re.Pattern[str]:
    codes = "|".join(sorted(code.upper() for code in CURRENCIES))
    sign = rf"(?:{_SIGN}|(?<!\w)(?:{codes})(?!\w)|(?<!\w)(?:{codes})(?=\d)|zł|Kč|kr(?!\w)|Fr(?!\w))"
    return re.compile(
        rf"(?:(?P<before>{sign})\s?|(?<![\w.,]))(?P<figures>{_FIGURES})"
        rf"(?:(?:,-|,--)?\s?(?P<after>{sign})|[\s-]?(?P<word>{_named()})(?!\w))?"
    )


@cache
def _alone() -> re.Pattern[str]:
    codes = "|".join(sorted(code.upper() for code in _KNOWN_CODES))
    return re.compile(rf"{_SIGN}|(?<!\w)(?:{codes})(?!\w)|(?<!\w)(?:{_named()})(?!\w)")


@cache
def _named() -> str:
    names = sorted(word for language in LANGUAGES for word in claim_words(language).claims.currency_words)
    return rf"(?i:us[\s-])?(?i:{'|'.join(re.escape(name).replace(re.escape('*'), '[a-z]*') for name in names)})"


@cache
def _counted(language: Language) -> re.Pattern[str]:
    return re.compile(rf"(?:{alternatives(claim_words(language).claims.numbers)})[\s-]*$")
