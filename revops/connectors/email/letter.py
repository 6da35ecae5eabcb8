"""A mail as the octets that are sent: its headers, its text and the same as HTML (RFC 5322, RFC 2046)."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from revops.connectors.email import headers
from revops.connectors.email.addresses import Address, address_of, clean
from revops.connectors.email.settings import EmailSettings
from revops.domain.mail import Mail, MailRefusedError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
# Set here, or by servers on the way, or a copy to somebody: none of them is the caller's.
_OURS = frozenset(
    {
        *("date", "from", "sender", "reply-to", "to", "cc", "bcc", "message-id", "subject", "auto-submitted"),
        *("mime-version", "received", "return-path", "authentication-results", "dkim-signature"),
    }
)
_OUR_PREFIXES = ("content-", "resent-", "arc-")
# All of the body is ASCII, so that it arrives the same at a server without 8BITMIME.
_BODY = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Prepared:
    """What is handed over. `content` ends its lines with CRLF; SMTP's own dots are not in it yet."""

    message_id: str
    sender: Address
    recipient: Address
    content: bytes = field(repr=False)

    @property
    def needs_utf8(self) -> bool:
        """Whether only a server with SMTPUTF8 can take it."""
        return self.sender.needs_utf8 or self.recipient.needs_utf8


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a key, the same for ever, at the sender's domain; it does not give the key away."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def prepare(mail: Mail, settings: EmailSettings, at: datetime) -> Prepared:
    """The octets of a mail. Raises MailRefusedError for one that may not be sent, before any server is asked."""
    sender, recipient = settings.sender, address_of(mail.to)
    own_id = message_id(mail.key, sender.domain)
    reply_to = mail.reply_to or settings.reply_to
    lines = [
        headers.line("Date", [format_datetime(at.astimezone(UTC))]),
        headers.line("Message-ID", [own_id]),
        headers.line("From", headers.mailbox(clean(settings.from_name or "", "from name"), sender)),
        headers.line("To", headers.mailbox(clean(mail.to_name or "", "recipient's name"), recipient)),
    ]
    if reply_to is not None:
        lines.append(headers.line("Reply-To", [_reply_address(reply_to).text]))
    lines += [
        headers.line("Subject", headers.text(clean(mail.subject, "subject"))),
        # RFC 3834: so that answering machines do not answer.
        headers.line("Auto-Submitted", ["auto-generated"]),
        *(_further(name, value) for name, value in mail.headers.items()),
    ]
    content = b"\r\n".join(lines) + b"\r\n" + _body(mail)
    return Prepared(own_id, sender, recipient, content)


def _reply_address(text: str) -> Address:
    try:
        return address_of(text)
    except MailRefusedError:
        pass
    # Not the recipient's fault.
    raise MailRefusedError("The address for replies is no e-mail address; correct it.")


def _further(name: str, value: str) -> bytes:
    if not _NAME.fullmatch(name):
        raise MailRefusedError("A further header has a name that is none: nothing was sent.")
    if name.lower() in _OURS or name.lower().startswith(_OUR_PREFIXES):
        raise MailRefusedError(f"The header {name} is not the caller's to set: nothing was sent.")
    return headers.line(name, headers.text(clean(value, f"header {name}")))


def _body(mail: Mail) -> bytes:
    """MIME headers, the empty line and the parts."""
    if "\0" in mail.text or "\0" in mail.html:
        raise MailRefusedError("The text holds a NUL: nothing was sent.")
    body = EmailMessage(policy=_BODY)
    try:
        body.set_content(mail.text)
        body.add_alternative(mail.html, subtype="html")
        return body.as_bytes()
    except UnicodeEncodeError:
        pass
    raise MailRefusedError("The text holds half a character, which no encoding has: nothing was sent.")
