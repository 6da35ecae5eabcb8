"""A whole SMTP dialogue over TLS with a sign-in; what arrives is read by the standard library's parser."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from revops.connectors.email import SmtpSender
from revops.domain.mail import MailRefusedError, SendsMail
from sandbox.mail import Running
from sandbox.mail.checks import violations
from tests.revops.connectors.email.conftest import AT, LETTER, Open, letter, settings_for


def arrived(server: Running) -> EmailMessage:
    """The only mail that came."""
    [entry] = server.record.entries
    message = BytesParser(policy=policy.default).parsebytes(entry.content)
    assert isinstance(message, EmailMessage)
    assert [part.defects for part in message.walk()] == [[]] * len(list(message.walk()))
    return message


def display_name(content: bytes) -> str:
    """The recipient's name; the newer parser puts spaces between encoded words, which are none (RFC 2047, 6.2)."""
    value = BytesParser(policy=policy.compat32).parsebytes(content)["to"]
    return str(make_header(decode_header(value))).rpartition(" <")[0]


def body_of(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_letter_arrives_encrypted_signed_in_and_whole(open_server: Open, tmp_path: Path, tls: str) -> None:
    server = open_server(tls=tls)
    sender: SendsMail = SmtpSender(settings_for(server, tmp_path))
    sent = sender.send(LETTER, AT)
    [entry] = server.record.entries
    assert (entry.is_encrypted, entry.user) == (True, server.username)
    assert (entry.mail_from, entry.rcpt_to) == ("billing@lantern.example", ("ada@northwind.example",))
    message = arrived(server)
    assert {name: str(value) for name, value in message.items() if not name.startswith(("MIME", "Content"))} == {
        "Date": "Fri, 20 Nov 2026 09:30:15 +0000",
        "Message-ID": sent.message_id,
        "From": "Lantern Reports <billing@lantern.example>",
        "To": "Ada Lindqvist <ada@northwind.example>",
        "Reply-To": "help@lantern.example",
        "Subject": "Your payment did not go through",
        "Auto-Submitted": "auto-generated",
    }
    assert message.get_content_type() == "multipart/alternative"
    assert body_of(message, "plain") == LETTER.text
    assert body_of(message, "html").strip() == LETTER.html
    assert (sent.at, sent.answer) == (AT, f"2.0.0 OK: queued as {entry.id}")


def test_without_encryption_and_sign_in_it_goes_to_this_machine(open_server: Open, tmp_path: Path) -> None:
    server = open_server(tls="none", username=None)
    SmtpSender(settings_for(server, tmp_path)).send(LETTER, AT)
    assert (server.record.entries[0].is_encrypted, server.record.entries[0].user) == (False, None)


def test_names_subjects_and_bodies_in_other_scripts_arrive_as_they_were(server: Running, sender: SmtpSender) -> None:
    name = 'Müller, "Bob" <evil@x.example>; 山田太郎 ' + "und Söhne " * 12
    subject = "Ihre Zahlung über 1.240,00 € – bitte prüfen 山田 " * 5
    text = "Größe: 12 €\n" + "ein sehr langer Absatz " * 120 + "\n.\n..\nEnde\n"
    sender.send(letter(to_name=name, subject=subject.strip(), text=text, html=f"<p>{text}</p>"), AT)
    [entry] = server.record.entries
    assert entry.content.isascii()
    message = arrived(server)
    [to] = message["to"].addresses
    assert to.addr_spec == "ada@northwind.example"
    assert display_name(entry.content) == name.strip()
    assert message["subject"] == subject.strip()
    assert body_of(message, "plain") == text
    head, _, _ = entry.content.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 78


def test_the_same_key_has_the_same_message_id_at_the_senders_domain(server: Running, sender: SmtpSender) -> None:
    first, second = sender.send(LETTER, AT), sender.send(letter(subject="Again"), AT + timedelta(days=1))
    other = sender.send(letter(key="act_1:3"), AT)
    assert first.message_id == second.message_id == sender.message_id(LETTER.key) != other.message_id
    assert first.message_id.endswith("@lantern.example>")
    assert LETTER.key not in first.message_id


def test_the_date_is_the_moment_that_was_given_in_utc(server: Running, sender: SmtpSender) -> None:
    sender.send(LETTER, datetime(2026, 7, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))))
    assert parsedate_to_datetime(arrived(server)["date"]) == datetime(2026, 6, 30, 23, tzinfo=UTC)


