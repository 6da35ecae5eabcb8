"""Made-up leaks to write about: all topics, decline groups, currencies, names in other scripts or with markup."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from revops.domain.letter import TOPICS, Language, LetterFacts, LinkName

LANGUAGE_LOCALES: dict[Language, tuple[str, ...]] = {
    "en": ("en_US", "en_GB"),
    "de": ("de_DE", "de_CH"),
    "fr": ("fr_FR", "fr_CA"),
    "es": ("es_ES", "es_MX"),
}
CUSTOMERS = (
    "Northwind Traders",
    "Ada Lovelace",
    "Müller & Söhne GmbH",
    "L'Oréal-Dupont S.A.",
    "شركة النور",
    "北京示例科技有限公司",
    "ООО Ромашка",
    "חברת דוגמה",
    "می‌خواهم",
    '<b>Robert</b> "Bobby" <script>alert(1)</script>',
    "{{ 7 * 7 }} & {% raw %}",
    "Studio 54",
    "3",
    "Fraud & Discount Consulting",
    "May",
    "Zoë O’Brien-Smith",
    "A" * 300,
    "Line\nbreak\tand\x00null\u202egnirts",
    None,
)
COMPANIES = ("Acme Cloud", "Acme", "Óptica Ágil", "Büro & Co.", "booking.example")
PLANS = ("Team", "Pro plan", "Annual 2026", "Größe <L>", None)
GROUPS = (
    "never",
    "fix_data",
    "customer_authenticates",
    "other_method",
    "retry_later",
    "technical",
    "check_first",
    "unknown",
    None,
)
MONEY = (
    ("usd", 2900),
    ("eur", 123456),
    ("eur", 100),
    ("gbp", 99),
    ("jpy", 1240),
    ("jpy", 1234567),
    ("kwd", 12500),
    ("kwd", 1234567),
    ("chf", 1234500),
    ("mxn", 50005),
    ("cad", 1000000),
)


def leaks(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Facts of leaks without a language; the same for the same seed."""
    chance = random.Random(seed)
    return [_leak(number, chance) for number in range(count)]


def facts_of(leak: dict[str, Any], language: Language, number: int = 0) -> LetterFacts:
    """A leak's facts for a customer who reads this language."""
    locales = LANGUAGE_LOCALES[language]
    return LetterFacts(language=language, locale=locales[number % len(locales)], **leak)


def plain_facts(language: Language = "en", **changes: Any) -> LetterFacts:
    """One ordinary leak: three tries of a card whose details are out of date."""
    facts = LetterFacts(
        topic="reminder",
        leak_type="unpaid_invoice",
        decline_group="fix_data",
        language=language,
        locale=LANGUAGE_LOCALES[language][0],
        company="Acme Cloud",
        customer_name="Northwind Traders",
        amount_minor=2900,
        currency="eur",
        invoice_number="INV-0042",
        plan="Team",
        billed_on=date(2026, 10, 1),
        tries=3,
        last_tried_on=date(2026, 10, 8),
        next_try_on=date(2026, 10, 12),
        next_step_on=date(2026, 10, 15),
        access_until=date(2026, 11, 1),
        card_brand="visa",
        card_last4="4242",
        support_address="help@acme.example",
        links=("update_card",),
    )
    return replace(facts, **changes)


def _leak(number: int, chance: random.Random) -> dict[str, Any]:
    topic = TOPICS[number % len(TOPICS)]
    billed = date(2025, 1, 1) + timedelta(days=chance.randrange(700))
    links: tuple[LinkName, ...] = chance.choice((("update_card",), ("pay_invoice",), ("update_card", "pay_invoice")))
    group = chance.choice(GROUPS)
    if topic in ("confirm_payment", "invoice_overdue") or group == "customer_authenticates":
        links = ("pay_invoice",)
    if topic == "trial_ending":
        links = ("update_card",)
    currency, amount = MONEY[number % len(MONEY)]
    tries = chance.randrange(6)

    def perhaps(value: Any) -> Any:
        return value if chance.random() < 0.7 else None

    return {
        "topic": topic,
        "leak_type": "unpaid_invoice",
        "decline_group": group,
        "company": chance.choice(COMPANIES),
        "customer_name": CUSTOMERS[number % len(CUSTOMERS)],
        "amount_minor": amount,
        "currency": currency,
        "invoice_number": perhaps(f"INV-{chance.randrange(10_000):04d}"),
        "plan": chance.choice(PLANS),
        "billed_on": perhaps(billed),
        "due_on": billed + timedelta(days=14),
        "tries": tries,
        "last_tried_on": perhaps(billed + timedelta(days=9)) if tries else None,
        "next_try_on": perhaps(billed + timedelta(days=16)),
        "next_step_on": perhaps(billed + timedelta(days=20)),
        "access_until": perhaps(billed + timedelta(days=40)),
        "trial_ends_on": billed + timedelta(days=30),
        "card_brand": chance.choice(("visa", "mastercard", "amex", "unknown", None)),
        "card_last4": chance.choice(("4242", "0005", None)),
        "support_address": perhaps("help@acme.example"),
        "links": links,
    }
