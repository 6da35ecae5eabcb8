"""E-mail addresses, and what may stand in a header at all."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from revops.domain.mail import MailRefusedError

_LINE_ENDS = frozenset("\u2028\u2029")


@dataclass(frozen=True)
class Address:
    """An address as it is sent: ASCII wherever that is possible, so `münchen.example` is `xn--mnchen-3ya.example`.

    `needs_utf8`: what stands before the @ is not ASCII; only a server with SMTPUTF8 takes it. `domain` is ASCII.
    """

    text: str
    domain: str
    needs_utf8: bool


def address_of(text: str) -> Address:
    """The address of a text. Raises MailRefusedError for one that is none; whether anybody reads there is not asked."""
    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        refusal = MailRefusedError("The recipient's address is no e-mail address; correct it.", is_recipient=True)
    else:
        local = found.ascii_local_part or found.local_part
        return Address(f"{local}@{found.ascii_domain}", found.ascii_domain, found.ascii_local_part is None)
    # Raised here, because the validator's error quotes the address.
    raise refusal


def clean(value: str, what: str) -> str:
    """A value that may stand in a header, in one line. Raises MailRefusedError for one that holds a line's end.

    What ends a line could begin a header, or a mail, that nobody wrote. Tabs are folding white space, so spaces.
    """
    value = value.replace("\t", " ")
    # Cc: CR, LF, NUL and their like; Cs: half a character, which no encoding has.
    if any(unicodedata.category(one) in ("Cc", "Cs") or one in _LINE_ENDS for one in value):
        raise MailRefusedError(f"The {what} holds a line break or another control character: nothing was sent.")
    return value
