"""The record as JSON, a mail in each of its forms, and faults asked for over HTTP."""

from __future__ import annotations

import smtplib
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import httpx
import pytest

from sandbox.mail import Running
from tests.sandbox.mail.conftest import READER, SENDER, send, written

HTML = "<html><head><title>x</title></head><body><p>Hello <b>Ada</b></p></body></html>"


def test_the_list_is_what_was_taken_and_is_sent_once(mail: Running) -> None:
    assert httpx.get(f"{mail.url}/messages").json() == {"version": "0", "messages": []}
    own_id = send(mail, written("Größe 山田", html=HTML))
    answer = httpx.get(f"{mail.url}/messages").json()
    [one] = answer["messages"]
    assert (one["id"], one["subject"], one["from"], one["has_html"]) == (own_id, "Größe 山田", SENDER, True)
    assert one["to"] == f"Ada Lindqvist <{READER}>"
    assert httpx.get(f"{mail.url}/messages", params={"seen": answer["version"]}).status_code == 204


def test_a_mail_is_shown_as_text_as_html_and_as_it_came(mail: Running) -> None:
    own_id = send(mail, written(text="Grüße\n", html=HTML))
    whole = httpx.get(f"{mail.url}/messages/{own_id}").json()
    assert (whole["text"], whole["html"].strip()) == ("Grüße\n", HTML)
    assert ["Message-ID", "<1@lantern.example>"] in whole["headers"]
    assert (whole["rcpt_to"], whole["is_encrypted"], whole["user"]) == ([READER], False, None)
    raw = httpx.get(f"{mail.url}/messages/{own_id}/raw")
    assert raw.content == mail.record.entries[0].content
    assert raw.headers["content-type"].startswith("text/plain")


def test_html_can_run_nothing_and_fetch_nothing(mail: Running) -> None:
    own_id = send(mail, written(html=HTML))
    answer = httpx.get(f"{mail.url}/messages/{own_id}/html")
    rules = {rule.split()[0]: rule.split()[1:] for rule in answer.headers["content-security-policy"].split("; ")}
    assert rules["default-src"] == ["'none'"]
    assert not {"allow-scripts", "allow-same-origin", "allow-forms"} & set(rules["sandbox"])
    assert "script-src" not in rules
    assert '<head><base target="_blank">' in answer.text


def test_there_is_no_html_and_no_mail_where_there_is_none(mail: Running) -> None:
    own_id = send(mail)
    assert httpx.get(f"{mail.url}/messages/{own_id}/html").status_code == 404
    assert httpx.get(f"{mail.url}/messages/nothing").status_code == 404


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("", "multipart/report"),
        ("?form=exim&status=5.2.1", "text/plain"),
        ("?action=delayed&status=4.4.1", "multipart/report"),
    ],
)
def test_a_bounce_is_a_mail_of_its_own_that_names_the_first(mail: Running, query: str, kind: str) -> None:
    own_id = send(mail)
    bounce = BytesParser(policy=policy.default).parsebytes(
        httpx.get(f"{mail.url}/messages/{own_id}/bounce{query}").content
    )
    assert isinstance(bounce, EmailMessage)
    assert (bounce["to"], bounce.get_content_type(), bounce["auto-submitted"]) == (SENDER, kind, "auto-replied")
    assert "<1@lantern.example>" in bounce.as_string()
    assert [part.defects for part in bounce.walk() if part.defects] == []


@pytest.mark.parametrize("query", ["status=six", "action=lost", "form=qmail"])
def test_a_bounce_that_there_is_none_of_is_refused(mail: Running, query: str) -> None:
    assert httpx.get(f"{mail.url}/messages/{send(mail)}/bounce?{query}").status_code == 400


def test_faults_are_asked_for_shown_and_taken_back(mail: Running) -> None:
    asked = httpx.post(f"{mail.url}/faults", json={"kind": "451", "times": 2, "words": "4.7.1 Later"})
    assert asked.json() == {"faults": [{"kind": "451", "stage": "rcpt", "times": 2}]}
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(mail)
    assert refusal.value.recipients == {READER: (451, b"4.7.1 Later")}
    assert httpx.get(f"{mail.url}/faults").json()["faults"][0]["times"] == 1
    assert httpx.delete(f"{mail.url}/faults").json() == {"faults": []}
    send(mail)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "418"},
        {"kind": "held"},
        {"kind": "451", "times": 0},
        {"kind": "slow", "seconds": -1},
        {"kind": "451", "stage": "soon"},
        {"kind": "451", "colour": "red"},
        [],
        "x",
    ],
)
def test_a_fault_that_cannot_be_is_refused(mail: Running, wrong: Any) -> None:
    assert httpx.post(f"{mail.url}/faults", json=wrong).status_code == 400
    assert httpx.post(f"{mail.url}/faults", content=b"{").status_code == 400
    assert mail.faults.waiting() == []


def test_it_says_how_it_is_reached_and_no_secret(mail: Running) -> None:
    described = httpx.get(f"{mail.url}/server").json()
    assert described == {"url": mail.url, "host": mail.host, "port": mail.smtp_port, "tls": "none", "username": None}