def test_an_international_domain_goes_out_in_ascii(open_server: Open, tmp_path: Path) -> None:
    server = open_server(has_smtputf8=False)
    SmtpSender(settings_for(server, tmp_path)).send(letter(to="ada@münchen.example"), AT)
    assert server.record.entries[0].rcpt_to == ("ada@xn--mnchen-3ya.example",)


def test_an_international_mailbox_needs_a_server_that_takes_it(open_server: Open, tmp_path: Path) -> None:
    able, unable = open_server(), open_server(has_smtputf8=False)
    SmtpSender(settings_for(able, tmp_path)).send(letter(to="müller@northwind.example"), AT)
    assert able.record.entries[0].rcpt_to == ("müller@northwind.example",)
    assert "To: Ada Lindqvist <müller@northwind.example>\r\n".encode() in able.record.entries[0].content
    with pytest.raises(MailRefusedError, match="SMTPUTF8") as refusal:
        SmtpSender(settings_for(unable, tmp_path)).send(letter(to="müller@northwind.example"), AT)
    assert not refusal.value.is_recipient
    assert "müller" not in str(refusal.value)
    assert unable.record.entries == ()


def test_further_headers_go_along_and_none_that_is_set_here(server: Running, sender: SmtpSender) -> None:
    link = "<https://lantern.example/stop/" + "x" * 200 + ">"
    sender.send(letter(headers={"List-Unsubscribe": link, "X-Leak": "Größe"}), AT)
    message = arrived(server)
    assert (message["list-unsubscribe"], message["x-leak"]) == (link, "Größe")
    for name in ("Bcc", "cc", "TO", "Message-ID", "Content-Type", "Resent-To", "Received", "Auto-Submitted"):
        with pytest.raises(MailRefusedError, match="not the caller's"):
            sender.send(letter(headers={name: "eve@elsewhere.example"}), AT)
    assert len(server.record.entries) == 1


def test_it_can_be_sent_from_a_thread_that_has_an_event_loop(server: Running, sender: SmtpSender) -> None:
    async def caller() -> None:
        sender.send(LETTER, AT)

    asyncio.run(caller())
    assert len(server.record.entries) == 1


def test_the_stand_in_takes_what_we_send_and_nothing_with_one_thing_wrong(server: Running, sender: SmtpSender) -> None:
    """The negative twin: what the contract rests on is a server that refuses."""
    sender.send(LETTER, AT)
    right = server.record.entries[0].content
    assert violations(right) == []
    date, own_id = b"Date: Fri, 20 Nov 2026 09:30:15 +0000\r\n", right.split(b"\r\n")[1] + b"\r\n"
    broken = {
        "no date": right.replace(date, b""),
        "date 2 times": date + right,
        "a date that is none": right.replace(date, b"Date: yesterday\r\n"),
        "no message-id": right.replace(own_id, b""),
        "a message-id that is none": right.replace(own_id, b"Message-ID: 12\r\n"),
        "no from": right.replace(b"From:", b"X-From:"),
        "no to": right.replace(b"To: Ada", b"X-To: Ada"),
        "a to that is no address": right.replace(b" <ada@northwind.example>", b""),
        "a bare CR or LF": right.replace(b"Hello", b"Hel\nlo"),
        "a line over 998 octets": right.replace(b"Hello", b"x" * 999),
        "octets over 127 in the headers without SMTPUTF8": right.replace(b"Your payment", "Größe".encode()),
        "octets over 127 in the body without 8BITMIME": right.replace(b"Hello", "Größe".encode()),
        "a header line that is none": right.replace(b"Auto-Submitted:", b"Auto Submitted:"),
        "no empty line after the headers": right.partition(b"\r\n\r\n")[0] + b"\r\n",
        "a NUL": right.replace(b"Hello", b"Hel\0lo"),
        "a Bcc, which everybody would read": b"Bcc: eve@elsewhere.example\r\n" + right,
        "no mime-version": right.replace(b"MIME-Version: 1.0\r\n", b""),
        "MIME: CloseBoundaryNotFoundDefect": right.rstrip(b"\r\n").removesuffix(b"--") + b"\r\n",
    }
    assert {what: what in violations(content) for what, content in broken.items()} == dict.fromkeys(broken, True)
