"""What is posted to people, before any channel gives it a form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from revops.errors import RevopsError

Verb = Literal["approve", "deny", "refine", "snooze", "undo", "show"]


@dataclass(frozen=True)
class Who:
    """A person in a sentence; `name` where the channel cannot show them by their id."""

    person_id: str
    name: str | None = None


# A sentence with moments and people in it, which each channel shows in its own way: the reader's zone, a mention.
Sentence = tuple[str | datetime | Who, ...]


@dataclass(frozen=True)
class Fact:
    """Something a person checks: what it is called, and what it is."""

    label: str
    value: str


@dataclass(frozen=True)
class Button:
    """Something a person may do about one version of one action."""

    verb: Verb
    text: str
    action_id: str
    version_hash: str
    style: Literal["primary", "danger"] | None = None


@dataclass(frozen=True)
class Line:
    """One thing of several: a sentence, and what may be done about it."""

    text: str
    button: Button | None = None


@dataclass(frozen=True)
class Quote:
    """The words that would go out: what they are headed by, and their paragraphs."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """A message: `summary` is all of it in one line, for notifications; `outcome` what became of it."""

    title: str
    summary: str
    facts: tuple[Fact, ...] = ()
    outcome: Sentence = ()
    why: tuple[str, ...] = ()
    what_happens: str | None = None
    quote: Quote | None = None
    lines: tuple[Line, ...] = ()
    buttons: tuple[Button, ...] = ()
    context: tuple[Sentence, ...] = ()


@dataclass(frozen=True)
class Place:
    """Where a message goes: a channel, and in it the thread of an earlier message."""

    channel: str
    thread_ts: str | None = None


@dataclass(frozen=True)
class Posted:
    """A message that is there: the channel's own id, and the time that names it."""

    channel: str
    ts: str


@dataclass(frozen=True)
class NewMessage:
    """A message that is to be posted: `key` is an action's id, or a digest's; `place` is the channel's name or id."""

    key: str
    kind: Literal["proposal", "digest"]
    place: str
    thread_ts: str | None = None
    customer_id: str | None = None
    root_cause: str | None = None


@dataclass(frozen=True)
class KeptMessage(NewMessage):
    """What is known of a message: `posted` once it is there, `shown` a hash of what it says now.

    `digest_key` names the digest that stands for it; `is_gone` says that somebody removed it.
    """

    posted: Posted | None = None
    shown: str | None = None
    digest_key: str | None = None
    is_gone: bool = False


@dataclass(frozen=True)
class Begun:
    """Whether a message may be posted now: `busy` while somebody else is at it, and since when it was tried before."""

    is_busy: bool
    first_at: datetime | None = None


class NotPostedError(RevopsError):
    """A message was not posted, or nobody knows whether it was (`may_be_there`).

    `retry_after_seconds` is how long the other system wants to be left alone; `is_about_all` says that no other message
    would get through either.
    """

    may_be_there = False
    is_about_all = False
    retry_after_seconds: float | None = None


class ThreadGoneError(NotPostedError):
    """The message that a thread hangs on is no more; the next one begins a thread of its own."""


class MessageGoneError(NotPostedError):
    """The message that was to be changed is no more."""


@dataclass(frozen=True)
class Notified:
    """What one pass of notifying did; `failures` are the errors of what comes again later."""

    posted: int = 0
    updated: int = 0
    digests: int = 0
    failures: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """How many messages people saw come or change."""
        return self.posted + self.updated + self.digests

    def __add__(self, other: "Notified") -> "Notified":
        return Notified(
            self.posted + other.posted,
            self.updated + other.updated,
            self.digests + other.digests,
            self.failures + other.failures,
        )
