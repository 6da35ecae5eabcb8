"""What the mail server takes, what it refuses, and how it fails when it is asked to."""

from __future__ import annotations

import json
import signal
import smtplib
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.mail import Running
from sandbox.mail.faults import NoSuchFaultError
from sandbox.mail.record import Record
from tests.sandbox.mail.conftest import READER, SENDER, Open, client, send, written


def test_a_mail_is_on_the_record_and_on_disk_before_its_answer(open_mail: Open, tmp_path: Path) -> None:
    path = tmp_path / "mails.jsonl"
    mail = open_mail(tls="none", username=None, record_path=path)
    first, second = send(mail), send(mail, written("Again", "Größe\n"))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [one["id"] for one in lines] == [first, second]
    assert (lines[0]["mail_from"], lines[0]["rcpt_to"], lines[0]["user"]) == (SENDER, [READER], None)
    assert mail.record.find(first) == mail.record.entries[0]
    with Record(path) as later:
        assert later.entries == ()
    assert len(path.read_text().splitlines()) == 2


def test_who_does_not_encrypt_may_say_nothing(open_mail: Open) -> None:
    mail = open_mail()
    with client(mail) as connected:
        connected.ehlo()
        assert not connected.has_extn("auth")
        assert connected.mail(SENDER)[0] == 530


def test_a_sign_in_is_asked_for_and_checked(open_mail: Open) -> None:
    mail = open_mail(username="leaks", password="right")
    context = ssl.create_default_context(cadata=mail.ca.decode())
    with client(mail) as connected:
        connected.starttls(context=context)
        connected.ehlo()
        assert connected.mail(SENDER)[0] == 530
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            connected.login("leaks", "wrong")
        assert refusal.value.smtp_code == 535
        connected.login("leaks", "right")
        connected.send_message(written())
    [entry] = mail.record.entries
    assert (entry.user, entry.is_encrypted) == ("leaks", True)


def test_a_certificate_is_made_anew_each_time_and_trusted_by_nobody(open_mail: Open) -> None:
    first, second = open_mail(tls="tls"), open_mail(tls="tls")
    assert first.ca != second.ca
    with pytest.raises(ssl.SSLCertVerificationError):
        smtplib.SMTP_SSL(first.host, first.smtp_port, context=ssl.create_default_context(cadata=second.ca.decode()))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (b"From: a@b.example\r\nTo: c@d.example\r\n\r\nx\r\n", "no date"),
        (b"no headers\r\n", "a header line that is none"),
        (b"Subject: x\r\n\r\nbare\nline feed\r\n", "a bare CR or LF"),
    ],
)
def test_a_mail_that_breaks_the_standard_is_refused_by_what_is_wrong(mail: Running, wrong: bytes, words: str) -> None:
    with client(mail) as connected:
        connected.ehlo()
        connected.mail(SENDER)
        connected.rcpt(READER)
        assert connected.docmd("DATA")[0] == 354
        connected.send(wrong + b".\r\n")
        code, said = connected.getreply()
    assert code == 554
    assert words in said.decode()
    assert mail.record.entries == ()


def test_a_line_over_the_limit_is_refused(mail: Running) -> None:
    with client(mail) as connected:
        connected.ehlo()
        connected.mail(SENDER)
        connected.rcpt(READER)
        connected.docmd("DATA")
        connected.send(b"Subject: " + b"x" * 2_000 + b"\r\n\r\n.\r\n")
        assert connected.getreply()[0] == 500


@pytest.mark.parametrize(
    ("kind", "stage", "times"), [("451", None, 2), ("550", None, 1), ("421", "rcpt", 1), ("554", None, 3)]
)
def test_an_answer_is_given_as_often_as_asked_and_then_no_more(
    mail: Running, kind: Any, stage: Any, times: int
) -> None:
    mail.fail_next(kind, stage=stage, times=times)
    for _ in range(times):
        with pytest.raises(smtplib.SMTPException):
            send(mail)
    assert mail.record.entries == ()
    assert mail.faults.waiting() == []
    send(mail)


@pytest.mark.parametrize(
    ("how", "count"),
    [({"stage": "data"}, 0), ({"stage": "end"}, 0), ({"stage": "end", "after_execution": True}, 1)],
)
def test_a_connection_ends_before_or_after_the_mail_is_taken(mail: Running, how: dict[str, Any], count: int) -> None:
    mail.fail_next("drop", **how)
    with pytest.raises((smtplib.SMTPException, ConnectionError)):
        send(mail)
    assert len(mail.record.entries) == count


@pytest.mark.parametrize("stage", ["rcpt", "end"])
def test_a_held_mail_waits_until_it_is_let_go(mail: Running, stage: Any) -> None:
    gate = mail.fail_next("held", stage=stage)
    assert gate is not None
    gate.release()
    send(mail)
    assert gate.reached.is_set()
    mail.fail_next("slow", stage=stage, seconds=0.01)
    send(mail)
    assert len(mail.record.entries) == 2


@pytest.mark.parametrize(
    "wrong", [{"kind": "418"}, {"kind": "451", "stage": "soon"}, {"kind": "451", "words": "a\r\nb"}]
)
def test_a_fault_that_there_is_none_of_is_refused(mail: Running, wrong: dict[str, Any]) -> None:
    with pytest.raises(NoSuchFaultError):
        mail.fail_next(**wrong)


def test_it_ends_while_somebody_is_connected(open_mail: Open) -> None:
    mail = open_mail(tls="none", username=None)
    idle = smtplib.SMTP(mail.host, mail.smtp_port, local_hostname="x.example")
    idle.ehlo()
    idle.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_says_how_it_is_reached(tmp_path: Path, number: signal.Signals) -> None:
    ca = tmp_path / "ca.pem"
    code = f"from pathlib import Path; from sandbox.mail import serve; serve(ca_path=Path({str(ca)!r}))"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        said = [process.stderr.readline().strip() for _ in range(8)]
        given = dict(line.partition("=")[::2] for line in said[2:])
        context = ssl.create_default_context(cafile=given["SMTP_CA_FILE"])
        with smtplib.SMTP(given["SMTP_HOST"], int(given["SMTP_PORT"]), local_hostname="x.example") as connected:
            connected.starttls(context=context)
            connected.login(given["SMTP_USERNAME"], given["SMTP_PASSWORD"])
            connected.send_message(written())
        url = said[0].rpartition(" ")[2]
        assert len(httpx.get(f"{url}/messages").json()["messages"]) == 1
        assert given["SMTP_TLS"] == "starttls"
        process.send_signal(number)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.communicate()
