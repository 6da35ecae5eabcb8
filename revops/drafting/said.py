"""Facts as the customer reads them: amounts and dates of the locale, names as one clean line.

Names, plans and invoice numbers were typed by customers: they stay in their own script, and nothing in them can break a
line, turn the direction of reading around them, or grow without end.
"""

import copy
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import NumberPattern

from revops.domain.letter import Language, LetterFacts
from revops.domain.money import exponent

LONGEST_NAME = 80
LONGEST_PLAN = 60
LONGEST_INVOICE_NUMBER = 40
_MORE = "…"
# Joins letters of Persian and Indic scripts, and parts of one emoji: unlike other format characters, words need it.
_JOINERS = "\u200c\u200d"
# A name that is read from right to left is kept apart from the figures beside it, which would else change places.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True)
class Said:
    """What a template may say. Each is the text itself, or empty where it is not known."""

    amount: str
    company: str
    customer: str
    plan: str
    invoice: str
    billed_on: str
    due_on: str
    last_tried_on: str
    next_try_on: str
    next_step_on: str
    access_until: str
    trial_ends_on: str
    card: str
    support: str
    tries: int
    group: str
    links: tuple[str, ...]


def said(facts: LetterFacts) -> Said:
    """The facts of a letter as its language and locale write them. The amount has to be one; see render.py."""
    locale = locale_of(facts)

    def day(value: date | None) -> str:
        return said_date(value, locale) if value is not None else ""

    return Said(
        amount=said_amount(facts.amount_minor, facts.currency, locale),
        company=isolated(line(facts.company, LONGEST_NAME)),
        customer=isolated(line(facts.customer_name, LONGEST_NAME)),
        plan=isolated(line(facts.plan, LONGEST_PLAN)),
        invoice=isolated(line(facts.invoice_number, LONGEST_INVOICE_NUMBER)),
        billed_on=day(facts.billed_on),
        due_on=day(facts.due_on),
        last_tried_on=day(facts.last_tried_on),
        next_try_on=day(facts.next_try_on),
        next_step_on=day(facts.next_step_on),
        access_until=day(facts.access_until),
        trial_ends_on=day(facts.trial_ends_on),
        card=said_card(facts.card_brand, facts.card_last4),
        support=line(facts.support_address, 254),
        tries=facts.tries,
        group=facts.decline_group or "",
        links=facts.links,
    )


def line(text: str | None, most: int) -> str:
    """One line: white space as single blanks, nothing that cannot be seen, cut to so many characters."""
    kept = "".join(" " if c.isspace() else c for c in text or "" if c.isspace() or c in _JOINERS or c.isprintable())
    whole = " ".join(kept.split())
    return whole if len(whole) <= most else whole[: most - 1].rstrip() + _MORE


def isolated(text: str) -> str:
    """Set apart where it is read from right to left."""
    is_rtl = any(unicodedata.bidirectional(character) in ("R", "AL") for character in text)
    return f"{_ISOLATE}{text}{_END_ISOLATE}" if is_rtl else text


def locale_of(facts: LetterFacts) -> Locale:
    """The locale as Babel knows it: of the letter's language, so that a month is never named in another one."""
    territory = facts.locale.replace("-", "_").partition("_")[2]
    return _locale(facts.language, territory)


def said_amount(amount_minor: int, currency: str, locale: Locale) -> str:
    """`1234567, "usd"` in German is `12.345,67 $`: exact, with as many decimals as the currency has."""
    code = currency.upper()
    digits = exponent(currency)
    value = Decimal(amount_minor).scaleb(-digits)
    text = str(_pattern(locale, digits).apply(value, locale, code, currency_digits=False))
    # CLDR sets a code apart from the figures, which Babel leaves to its caller.
    symbol = str(locale.currency_symbols.get(code, code))
    if symbol[-1].isalpha() and text.startswith(symbol) and text[len(symbol)].isdigit():
        return f"{symbol}\u00a0{text[len(symbol) :]}"
    return text


@lru_cache(maxsize=1_024)
def said_date(day: date, locale: Locale) -> str:
    """`5 October 2026`, as the locale writes it in a sentence."""
    text = format_date(day, "long", locale=locale)
    return f"1er{text[1:]}" if locale.language == "fr" and text.startswith("1 ") else text


def said_card(brand: str | None, last4: str | None) -> str:
    """`Visa •••• 4242`, as far as it is known."""
    digits = said_last4(last4)
    return " ".join(part for part in (said_brand(brand), f"••••\u00a0{digits}" if digits else "") if part)


def said_brand(brand: str | None) -> str:
    """A card's brand by its own spelling; Stripe has `visa`, `amex`, `unknown`."""
    name = line(brand, 30)
    return "" if name.lower() == "unknown" else _BRANDS.get(name.lower().replace(" ", "_"), name)


def said_last4(digits: str | None) -> str:
    """The last four digits of a card, where they are that."""
    return digits if digits is not None and len(digits) == 4 and digits.isascii() and digits.isdigit() else ""


# docs.stripe.com/api/charges/object#charge_object-payment_method_details-card-brand
_BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}


@lru_cache(maxsize=256)
def _locale(language: Language, territory: str) -> Locale:
    for name in (f"{language}_{territory}", "en_001" if language == "en" and territory else language):
        try:
            return Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(language)


@lru_cache(maxsize=256)
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    pattern: NumberPattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern
