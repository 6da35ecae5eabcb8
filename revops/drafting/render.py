"""Letters from templates: one file of words per language, `letters/<language>.j2`.

Each says what happened, offers the link, says what comes next and when, and how to reach support. The topic sets the
tone, the decline group the reason and what is asked.
"""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from revops.domain.currencies import CURRENCIES
from revops.domain.letter import LINK_NAMES, Letter, LetterFacts, LinkName
from revops.drafting.errors import MissingFactError
from revops.drafting.layout import laid_out, tidied
from revops.drafting.said import line, said

LONGEST_SUBJECT = 78  # RFC 5322, 2.1.1: what a line should keep to
_LETTERS = Path(__file__).with_name("letters")
# The amount of an open invoice has its card changed, or the invoice itself paid.
_EITHER = frozenset(("payment_failed", "reminder", "urgent", "last_chance", "downgraded"))
_PAYS = frozenset(("confirm_payment", "invoice_overdue"))


@dataclass(frozen=True)
class Frame:
    """What stands around the words of a letter, whoever writes them: greeting, links, support and signature."""

    greeting: str
    buttons: str
    closing: str


def write_letter(facts: LetterFacts) -> Letter:
    """The letter of a topic in the customer's language. Raises MissingFactError where a fact it needs is not known."""
    words = _words(facts)
    subject = _subject(words, facts.topic)
    body = getattr(words, facts.topic)()
    return laid_out(facts, subject, f"{words.greeting()}\n\n{body}\n\n{words.closing()}", "template")


def frame_of(facts: LetterFacts) -> Frame:
    """Greeting, links and closing of the template. Raises MissingFactError."""
    words = _words(facts)
    return Frame(*(tidied(part()).strip("\n") for part in (words.greeting, words.buttons, words.closing)))


def _words(facts: LetterFacts) -> Any:
    """The macros of a language's file over these facts. Raises MissingFactError."""
    if missing := missing_facts(facts):
        raise MissingFactError(facts.topic, missing)
    known = said(facts)
    if facts.topic == "confirm_payment":
        known = replace(known, group="customer_authenticates")
    known = replace(known, links=_in_order(facts.links, known.group, facts.topic))
    return _environment().get_template(f"{facts.language}.j2").make_module({"f": known})


def missing_facts(facts: LetterFacts) -> tuple[str, ...]:
    """What a letter of this topic cannot do without and is not known, by the names of LetterFacts."""
    missing = []
    # Facts come from evidence that was JSON: what says integer may be anything.
    if not isinstance(facts.amount_minor, int) or isinstance(facts.amount_minor, bool) or facts.amount_minor <= 0:
        missing.append("amount_minor")
    if not isinstance(facts.currency, str) or facts.currency.lower() not in CURRENCIES:
        missing.append("currency")
    if not line(facts.company, 1):
        missing.append("company")
    if facts.topic == "invoice_overdue" and facts.due_on is None:
        missing.append("due_on")
    if facts.topic == "trial_ending" and facts.trial_ends_on is None:
        missing.append("trial_ends_on")
    needed = _needed_links(facts)
    if needed and not set(needed) & set(facts.links):
        missing.append(f"links ({' or '.join(needed)})")
    return tuple(missing)


def _needed_links(facts: LetterFacts) -> tuple[LinkName, ...]:
    """One of these has to be there."""
    if facts.topic in _PAYS or (facts.topic in _EITHER and facts.decline_group == "customer_authenticates"):
        return ("pay_invoice",)
    if facts.topic == "trial_ending":
        return ("update_card",)
    return LINK_NAMES if facts.topic in _EITHER else ()


def _in_order(links: tuple[LinkName, ...], group: str, topic: str) -> tuple[LinkName, ...]:
    """What is asked for first."""
    pays_first = group == "customer_authenticates" or topic in _PAYS or topic == "downgraded"
    return tuple(sorted(set(links), key=lambda link: (link == "pay_invoice") != pays_first))


def _subject(words: Any, topic: str) -> str:
    """The whole one, or a shorter one where names make it too long for a line."""
    write = getattr(words, f"{topic}_subject")
    whole = line(str(write(False)), 1_000)
    return whole if len(whole) <= LONGEST_SUBJECT else line(str(write(True)), LONGEST_SUBJECT)


@cache
def _environment() -> Environment:
    # These are texts: they become HTML, and are escaped, in layout.py.
    return Environment(
        loader=FileSystemLoader(_LETTERS, encoding="utf-8"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701
        auto_reload=False,
    )
