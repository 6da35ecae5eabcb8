"""A mail server on this machine, and senders for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from revops.connectors.email import EmailSettings, SmtpSender
from revops.domain.mail import Mail
from sandbox.mail import Running, running

AT = datetime(2026, 11, 20, 9, 30, 15, tzinfo=UTC)
LETTER = Mail(
    key="act_1:2",
    to="ada@northwind.example",
    to_name="Ada Lindqvist",
    subject="Your payment did not go through",
    text="Hello Ada,\n\n.we could not charge your card.\n",
    html="<p>Hello Ada,</p><p>we could not charge your card.</p>",
)
Open = Callable[..., Running]


def letter(**changes: Any) -> Mail:
    """The usual letter with other values."""
    return replace(LETTER, **changes)


def settings_for(server: Running, folder: Path, **changes: Any) -> EmailSettings:
    """What reaches a server of the sandbox; its certificate is written into a folder."""
    ca_file = folder / "ca.pem"
    ca_file.write_bytes(server.ca)
    given: dict[str, Any] = {
        "host": server.host,
        "port": server.smtp_port,
        "tls": server.tls,
        "username": server.username,
        "password": SecretStr(server.password) if server.password else None,
        "from_address": "billing@lantern.example",
        "from_name": "Lantern Reports",
        "reply_to": "help@lantern.example",
        "ca_file": ca_file,
    }
    return EmailSettings(**{**given, **changes})


@pytest.fixture
def open_server() -> Iterator[Open]:
    """Opens mail servers, and ends them."""
    with ExitStack() as stack:
        yield lambda **how: stack.enter_context(running(**how))


@pytest.fixture
def server(open_server: Open) -> Running:
    """One that wants STARTTLS and a sign-in."""
    return open_server()


@pytest.fixture
def sender(server: Running, tmp_path: Path) -> SmtpSender:
    """One that reaches it."""
    return SmtpSender(settings_for(server, tmp_path))
