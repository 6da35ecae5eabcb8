"""Nothing that a customer, a model or a person writes becomes a header, a recipient or a mail of its own."""

from __future__ import annotations

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from revops.connectors.email import EmailSettings, MailSettingsError, SmtpSender
from revops.connectors.email.letter import prepare
from revops.domain.mail import MailRefusedError
from sandbox.mail import Running
from sandbox.mail.checks import violations
from tests.revops.connectors.email.conftest import AT, LETTER, letter, settings_for
from tests.revops.connectors.email.test_contract import display_name

SETTINGS = EmailSettings(host="smtp.lantern.example", from_address="billing@lantern.example", from_name="Lantern")
HEADERS = ["Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"]
BREAKS = ["\r\n", "\n", "\r", "\0", "\x0b", "\x0c", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]
INJECTIONS = st.builds(
    "{}{}{}".format,
    st.text(max_size=80),
    st.sampled_from(BREAKS),
    st.sampled_from(
        ["", "Bcc: eve@elsewhere.example", " folded", "\r\n\r\n<script>", ".\r\nMAIL FROM:<eve@x.example>"]
    ),
)
WORDS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)
NASTY = st.one_of(
    WORDS,
    st.lists(
        st.sampled_from(['"', "\\", ",", ";", "<", ">", "@", "(", ")", ":", "=?utf-8?q?", "?=", "x", " ", "é"])
    ).map("".join),
)


def parsed(content: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(content)
    assert isinstance(message, EmailMessage)
    return message


def spaced(text: str) -> str:
    """As header text is compared: how much white space there is means nothing."""
    return " ".join(text.replace("\t", " ").split(" ")).strip()


@pytest.mark.parametrize("field", ["to", "to_name", "subject", "reply_to", "header value", "header name"])
@settings(deadline=None)
@given(value=INJECTIONS)
@example(value="Ada\r\nBcc: eve@elsewhere.example")
def test_a_line_break_in_any_header_sends_nothing(field: str, value: str) -> None:
    changes: dict[str, Any] = {field: value}
    if field == "header value":
        changes = {"headers": {"X-Note": value}}
    if field == "header name":
        changes = {"headers": {value: "x"}}
    with pytest.raises(MailRefusedError):
        prepare(letter(**changes), SETTINGS, AT)


@settings(deadline=None)
@given(value=INJECTIONS)
def test_a_line_break_in_a_setting_is_found_at_once(value: str) -> None:
    for field in ("host", "from_address", "from_name", "reply_to"):
        given: dict[str, Any] = {
            "host": "smtp.lantern.example",
            "from_address": "billing@lantern.example",
            field: value,
        }
        with pytest.raises(MailSettingsError):
            EmailSettings(**given)


def test_an_injection_never_reaches_the_server(server: Running, sender: SmtpSender) -> None:
    with pytest.raises(MailRefusedError):
        sender.send(letter(subject="Hello\r\nBcc: eve@elsewhere.example"), AT)
    sender.send(letter(text="Hello\r\n.\r\nMAIL FROM:<eve@elsewhere.example>\r\n"), AT)
    [entry] = server.record.entries
    assert entry.rcpt_to == ("ada@northwind.example",)


@settings(deadline=None)
@given(name=NASTY, subject=NASTY, value=NASTY)
@example(name="A" * 60 + ', eve@elsewhere.example, "x" <', subject="=?utf-8?q?x?=", value="a" * 300)
def test_whatever_is_written_arrives_as_it_was_and_is_for_one_person(name: str, subject: str, value: str) -> None:
    content = prepare(letter(to_name=name, subject=subject, headers={"X-Note": value}), SETTINGS, AT).content
    assert violations(content) == []
    message = parsed(content)
    assert sorted(message.keys()) == sorted([*HEADERS, "X-Note"])
    [to] = message["to"].addresses
    assert to.addr_spec == LETTER.to
    assert spaced(display_name(content)) == spaced(" ".join(name.split()))
    assert message["subject"].strip(" ") == subject.strip(" ") or spaced(message["subject"]) == spaced(subject)
    assert spaced(message["x-note"]) == spaced(value)


@settings(deadline=None)
@given(text=st.text(max_size=2_000), html=st.text(max_size=2_000))
def test_every_body_arrives_but_those_that_no_mail_can_carry(text: str, html: str) -> None:
    try:
        content = prepare(letter(text=text, html=html), SETTINGS, AT).content
    except MailRefusedError:
        assert any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text + html)
        return
    assert violations(content) == []
    assert content.isascii()
    message = parsed(content)
    for kind, given_text in (("plain", text), ("html", html)):
        part = message.get_body((kind,))
        assert isinstance(part, EmailMessage)
        assert "".join(part.get_content().split()) == "".join(given_text.split())


def test_a_word_that_fits_no_line_is_refused() -> None:
    with pytest.raises(MailRefusedError, match="no mail can carry"):
        prepare(letter(headers={"List-Unsubscribe": "x" * 1_000}), SETTINGS, AT)


@pytest.mark.parametrize(
    ("changes", "setting"),
    [
        ({"host": ""}, "SMTP_HOST"),
        ({"host": "smtp.example.com", "tls": "none"}, "SMTP_TLS"),
        ({"host": "127.0.0.1.example.com", "tls": "none"}, "SMTP_TLS"),
        ({"tls": "ssl"}, "SMTP_TLS"),
        ({"port": 0}, "SMTP_PORT"),
        ({"port": 70_000}, "SMTP_PORT"),
        ({"username": "leaks"}, "SMTP_PASSWORD"),
        ({"from_address": "Lantern <billing@lantern.example>"}, "SMTP_FROM"),
        ({"reply_to": "nobody"}, "SMTP_REPLY_TO"),
        ({"from_name": "Lantern\nReports"}, "SMTP_FROM_NAME"),
        ({"whole_seconds": 0}, "above 0"),
    ],
)
def test_a_setting_that_cannot_work_is_named(changes: dict[str, Any], setting: str) -> None:
    given: dict[str, Any] = {"host": "smtp.lantern.example", "from_address": "billing@lantern.example", **changes}
    with pytest.raises(MailSettingsError, match=setting):
        EmailSettings(**given)


def test_a_file_of_certificates_that_is_none_is_named(server: Running, tmp_path: Path) -> None:
    settings = settings_for(server, tmp_path)
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(MailSettingsError, match="SMTP_CA_FILE"):
        SmtpSender(settings).send(LETTER, AT)


def test_ports_are_the_usual_ones_and_the_password_is_in_no_text() -> None:
    from pydantic import SecretStr

    ports = {}
    for tls in ("starttls", "tls", "none"):
        given: dict[str, Any] = {"host": "127.0.0.1", "from_address": "a@b.example", "tls": tls}
        ports[tls] = EmailSettings(**given, username="u", password=SecretStr("hidden-one"))
    assert {tls: one.smtp_port for tls, one in ports.items()} == {"starttls": 587, "tls": 465, "none": 25}
    assert "hidden-one" not in repr(ports)
