"""What may not be said: promises, fraud, advertising, threats, and causes or an end of service that are not known."""

from collections.abc import Iterator

from revops.domain.letter import Fault, FaultKind, LetterFacts
from revops.drafting.claims_file import claim_words, pattern
from revops.drafting.reading import Reading
from revops.drafting.said import locale_of, said_date

_FREE_TRIAL = pattern(
    (
        "free trial", "kostenlose testphase", "kostenlosen testphase", "kostenloser testzeitraum", "essai gratuit",
        "période d'essai gratuite", "prueba gratuita", "prueba gratis", "periodo de prueba gratuito",
    )
)  # fmt: skip


def word_faults(reading: Reading, facts: LetterFacts, ends_on: frozenset[int]) -> Iterator[Fault]:
    """Forbidden words. `ends_on`: places where the day stands until which access is known to last."""
    words = claim_words(facts.language)
    if facts.topic == "trial_ending":
        for _ in reading.take(_FREE_TRIAL):
            continue
    yield from _ends(reading, facts, ends_on)
    yield from _causes(reading, facts)
    yield from _outcomes(reading, facts)
    for match in reading.take(words.forbidden("promise")):
        yield Fault("promise", reading.words(match))
    for match in reading.take(words.forbidden("fraud")):
        yield Fault("fraud", reading.words(match))
    for match in reading.take(words.forbidden("promotion")):
        yield Fault("promotion", reading.words(match))
    for match in reading.take(words.forbidden("threat")):
        yield Fault("threat", reading.words(match))


def access_days(reading: Reading, facts: LetterFacts) -> frozenset[int]:
    """Where a draft names the day until which access lasts; asked before days are blotted out."""
    if facts.access_until is None:
        return frozenset()
    spelled = Reading(said_date(facts.access_until, locale_of(facts))).low
    day_and_month = spelled.replace(str(facts.access_until.year), "").strip(" ,")
    day_and_month = day_and_month.removesuffix(" de")
    places = set()
    for one in {day_and_month, facts.access_until.isoformat(), f"{facts.access_until:%d.%m.%Y}"}:
        at = reading.low.find(one)
        while at >= 0:
            places.add(at)
            at = reading.low.find(one, at + 1)
    return frozenset(places)


def _ends(reading: Reading, facts: LetterFacts, ends_on: frozenset[int]) -> Iterator[Fault]:
    claims = claim_words(facts.language).claims
    for match in reading.take(pattern(claims.service_ended)):
        yield Fault("threat", reading.words(match))
    if facts.topic != "downgraded":
        for match in reading.take(pattern(claims.downgraded)):
            yield Fault("threat", reading.words(match))
    for match in reading.take(pattern(claims.service_ends)):
        start, end = reading.sentence(match.start())
        if not any(start <= place <= end for place in ends_on):
            yield Fault("threat", reading.words(match))


def _causes(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    words = claim_words(facts.language)
    group = "customer_authenticates" if facts.topic == "confirm_payment" else facts.decline_group
    unless = pattern(words.claims.unless)
    for groups, causes in words.reasons:
        for match in reading.take(causes):
            # "Please check whether your card has expired" claims nothing.
            is_open = unless.search(reading.before(match.start(), 20)) is not None
            if group not in groups and not (is_open and groups):
                yield Fault("reason", reading.words(match))


def _outcomes(reading: Reading, facts: LetterFacts) -> Iterator[Fault]:
    """That it was paid, where the letter is not about that; that it will be tried again, where no day is known."""
    claims = claim_words(facts.language).claims
    if facts.topic != "reactivated":
        yield from _unconditional(reading, facts, claims.paid, "reason")
    if facts.next_try_on is None:
        yield from _unconditional(reading, facts, claims.retry, "promise")


def _unconditional(reading: Reading, facts: LetterFacts, words: tuple[str, ...], kind: FaultKind) -> Iterator[Fault]:
    """Words of a sentence that says no "if"."""
    claims = claim_words(facts.language).claims
    conditions = pattern((*claims.condition, *claims.unless))
    for match in reading.take(pattern(words)):
        start, end = reading.sentence(match.start())
        if not conditions.search(reading.low, start, end):
            yield Fault(kind, reading.words(match))
