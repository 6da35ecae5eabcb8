"""Drafts with one wrong claim each, in text, HTML or subject; and free ones that are true."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from html import escape

from revops.domain.letter import Language, Letter, LetterFacts
from revops.drafting.layout import laid_out
from tests.revops.drafting import oracle
from tests.revops.drafting.leaks import plain_facts

Change = tuple[str, str]

SENTENCES: dict[str, dict[Language, tuple[str, ...]]] = {
    "promise": {
        "en": ("We guarantee that the next try will succeed.", "The amount will be refunded.", "We will answer within 24 hours."),
        "de": ("Wir garantieren Ihnen, dass es klappt.", "Der Betrag wird Ihnen erstattet.", "Das ist in drei Tagen erledigt."),
        "fr": ("Nous vous garantissons le succès.", "Le montant vous sera remboursé.", "Nous répondons sous 48 heures."),
        "es": ("Le garantizamos que funcionará.", "Le reembolsaremos el importe.", "Respondemos en dos días."),
    },
    "fraud": {
        "en": ("Your card was reported stolen.", "Your bank suspects fraud.", "The card seems to be lost."),
        "de": ("Ihre Karte wurde als gestohlen gemeldet.", "Ihre Bank vermutet einen Betrug.", "Die Karte ist wohl verloren."),
        "fr": ("Votre carte a été déclarée volée.", "Votre banque craint une fraude.", "La carte semble perdue."),
        "es": ("Su tarjeta figura como robada.", "Su banco teme un fraude.", "La tarjeta parece extraviada."),
    },
    "promotion": {
        "en": ("Pay now and get 20% off.", "A free month awaits you.", "Upgrade now.", "Use the coupon SPRING."),
        "de": ("Jetzt zahlen und 20 % sparen.", "Sie erhalten einen Rabatt.", "Ein Monat ist gratis.", "Wir schenken Ihnen einen Monat."),
        "fr": ("Payez et obtenez 20 % de remise.", "Un mois vous est offert.", "Profitez d’une réduction.", "C’est gratuit."),
        "es": ("Pague ahora con un 20 % de descuento.", "Le regalamos un mes.", "Aproveche nuestra oferta.", "Es gratis."),
    },
    "threat": {
        "en": ("This is our final notice.", "We will take legal action.", "Your access has been suspended.", "A debt collection agency will call."),
        "de": ("Dies ist die letzte Mahnung.", "Sonst folgen rechtliche Schritte.", "Ihr Zugang wurde gesperrt.", "Wir beauftragen ein Inkassobüro."),
        "fr": ("Ceci est un dernier avis.", "Une action en justice suivra.", "Votre accès a été suspendu.", "Un huissier passera."),
        "es": ("Este es el último aviso.", "Tomaremos acciones legales.", "Su acceso ha sido suspendido.", "Un abogado le llamará."),
    },
}  # fmt: skip
WORDED: dict[str, Callable[[LetterFacts, random.Random], Change | None]] = {
    "amount": lambda facts, chance: (
        _money(facts),
        _money(facts, minor=facts.amount_minor + chance.choice((1, 100, 9000))),
    ),
    "currency": lambda facts, chance: (_money(facts), _money(facts, currency=_other_currency(facts, chance))),
    "customer": lambda facts, chance: _both(oracle.shown(facts.customer_name, 80), "Globex Handel"),
    "company": lambda facts, chance: (oracle.shown(facts.company, 80), "Contoso"),
    "date": lambda facts, chance: _other_day(facts, chance),
    "link": lambda facts, chance: _both(
        _link(facts), chance.choice(("https://pay.evil.example/x", "http://link.invalid/other"))
    ),
    "address": lambda facts, chance: _both(facts.support_address or "", "help@evil.example"),
    "invoice": lambda facts, chance: _both(facts.invoice_number or "", f"INV-{chance.randrange(10_000, 99_999)}"),
    "card": lambda facts, chance: _both(f"•••• {facts.card_last4}" if facts.card_last4 else "", "•••• 1881"),
}
KINDS = (*WORDED, *SENTENCES)


def lie(letter: Letter, facts: LetterFacts, kind: str, chance: random.Random) -> Letter | None:
    """The letter with one wrong claim, in all of it, in its HTML or in its subject; None where it has no such fact."""
    if kind in SENTENCES:
        return _with_sentence(letter, chance.choice(SENTENCES[kind][facts.language]), chance)
    change = WORDED[kind](facts, chance)
    if change is None:
        return None
    text, html, subject = (_swapped(part, change) for part in (letter.text, letter.html, letter.subject))
    lies = [replace(letter, text=text, html=html), replace(letter, html=html), replace(letter, subject=subject)]
    told = [one for one in lies if one.digest != letter.digest]
    return chance.choice(told) if told else None


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


def _both(old: str, new: str) -> Change | None:
    return (old, new) if len(old) > 3 else None


# Free drafts: `$` the amount, `@n` a day in some spelling. What they say is true of plain_facts.
REWORDED: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (
            "About your payment to Acme Cloud",
            "Dear Northwind Traders,\n\nUnfortunately, we could not collect $ for your Team plan, although we attempted it"
            " three times, most recently on @last. Invoice INV-0042 of @billed therefore remains unpaid. It looks as if the"
            " details of your Visa card ending in 4242 are no longer current.\n\nUpdate your card:\n"
            "https://link.invalid/update_card\n\nOur next attempt is on @next. Your plan stays active until @until. Should you"
            " have any questions, the team at Acme Cloud is happy to help: help@acme.example.\n\nBest regards,\nThe Acme Cloud Team",
        ),
        (
            "Action Needed: Please Update Your Card",
            "Hi there,\n\nA quick note from Acme Cloud: $ on invoice INV-0042 is still outstanding. Please check whether your"
            " card has expired and update it here: https://link.invalid/update_card\n\nWe will retry on @next, and write again"
            " on @step if it is still open.\n\n1. Open the link.\n2. Enter your new card.\n\nThanks,\nAcme Cloud",
        ),
    ),
    "de": (
        (
            "Ihre Zahlung an Acme Cloud",
            "Sehr geehrte Damen und Herren,\n\nleider konnten wir den Betrag von $ für Ihr Abonnement „Team“ nicht abbuchen."
            " Auch der dritte Versuch am @last war nicht erfolgreich. Die Rechnung INV-0042 vom @billed ist damit noch offen."
            " Vermutlich sind die Daten Ihrer Visa-Karte mit der Endung 4242 nicht mehr aktuell.\n\nKarte aktualisieren:\n"
            "https://link.invalid/update_card\n\nWir versuchen es am @next noch einmal. Ihr Zugang bleibt bis zum @until"
            " bestehen. Bei Rückfragen erreichen Sie uns unter help@acme.example.\n\nFreundliche Grüße\nIhr Team von Acme Cloud",
        ),
        (
            "Bitte Kartendaten aktualisieren",
            "Guten Tag Northwind Traders,\n\nzu Ihrer Rechnung INV-0042 über $ fehlt noch die Zahlung an Acme Cloud. Wir haben"
            " dreimal versucht, den Betrag einzuziehen. Über diesen Link können Sie eine gültige Karte hinterlegen:"
            " https://link.invalid/update_card\n\nAm @step melden wir uns wieder.\n\nVielen Dank für Ihre Mithilfe\nAcme Cloud",
        ),
    ),
    "fr": (
        (
            "Votre paiement à Acme Cloud",
            "Madame, Monsieur,\n\nNous n’avons malheureusement pas pu encaisser le montant de $ dû au titre de votre abonnement"
            " Team. Après trois tentatives, dont la dernière le @last, la facture INV-0042 du @billed reste impayée. Il semble"
            " que les informations de votre carte Visa se terminant par 4242 ne soient plus valables.\n\nActualiser ma carte :\n"
            "https://link.invalid/update_card\n\nUne nouvelle tentative aura lieu le @next. Votre formule reste active jusqu’au"
            " @until. Notre équipe reste à votre disposition : help@acme.example.\n\nBien cordialement,\nL’équipe Acme Cloud",
        ),
        (
            "Merci de mettre à jour votre carte",
            "Bonjour Northwind Traders,\n\nLa facture INV-0042 d’un montant de $ n’est toujours pas réglée à ce jour. Vous pouvez"
            " enregistrer une autre carte ici : https://link.invalid/update_card\n\nSans règlement, nous reviendrons vers vous"
            " le @step.\n\nAvec nos remerciements,\nAcme Cloud",
        ),
    ),
    "es": (
        (
            "Su pago a Acme Cloud",
            "Estimado cliente:\n\nLamentablemente no hemos podido cobrar $ de su plan Team en Acme Cloud. Hemos hecho tres"
            " intentos, el último el @last, y la factura INV-0042, emitida el @billed, sigue sin pagarse. Es posible que los"
            " datos de su tarjeta Visa terminada en 4242 ya no estén al día.\n\nActualizar tarjeta:\n"
            "https://link.invalid/update_card\n\nLo intentaremos de nuevo el @next. Su plan seguirá activo hasta el @until. Si"
            " necesita ayuda, escríbanos a help@acme.example.\n\nUn cordial saludo,\nEl equipo de Acme Cloud",
        ),
        (
            "Actualice su tarjeta, por favor",
            "Hola, Northwind Traders:\n\nTodavía está pendiente el pago de $ de la factura INV-0042. Puede registrar otra tarjeta"
            " en este enlace: https://link.invalid/update_card\n\nSi sigue pendiente, le escribiremos de nuevo el @step.\n\n"
            "Muchas gracias,\nAcme Cloud",
        ),
    ),
}  # fmt: skip
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
    """Every free draft of a language in every spelling of its amount and its days."""
    facts = plain_facts(language)
    for subject, draft in REWORDED[language]:
        for money in _AMOUNTS[language]:
            for spell in _DAYS[language]:
                text = draft.replace("$", money)
                for mark, value in (
                    ("@billed", facts.billed_on),
                    ("@last", facts.last_tried_on),
                    ("@next", facts.next_try_on),
                    ("@step", facts.next_step_on),
                    ("@until", facts.access_until),
                ):
                    assert value is not None
                    text = text.replace(mark, spell(value))
                yield laid_out(facts, subject, text, "model"), facts
