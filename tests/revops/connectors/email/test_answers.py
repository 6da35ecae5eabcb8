"""Everything that a mail server can answer, and what may be concluded from it."""

from __future__ import annotations

import logging
import socket
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from revops.connectors.email import MailSettingsError, SmtpSender
from revops.connectors.email.sender import shown
from revops.domain.mail import MailError, MailRefusedError, MailUnavailableError
from sandbox.mail import Running
from sandbox.mail.certificate import make
from tests.revops.connectors.email.conftest import AT, LETTER, Open, letter, settings_for

STAGES = ["connect", "auth", "mail", "rcpt", "data", "end"]


def failing(sender: SmtpSender) -> MailError:
    """The error of the usual letter."""
    with pytest.raises(MailError) as caught:
        sender.send(LETTER, AT)
    return caught.value


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("code", ["421", "450", "451", "452", "454"])
def test_not_now_is_tried_again_wherever_it_is_said(server: Running, sender: SmtpSender, code: Any, stage: Any) -> None:
    server.fail_next(code, stage=stage)
    error = failing(sender)
    assert isinstance(error, MailUnavailableError)
    assert (error.code, error.may_have_arrived) == (int(code), False)
    assert server.record.entries == ()
    sender.send(LETTER, AT)


@pytest.mark.parametrize(
    ("code", "words", "stage", "is_recipient"),
    [
        ("550", "5.1.1 no such user", "rcpt", True),
        ("550", "No such user here", "rcpt", True),
        ("551", "User not local", "rcpt", True),
        ("553", "Mailbox name not allowed", "rcpt", True),
        ("554", "5.1.2 no such domain", "rcpt", True),
        ("554", "5.1.10 null MX", "rcpt", True),
        ("550", "5.2.1 mailbox disabled", "rcpt", True),
        ("550", "5.1.1 no such user", "end", True),
        ("550", "5.7.1 rejected by policy", "rcpt", False),
        ("552", "5.2.2 mailbox full", "rcpt", False),
        ("554", "Relay access denied", "rcpt", False),
        ("550", "This looks like spam", "end", False),
        ("554", "5.6.0 content refused", "end", False),
        ("552", "5.3.4 too large", "mail", False),
    ],
)
def test_never_is_never_and_says_whether_the_address_is_at_fault(
    server: Running, sender: SmtpSender, code: Any, words: str, stage: Any, is_recipient: bool
) -> None:
    server.fail_next(code, stage=stage, words=words)
    error = failing(sender)
    assert isinstance(error, MailRefusedError)
    assert (error.code, error.is_recipient) == (int(code), is_recipient)
    assert not isinstance(error, MailSettingsError)
    assert server.record.entries == ()


@pytest.mark.parametrize(
    ("code", "words", "stage", "setting"),
    [
        ("535", "5.7.8 wrong password", "auth", "SMTP_PASSWORD"),
        ("554", "not from your address", "connect", "SMTP_HOST"),
        ("550", "5.7.1 not your name", "mail", "SMTP_FROM"),
        ("550", "5.1.8 sender's domain is unknown", "rcpt", "SMTP_FROM"),
        ("553", "5.1.7 bad sender", "rcpt", "SMTP_FROM"),
    ],
)
def test_what_the_installation_has_to_mend_is_no_fault_of_the_mail(
    server: Running, sender: SmtpSender, code: Any, words: str, stage: Any, setting: str
) -> None:
    server.fail_next(code, stage=stage, words=words)
    error = failing(sender)
    assert isinstance(error, MailSettingsError)
    assert setting in str(error)
    assert (error.code, error.is_recipient, error.is_ours_to_mend) == (int(code), False, True)


def test_a_wrong_password_is_tried_once_and_names_the_setting(server: Running, tmp_path: Path) -> None:
    error = failing(SmtpSender(settings_for(server, tmp_path, password=SecretStr("wr0ng-s3cret"))))
    assert isinstance(error, MailSettingsError)
    assert error.code == 535
    assert "SMTP_USERNAME and SMTP_PASSWORD" in str(error)
    assert "wr0ng-s3cret" not in str(error)


def test_no_sign_in_where_one_is_wanted_names_the_setting(server: Running, tmp_path: Path) -> None:
    error = failing(SmtpSender(settings_for(server, tmp_path, username=None, password=None)))
    assert isinstance(error, MailSettingsError)
    assert "SMTP_PASSWORD" in str(error)


def test_a_sign_in_that_is_not_offered_names_the_setting(open_server: Open, tmp_path: Path) -> None:
    server = open_server(username=None)
    changes = {"username": "leaks", "password": SecretStr("x")}
    assert "offers no sign-in" in str(failing(SmtpSender(settings_for(server, tmp_path, **changes))))


@pytest.mark.parametrize("stage", STAGES)
def test_a_lost_connection_is_known_to_have_sent_nothing_until_the_content_was(
    server: Running, sender: SmtpSender, stage: Any
) -> None:
    server.fail_next("drop", stage=stage)
    error = failing(sender)
    assert isinstance(error, MailUnavailableError)
    assert (error.code, error.may_have_arrived) == (None, stage == "end")


