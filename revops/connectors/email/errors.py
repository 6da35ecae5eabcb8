"""What a mail server can answer instead of yes, by what it means for us; each text says what to do next.

Codes only: a server's own words may quote the address, the subject or a link, and errors end in logs.

Sources: RFC 5321, 4.2 (reply codes); RFC 3463 and the IANA registry of enhanced status codes; RFC 4954 (AUTH).
"""

import re
import ssl
from typing import Literal

from revops.domain.mail import MailError, MailRefusedError, MailUnavailableError

# How far the dialogue had come.
Stage = Literal["connect", "hello", "tls", "sign-in", "sender", "recipient", "content"]

_ENHANCED = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})\b")
# Without an enhanced code these say that there is no such mailbox.
_RECIPIENT_CODES = frozenset({550, 551, 553})
# X.1.7 and X.1.8 are about the sender's address, whatever command they answer.
_SENDER_DETAILS = frozenset({7, 8})
_SIGN_IN_CODES = frozenset({530, 534, 535, 538})
_WRONG_KIND = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE"})


class MailSettingsError(MailRefusedError):
    """No mail can go out until the installation's settings are mended; nothing is wrong with this one."""

    is_ours_to_mend = True


def refused(code: int, words: str, stage: Stage, domain: str, *, may_have_arrived: bool = False) -> MailError:
    """The error of a server's answer. `domain` is the recipient's, the only part of an address that is named."""
    subject, detail = _enhanced(words)
    shown = f"{code}" if subject is None else f"{code} {code // 100}.{subject}.{detail}"
    if not 400 <= code <= 599:
        return MailUnavailableError(
            f"The mail server does not answer as one ({shown}, {stage}); it is tried again.",
            code=code if code > 0 else None,
            may_have_arrived=may_have_arrived,
        )
    if code < 500:
        return MailUnavailableError(f"The mail server says not now ({shown}, {stage}); it is tried again.", code=code)
    if stage == "sign-in" or code in _SIGN_IN_CODES:
        return MailSettingsError(
            f"The mail server does not take the sign-in ({shown}). Correct SMTP_USERNAME and SMTP_PASSWORD; some "
            "providers want a password made for applications.",
            code=code,
        )
    if stage in ("connect", "hello", "tls"):
        return MailSettingsError(
            f"The mail server turns us away at its door ({shown}, {stage}). Check SMTP_HOST, SMTP_PORT and SMTP_TLS, "
            "and whether this machine may send there.",
            code=code,
        )
    is_about_size = code == 552 or (subject, detail) == (3, 4)
    if (subject == 1 and detail in _SENDER_DETAILS) or (stage == "sender" and not is_about_size):
        return MailSettingsError(
            f"The mail server does not let us send in this name ({shown}). Correct SMTP_FROM, or let the provider "
            "allow it.",
            code=code,
        )
    is_recipient = _is_recipient(code, subject, detail, stage)
    meaning = "there is no such mailbox, or it takes no mail" if is_recipient else "it does not want this mail"
    return MailRefusedError(
        f"The mail server refuses a mail to {domain} ({shown}, {stage}): {meaning}.",
        code=code,
        is_recipient=is_recipient,
    )


def unreachable(what: str, *, may_have_arrived: bool = False) -> MailUnavailableError:
    """No answer. `what` says what happened, without anybody's words."""
    if may_have_arrived:
        return MailUnavailableError(
            f"The mail was sent and the mail server's answer was lost ({what}); it may have arrived.",
            may_have_arrived=True,
        )
    return MailUnavailableError(f"The mail server cannot be reached ({what}); nothing was sent, it is tried again.")


def not_encrypted(error: ssl.SSLError) -> MailError:
    """Why there is no encrypted connection; nothing was sent."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return MailSettingsError(
            f"The mail server's certificate is not taken ({error.verify_message}); nothing was sent. Correct SMTP_HOST "
            "to the name in the certificate, or name the authority that signed it in SMTP_CA_FILE."
        )
    if error.reason in _WRONG_KIND:
        return MailSettingsError(
            "The mail server does not speak TLS at this port; nothing was sent. Correct SMTP_PORT and SMTP_TLS: "
            "usually 465 with tls, 587 with starttls."
        )
    return unreachable(f"TLS fails: {error.reason or type(error).__name__}")


def _is_recipient(code: int, subject: int | None, detail: int | None, stage: Stage) -> bool:
    """Whether nothing should be sent to this address again.

    An enhanced code beats the plain one: `550 5.7.1` is a policy, and after the content a plain 550 is mostly a filter
    that does not like it. To stop writing to somebody for ever needs better reasons.
    """
    if subject is not None:
        return subject == 1 or (subject, detail) == (2, 1)
    return stage == "recipient" and code in _RECIPIENT_CODES


def _enhanced(words: str) -> tuple[int | None, int | None]:
    """Subject and detail of an enhanced status code, if the words begin with one."""
    found = _ENHANCED.match(words)
    return (int(found[2]), int(found[3])) if found else (None, None)
