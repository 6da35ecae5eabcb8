"""What is written to a customer about a leak: the facts that may be said, and the words that were drafted from them."""

import hashlib
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args

import rfc8785

Language = Literal["en", "de", "fr", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# What a letter asks for; each has a subject of its own.
Topic = Literal[
    "payment_failed",
    "reminder",
    "urgent",
    "last_chance",
    "confirm_payment",
    "invoice_overdue",
    "trial_ending",
    "downgraded",
    "reactivated",
]
TOPICS: tuple[Topic, ...] = get_args(Topic)
# Links are made when the letter is sent, so that they are fresh: a draft carries these in their place.
LinkName = Literal["update_card", "pay_invoice"]
LINK_NAMES: tuple[LinkName, ...] = get_args(LinkName)


def placeholder(link: LinkName) -> str:
    """What stands in a draft where the link will be."""
    return f"https://link.invalid/{link}"


def with_named_links(text: str) -> str:
    """A draft's text as people read it: where a link will be, its name stands."""
    for name in LINK_NAMES:
        text = text.replace(placeholder(name), f"[{name.replace('_', ' ')}: made when it is sent]")
    return text


@dataclass(frozen=True)
class LetterFacts:
    """Everything that a letter about one leak may say; what is None is not known and is not said.

    `amount_minor` in minor units of `currency`. `locale` (`de_AT`) is how amounts and dates are written. `tries` counts
    failed charges. `links` are those that the letter's topic needs. Only what the customer may know is here: no decline
    code, which could say "stolen".
    """

    topic: Topic
    leak_type: str
    decline_group: str | None
    language: Language
    locale: str
    company: str
    customer_name: str | None
    amount_minor: int
    currency: str
    invoice_number: str | None
    plan: str | None = None
    billed_on: date | None = None
    due_on: date | None = None
    tries: int = 0
    last_tried_on: date | None = None
    next_try_on: date | None = None
    next_step_on: date | None = None
    access_until: date | None = None
    trial_ends_on: date | None = None
    card_brand: str | None = None
    card_last4: str | None = None
    support_address: str | None = None
    links: tuple[LinkName, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A drafted letter. `written_by` is `template`, `model` or `person`; `note` says why a model's draft was not taken.

    `text` and `html` say the same; links in them are placeholders.
    """

    topic: Topic
    language: Language
    subject: str
    text: str
    html: str
    written_by: Literal["template", "model", "person"] = "template"
    note: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what the customer would read, in hex."""
        return hashlib.sha256(rfc8785.dumps([self.subject, self.text, self.html])).hexdigest()


FaultKind = Literal[
    "amount",
    "currency",
    "name",
    "date",
    "link",
    "promise",
    "fraud",
    "promotion",
    "threat",
    "length",
    "missing",
    "invoice",  # another invoice's number
    "card",  # another card
    "number",  # a figure that no fact has, such as another count of tries
    "reason",  # a cause or an outcome that is not known
    "html",  # the HTML says or does something else than the text
]


@dataclass(frozen=True)
class Fault:
    """Why a draft may not go out: which claim, and the words that it is about."""

    kind: FaultKind
    words: str


@dataclass(frozen=True)
class TaskDraft:
    """A task for a person: its title, its description in Markdown, and what it rests on."""

    title: str
    description: str


@dataclass(frozen=True)
class Recommendation:
    """What the approver is told: why this, why now, and what else could be done."""

    why_this: str
    why_now: str
    instead: tuple[str, ...] = field(default=())
