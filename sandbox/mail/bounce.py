"""What a mail server far away would answer a day later: that a mail did not arrive.

Sources: RFC 3464 (delivery status notifications), RFC 6522 (multipart/report); the other form is Exim's own
(https://www.exim.org/exim-html-current/doc/html/spec_html/ch-customizing_bounce_and_warning_messages.html), with
`X-Failed-Recipients` and the mail below a line.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime, make_msgid
from typing import Literal

from .record import Entry
from .smtp import HOSTNAME

Action = Literal["failed", "delayed", "delivered"]
Form = Literal["rfc3464", "exim"]
_BOUNDARY = "=_bounce_of_the_sandbox"
_SAID = "host mx.far-away.example [192.0.2.25] said: 550 {status} The mailbox is not here (in reply to RCPT TO)"


def notification(
    entry: Entry, at: datetime, *, status: str, action: Action = "failed", form: Form = "rfc3464"
) -> bytes:
    """The notification about a mail, with `status` such as 5.1.1, as it would be sent to its sender."""
    recipient = entry.rcpt_to[0]
    said = _SAID.format(status=status)
    head, _, _ = entry.content.partition(b"\r\n\r\n")
    top = [
        "Return-Path: <>",
        f"Date: {format_datetime(at)}",
        f"From: Mail Delivery System <Mailer-Daemon@{HOSTNAME}>",
        f"To: {entry.mail_from}",
        f"Message-ID: {make_msgid(domain=HOSTNAME)}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
    ]
    if form == "exim":
        lines = [
            *top,
            "Subject: Mail delivery failed: returning message to sender",
            f"X-Failed-Recipients: {recipient}",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            "This message was created automatically by mail delivery software.",
            "",
            "A message that you sent could not be delivered to one or more of its",
            "recipients. This is a permanent error. The following address(es) failed:",
            "",
            f"  {recipient}",
            f"    SMTP error from remote mail server: {said}",
            "",
            "------ This is a copy of the message, including all the headers. ------",
            "",
        ]
        return "\r\n".join(lines).encode() + b"\r\n" + entry.content
    lines = [
        *top,
        "Subject: Undelivered Mail Returned to Sender",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{_BOUNDARY}"',
        "",
        f"--{_BOUNDARY}",
        "Content-Type: text/plain; charset=us-ascii",
        "",
        f"This is the mail system at {HOSTNAME}. Your message could not be delivered.",
        "",
        f"--{_BOUNDARY}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; {HOSTNAME}",
        f"Arrival-Date: {format_datetime(at)}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Original-Recipient: rfc822; {recipient}",
        f"Action: {action}",
        f"Status: {status}",
        f"Diagnostic-Code: smtp; 550 {status} {said}",
        "",
        f"--{_BOUNDARY}",
        "Content-Type: text/rfc822-headers",
        "",
    ]
    return "\r\n".join(lines).encode() + b"\r\n" + head + f"\r\n\r\n--{_BOUNDARY}--\r\n".encode()
