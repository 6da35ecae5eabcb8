"""An e-mail on its way out, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from revops.errors import RevopsError


class MailError(RevopsError):
    """An e-mail did not go out."""


class MailRefusedError(MailError):
    """The server will never take it (5xx), or it is none that may be sent: not repeated. `code` is SMTP's, if any.

    `is_recipient`: the address does not take e-mail, so nothing is sent there again.
    """

    # A setting of the installation is wrong: no e-mail gets out until a person mends it.
    is_ours_to_mend = False

    def __init__(self, message: str, *, code: int | None = None, is_recipient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.is_recipient = is_recipient


class MailUnavailableError(MailError):
    """Not now (4xx, no connection, no answer). `may_have_arrived`: the server may have taken it all the same."""

    def __init__(self, message: str, *, code: int | None = None, may_have_arrived: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.may_have_arrived = may_have_arrived


@dataclass(frozen=True)
class Mail:
    """One e-mail to one person. `key` names it for ever: the same key has the same Message-ID, sent again or not.

    `headers` are further ones, none of which may be one that is set here.
    """

    key: str
    to: str
    to_name: str | None
    subject: str
    text: str
    html: str
    reply_to: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MailSent:
    """The server has it: by this Message-ID, with these words of its own."""

    message_id: str
    at: datetime
    answer: str


class SendsMail(Protocol):
    """A mail server."""

    def send(self, mail: Mail, at: datetime) -> MailSent:
        """Hand one e-mail over. Raises MailRefusedError, MailUnavailableError."""
        ...

    def message_id(self, key: str) -> str:
        """The Message-ID of the e-mail with a key."""
        ...