@pytest.mark.parametrize("stage", STAGES[1:])
def test_encryption_that_breaks_is_a_lost_connection_like_any_other(
    server: Running, sender: SmtpSender, stage: Any
) -> None:
    server.fail_next("broken", stage=stage, after_execution=True)
    error = failing(sender)
    assert isinstance(error, MailUnavailableError)
    assert error.may_have_arrived is (stage == "end")
    assert len(server.record.entries) == int(stage == "end")
    sender.send(LETTER, AT)


def test_an_answer_that_is_lost_after_the_mail_was_taken_may_have_arrived(server: Running, sender: SmtpSender) -> None:
    server.fail_next("drop", stage="end", after_execution=True)
    error = failing(sender)
    assert isinstance(error, MailUnavailableError)
    assert error.may_have_arrived
    assert len(server.record.entries) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_no_answer_in_time_ends_the_wait(server: Running, tmp_path: Path, stage: Any) -> None:
    gate = server.fail_next("held", stage=stage)
    seconds = {"connect_seconds": 0.3, "answer_seconds": 0.3, "whole_seconds": 2.0}
    error = failing(SmtpSender(settings_for(server, tmp_path, **seconds)))
    assert isinstance(error, MailUnavailableError)
    assert error.may_have_arrived is (stage == "end")
    assert "in time" in str(error)
    assert gate is not None
    gate.release()


def test_answers_that_are_each_in_time_may_not_take_for_ever(server: Running, tmp_path: Path) -> None:
    for stage in ("auth", "mail", "rcpt"):
        server.fail_next("slow", stage=stage, seconds=0.4)
    error = failing(SmtpSender(settings_for(server, tmp_path, whole_seconds=1.0)))
    assert isinstance(error, MailUnavailableError)
    assert not error.may_have_arrived
    assert server.record.entries == ()


@pytest.mark.parametrize("stage", STAGES)
def test_what_no_mail_server_says_is_tried_again(server: Running, sender: SmtpSender, stage: Any) -> None:
    server.fail_next("garbage", stage=stage)
    error = failing(sender)
    assert isinstance(error, MailUnavailableError)
    assert error.may_have_arrived is (stage == "end")


def test_nobody_listening_is_tried_again(server: Running, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failing(SmtpSender(settings_for(server, tmp_path, port=port)))
    assert isinstance(error, MailUnavailableError)
    assert not error.may_have_arrived


def test_where_starttls_is_not_offered_nothing_goes_out_in_the_clear(open_server: Open, tmp_path: Path) -> None:
    server = open_server(tls="none")
    error = failing(SmtpSender(settings_for(server, tmp_path, tls="starttls")))
    assert isinstance(error, MailSettingsError)
    assert "STARTTLS" in str(error)
    assert server.record.entries == ()


@pytest.mark.parametrize(("speaks", "asked"), [("starttls", "tls"), ("none", "tls")])
def test_tls_at_a_port_without_it_names_the_settings(
    open_server: Open, tmp_path: Path, speaks: str, asked: str
) -> None:
    error = failing(SmtpSender(settings_for(open_server(tls=speaks), tmp_path, tls=asked)))
    assert isinstance(error, MailSettingsError)
    assert "SMTP_PORT and SMTP_TLS" in str(error)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("what", ["not trusted", "another name", "over"])
def test_a_certificate_that_is_not_right_sends_nothing(open_server: Open, tmp_path: Path, tls: str, what: str) -> None:
    made = {"not trusted": make(), "another name": make("127.0.0.9"), "over": make(days=-1)}[what]
    server = open_server(tls=tls, certificate=made)
    settings = settings_for(server, tmp_path)
    if what == "not trusted":
        (tmp_path / "ca.pem").write_bytes(make().pem)
    error = failing(SmtpSender(settings))
    assert isinstance(error, MailSettingsError)
    assert "certificate" in str(error)
    assert server.record.entries == ()


@pytest.mark.parametrize("stage", ["mail", "rcpt", "end", "auth"])
def test_neither_the_error_nor_a_log_repeats_what_the_server_quotes(
    server: Running, sender: SmtpSender, caplog: pytest.LogCaptureFixture, stage: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    quoted = "5.1.1 <ada@northwind.example>: see https://pay.example/secret-link in Your payment did not go through"
    server.fail_next("550", stage=stage, words=quoted)
    error = failing(sender)
    told = "".join(traceback.format_exception(error)) + caplog.text
    for secret in ("ada@", "secret-link", "did not go through", str(server.password)):
        assert secret not in told
    assert error.__context__ is None


def test_the_servers_words_are_kept_without_addresses_and_links() -> None:
    words = "2.0.0 queued for <ada@northwind.example>\nsee https://x.example/secret " + "y" * 300
    assert shown(words) == ("2.0.0 queued for <[hidden]> see [hidden] " + "y" * 300)[:200]


@pytest.mark.parametrize(
    "address", ["", "ada", "ada@", "a b@c.example", "ada@localhost", "ada@x.example, eve@y.example"]
)
def test_an_address_that_is_none_is_the_recipients_fault(sender: SmtpSender, address: str) -> None:
    with pytest.raises(MailRefusedError) as refusal:
        sender.send(letter(to=address), AT)
    assert refusal.value.is_recipient
    assert refusal.value.__context__ is None
