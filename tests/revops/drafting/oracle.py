"""What a letter may say, worked out by hand: amounts, days and words of four languages, from no code of the project.

Whatever stands in a letter is struck out if it is a fact, spelled as the locale spells it; no figure may be left.
"""

from __future__ import annotations

import re
from datetime import date
from html import unescape

from revops.domain.letter import LetterFacts

# Whether the sign stands before; a sign per currency where it is not the code; marks of groups and decimals.
_MONEY = {
    "en_US": (True, {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "mxn": "MX$", "cad": "CA$"}, ",", "."),
    "en_GB": (True, {"usd": "US$", "eur": "€", "gbp": "£", "jpy": "JP¥", "mxn": "MX$", "cad": "CA$"}, ",", "."),
    "de_DE": (False, {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "mxn": "MX$", "cad": "CA$"}, ".", ","),
    "de_CH": (True, {"usd": "$", "gbp": "£", "jpy": "¥", "mxn": "MX$", "cad": "CA$"}, "’", "."),
    "fr_FR": (False, {"usd": "$US", "eur": "€", "gbp": "£GB", "mxn": "$MX", "cad": "$CA"}, " ", ","),
    "fr_CA": (False, {"usd": "$ US", "eur": "€", "gbp": "£", "jpy": "¥", "cad": "$"}, " ", ","),
    "es_ES": (False, {"usd": "US$", "eur": "€"}, ".", ","),
    "es_MX": (True, {"mxn": "$"}, ",", "."),
}
_SET_APART = ("de_CH",)
_DECIMALS = {"jpy": 0, "kwd": 3}
_MONTH_NAMES = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}
_MONTHS = {language: names.split() for language, names in _MONTH_NAMES.items()}
_BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express"}
_FORBIDDEN = re.compile(
    r"fraud|betrug|stolen|gestohlen|vol[ée]e|robad|\blost\b|verloren|perdu|extravi|guarante|garantie|garantiz|garanti"
    r"|refund|erstatt|rembours|reembols|discount|rabatt|remise|descuento|coupon|gutschein|gratis|\bfree\b|kostenlos"
    r"|gratuit|upgrade|\boffer\b|angebot|offre spéciale|oferta|%|final notice|letzte mahnung|dernier avis|último aviso"
    r"|legal|anwalt|inkasso|huissier|abogado|court\b|gericht|tribunal|collection agency|suspend|gesperrt|bloqu"
    r"|insufficient|none\b|null\b|undefined|\{\{|%\}",
    re.IGNORECASE,
)


def amount(minor: int, currency: str, locale: str) -> str:
    """An amount as people of the locale write it, blanks as plain ones."""
    is_before, signs, group, point = _MONEY[locale]
    digits = _DECIMALS.get(currency, 2)
    figures = str(minor).rjust(digits + 1, "0")
    whole, rest = (figures[:-digits], figures[-digits:]) if digits else (figures, "")
    groups: list[str] = []
    while whole:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    number = group.join(groups) + (point + rest if digits else "")
    sign = signs.get(currency, currency.upper())
    if not is_before:
        return f"{number} {sign}"
    return f"{sign} {number}" if locale in _SET_APART or sign.isalpha() else f"{sign}{number}"


def day(value: date, locale: str) -> str:
    """A day as people of the locale write it in a sentence."""
    month = _MONTHS[locale[:2]][value.month - 1]
    if locale == "en_US":
        return f"{month} {value.day}, {value.year}"
    if locale.startswith("de"):
        return f"{value.day}. {month} {value.year}"
    if locale.startswith("es"):
        return f"{value.day} de {month} de {value.year}"
    first = "1er" if locale.startswith("fr") and value.day == 1 else str(value.day)
    return f"{first} {month} {value.year}"


def shown(value: str | None, most: int) -> str:
    """A name as it may be shown: what can be seen of it, on one line."""
    letters = [c for c in re.sub(r"\s+", " ", value or "") if c.isprintable() or c in "\u200c\u200d"]
    text = "".join(letters).strip()
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def names(facts: LetterFacts) -> list[str]:
    """Facts that are words, longest first."""
    found = [shown(facts.company, 80), shown(facts.customer_name, 80), shown(facts.plan, 60)]
    found += [facts.invoice_number or "", facts.support_address or ""]
    return sorted(filter(None, found), key=len, reverse=True)


def faults(text: str, facts: LetterFacts, *, is_whole: bool = True) -> list[str]:
    """What a text says that is no fact, or does not say although it has to."""
    said = re.sub(r"[\u2068\u2069]", "", text)
    said = re.sub(r"[^\S\n]+", " ", said)
    wrong = []
    money = amount(facts.amount_minor, facts.currency, facts.locale)
    links = [f"https://link.invalid/{name}" for name in facts.links]
    if is_whole:
        wanted = [money, shown(facts.company, 80), *links]
        wrong += [f"missing: {one}" for one in wanted if one not in said]
        reply = {"en": "reply", "de": "antworten", "fr": "répondez", "es": "responda"}
        contact = facts.support_address or reply[facts.language]
        wrong += [] if contact.lower() in said.lower() else [f"missing: {contact}"]
    days = [facts.billed_on, facts.due_on, facts.last_tried_on, facts.next_try_on]
    days += [facts.next_step_on, facts.access_until, facts.trial_ends_on]
    spelled = sorted((day(value, facts.locale) for value in filter(None, days)), key=len, reverse=True)
    # Figures first, so that a customer called "3" hides none.
    for one in (*links, money, *spelled, *names(facts)):
        said = re.sub(rf"(?<![\w.,]){re.escape(one)}(?![\w])", "¤", said)
    if facts.card_last4:
        said = said.replace(f"•••• {facts.card_last4}", "¤")
    if facts.tries > 1:
        said = re.sub(rf"(?<!\d){facts.tries}(?= times|-mal| fois| veces)", "¤", said)
    wrong += [f"figure: {one}" for one in re.findall(r"\S*\d\S*", said)]
    wrong += [f"link: {one}" for one in re.findall(r"\S*(?:://|www\.|@)\S*", said)]
    wrong += [f"forbidden: {one}" for one in _FORBIDDEN.findall(said)]
    months = "|".join(one for language in _MONTHS.values() for one in language if len(one) > 3)
    wrong += [f"month: {one}" for one in re.findall(rf"\b(?:{months})\b", said)]
    brand = _BRANDS.get(facts.card_brand or "")
    wrong += [f"brand: {one}" for one in _BRANDS.values() if one in said and one != brand]
    return wrong


def seen(html: str) -> str:
    """What a mail program shows of HTML, links beside their words."""
    body = re.sub(r"(?s)<!--.*?-->|<head>.*?</head>|<style.*?</style>", "", html)
    body = re.sub(r'<a href="(?!mailto:)([^"]*)"[^>]*>(.*?)</a>', r"\2 \1 ", body)
    body = re.sub(r"<br>|</(?:p|div|td|tr)>", "\n", body)
    return unescape(re.sub(r"<[^>]+>", "", body))
