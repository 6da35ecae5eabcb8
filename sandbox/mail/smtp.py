"""The SMTP side: who may send, what is refused, and what goes wrong on demand.

aiosmtpd speaks the protocol; faults come in where its commands begin.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
import time
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .checks import violations
from .faults import Fault, Faults, Stage
from .record import Entry, Record

HOSTNAME = "mail.sandbox.example"
_LARGEST = 10 * 1024 * 1024
# aiosmtpd warns of its own ways of old at every sign-in.
logging.getLogger("mail.log").setLevel(logging.ERROR)


class Taker:
    """What becomes of the commands of all dialogues; aiosmtpd calls it by these names."""

    def __init__(self, record: Record, faults: Faults, username: str | None, password: str | None) -> None:
        self.record = record
        self.faults = faults
        self._username = username
        self._password = password

    def sign_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        """Whether user and password are the right ones."""
        is_right = isinstance(given, LoginPassword) and all(
            hmac.compare_digest(one, (right or "").encode())
            for one, right in ((given.login, self._username), (given.password, self._password))
        )
        return AuthResult(success=is_right, handled=False, auth_data=given)

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Nobody sends without having signed in, where there is a user at all."""
        if self._username is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail, or say what is wrong with it."""
        content = bytes(envelope.original_content or b"")
        wrong = violations(content, is_utf8=envelope.smtp_utf8, is_8bit="BODY=8BITMIME" in envelope.mail_options)
        if wrong:
            return f"554 5.6.0 The mail is none: {'; '.join(wrong)}"[:500]
        user = getattr(session.auth_data, "login", b"").decode("utf-8", "replace") or None
        entry = Entry(
            id=secrets.token_hex(6),
            at=time.time(),
            mail_from=envelope.mail_from or "",
            rcpt_to=tuple(envelope.rcpt_tos),
            is_encrypted=server.transport is not None and server.transport.get_extra_info("sslcontext") is not None,
            user=user,
            content=content,
        )
        self.record.append(entry)
        return f"250 2.0.0 OK: queued as {entry.id}"


class Dialogue(SMTP):
    """One connection."""

    def __init__(self, taker: Taker, **how: Any) -> None:
        super().__init__(
            taker,
            hostname=HOSTNAME,
            ident="Mail sandbox",
            data_size_limit=_LARGEST,
            authenticator=taker.sign_in,
            **how,
        )
        self._faults = taker.faults

    def end(self) -> None:
        """End the connection without a word."""
        if self.transport is not None:
            self.transport.abort()  # type: ignore[attr-defined]

    async def _handle_client(self) -> None:
        if not await self._fails("connect"):
            await super()._handle_client()

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if not await self._fails("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if not await self._fails("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        if not await self._fails("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if not await self._fails("data"):
            await super().smtp_DATA(arg)

    async def _call_handler_hook(self, command: str, *args: Any) -> Any:
        """The end of the content is no command: its faults come in where the handler would take it."""
        if command != "DATA":
            return await super()._call_handler_hook(command, *args)
        fault = self._faults.take("end")
        if fault is not None and fault.kind in ("slow", "held"):
            await _wait(fault)
        elif fault is not None:
            if fault.after_execution:
                await super()._call_handler_hook(command, *args)
            if fault.answer is not None:
                return fault.answer
            if fault.kind == "garbage":
                return "What is this?"
            await self._vanish(fault)
        return await super()._call_handler_hook(command, *args)

    async def _fails(self, stage: Stage) -> bool:
        """Whether the command was answered by a fault."""
        fault = self._faults.take(stage)
        if fault is None:
            return False
        if fault.kind in ("slow", "held"):
            await _wait(fault)
            return False
        if fault.kind in ("drop", "broken"):
            await self._vanish(fault)
        await self.push(fault.answer or "What is this?")
        if fault.kind == "421" and self.transport is not None:
            self.transport.close()
        return True

    async def _vanish(self, fault: Fault) -> None:
        """The connection ends, and with it this task."""
        below = self._original_transport
        if fault.kind == "broken" and isinstance(below, asyncio.WriteTransport):
            # No record of TLS begins so.
            below.write(b"\0" * 64)
            below.close()
        else:
            self.end()
        await asyncio.Event().wait()


async def _wait(fault: Fault) -> None:
    if fault.gate is not None:
        await fault.gate.wait()
    else:
        await asyncio.sleep(fault.seconds)
