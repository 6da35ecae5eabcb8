"""A bounce is read where it names one mail of ours and one recipient, and whatever else comes is harmless."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from revops.connectors.email import Bounce, BounceError, SmtpSender, parse_bounce
from sandbox.mail import Running
from sandbox.mail.bounce import notification
from sandbox.mail.record import Entry
from tests.revops.connectors.email.conftest import AT, LETTER

DOMAIN = "lantern.example"
OWN_ID = f"<{'ab' * 20}@{DOMAIN}>"
ENTRY = Entry(
    id="1",
    at=0.0,
    mail_from=f"billing@{DOMAIN}",
    rcpt_to=("ada@northwind.example",),
    is_encrypted=True,
    user=None,
    content=f"Message-ID: {OWN_ID}\r\nSubject: x\r\n\r\nbody\r\n".encode(),
)
LATER = AT + timedelta(days=1)
RIGHT = notification(ENTRY, LATER, status="5.1.1")
EXIM = notification(ENTRY, LATER, status="5.1.1", form="exim")


@pytest.mark.parametrize("form", ["rfc3464", "exim"])
def test_a_bounce_names_our_mail_its_recipient_and_why(server: Running, sender: SmtpSender, form: str) -> None:
    sent = sender.send(LETTER, AT)
    [entry] = server.record.entries
    raw = httpx.get(f"{server.url}/messages/{entry.id}/bounce?status=5.1.1&form={form}").content
    assert parse_bounce(raw, DOMAIN) == Bounce(sent.message_id, LETTER.to, "5.1.1", is_permanent=True)


@pytest.mark.parametrize(
    ("status", "action", "is_permanent"),
    [("5.1.1", "failed", True), ("5.2.2", "failed", True), ("4.4.7", "failed", False), ("4.4.1", "delayed", False)],
)
def test_only_a_failure_of_class_5_is_for_ever(status: str, action: Any, is_permanent: bool) -> None:
    found = parse_bounce(notification(ENTRY, LATER, status=status, action=action), DOMAIN)
    assert (found.status, found.is_permanent) == (status, is_permanent)


def test_the_address_that_we_wrote_to_beats_the_one_that_it_was_passed_on_to() -> None:
    passed_on = RIGHT.replace(
        b"Final-Recipient: rfc822; ada@northwind.example", b"Final-Recipient: rfc822; x@y.example"
    )
    assert parse_bounce(passed_on, DOMAIN).recipient == "ada@northwind.example"


def test_a_whole_mail_may_be_returned() -> None:
    whole = RIGHT.replace(b"text/rfc822-headers", b"message/rfc822")
    assert parse_bounce(whole, DOMAIN).message_id == OWN_ID


GROUP = b"\r\nFinal-Recipient: rfc822; eve@y.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
NONE = {
    "a delivery": notification(ENTRY, LATER, status="2.0.0", action="delivered"),
    "a success that failed": notification(ENTRY, LATER, status="2.0.0"),
    "late for ever": notification(ENTRY, LATER, status="5.1.1", action="delayed"),
    "somebody else's mail": RIGHT.replace(OWN_ID.encode(), b"<12@elsewhere.example>"),
    "our domain, not our kind of id": RIGHT.replace(OWN_ID.encode(), f"<x@{DOMAIN}>".encode()),
    "a longer domain": RIGHT.replace(OWN_ID.encode(), OWN_ID.replace(DOMAIN, f"{DOMAIN}.evil.example").encode()),
    "nothing returned": RIGHT.replace(b"text/rfc822-headers", b"text/plain"),
    "no status": RIGHT.replace(b"Status: 5.1.1", b"Status: bad"),
    "no recipient": RIGHT.replace(b"rfc822; ada@northwind.example", b"rfc822; nobody"),
    "another kind of address": RIGHT.replace(b"rfc822; ada", b"x400; ada"),
    "two recipients": RIGHT.replace(b"Diagnostic-Code", GROUP[2:-2] + b"Diagnostic-Code"),
    "two actions": RIGHT.replace(b"Action: failed", b"Action: failed\r\nAction: delivered"),
    "an ordinary mail": ENTRY.content,
    "nothing": b"",
    "too much": RIGHT + b"x" * 1_000_000,
    "parts without end": b"".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\r\n\r\n--{n}\r\n'.encode() for n in range(4_000)
    ),
    "exim, nothing returned": EXIM.replace(b"This is a copy", b"No copy"),
    "exim, no code": EXIM.replace(b"550", b"no"),
    "exim, somebody else's mail": EXIM.replace(OWN_ID.encode(), b"<12@elsewhere.example>"),
}


@pytest.mark.parametrize("what", NONE)
def test_what_is_no_bounce_of_ours_is_refused(what: str) -> None:
    with pytest.raises(BounceError):
        parse_bounce(NONE[what], DOMAIN)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_mail_whatever_it_holds_raises_anything_else(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from([RIGHT, EXIM, RIGHT.replace(b"text/rfc822-headers", b"message/rfc822")])))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw)))
        cut = data.draw(st.integers(0, 40))
        raw[at : at + cut] = data.draw(
            st.one_of(
                st.binary(max_size=30),
                st.sampled_from(
                    [b"\r\n", b"\r\n\r\n", b"=?x?b?", b'"', b";", b"\xff", b"Content-Type: ", b"multipart/mixed"]
                ),
            )
        )
    try:
        found = parse_bounce(bytes(raw), DOMAIN)
    except BounceError as error:
        assert "northwind" not in str(error)
    else:
        assert found.message_id.endswith(f"@{DOMAIN}>")


@settings(deadline=None)
@given(raw=st.binary(max_size=3_000))
def test_no_octets_at_all_raise_anything_else(raw: bytes) -> None:
    with pytest.raises(BounceError):
        parse_bounce(raw, DOMAIN)
