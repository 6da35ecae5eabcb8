"""A mail server that anybody may use unencrypted, and a plain client for it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email import policy
from email.message import EmailMessage

import pytest

from sandbox.mail import Running, running

Open = Callable[..., Running]
SENDER, READER = "billing@lantern.example", "ada@northwind.example"


@pytest.fixture
def open_mail() -> Iterator[Open]:
    """Opens mail servers, and ends them."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(running(**how))


@pytest.fixture
def mail(open_mail: Open) -> Running:
    """One without encryption and sign-in."""
    return open_mail(tls="none", username=None)


@contextmanager
def client(mail: Running) -> Iterator[smtplib.SMTP]:
    """The standard library's client, whose connection is closed however the server behaved."""
    connected = smtplib.SMTP(mail.host, mail.smtp_port, local_hostname="lantern.example", timeout=10)
    try:
        yield connected
    finally:
        connected.close()


def written(subject: str = "Hello", text: str = "Hello Ada\n", html: str | None = None) -> EmailMessage:
    """A mail that has everything it needs."""
    # smtplib does not say when it sends eight bits.
    message = EmailMessage(policy=policy.SMTP.clone(cte_type="7bit"))
    message["From"], message["To"], message["Subject"] = SENDER, f"Ada Lindqvist <{READER}>", subject
    message["Date"], message["Message-ID"] = "Fri, 20 Nov 2026 09:30:15 +0000", "<1@lantern.example>"
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def send(mail: Running, message: EmailMessage | None = None) -> str:
    """Send a mail; its id."""
    with client(mail) as connected:
        connected.send_message(message or written())
    return mail.record.entries[-1].id
