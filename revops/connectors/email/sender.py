"""Mail by SMTP: a connection for each mail, and for each way in which it can end the error that says what is known.

A few mails a minute do not need a connection that is kept, and one that is kept fails between two mails. The dialogue
is led step by step rather than by aiosmtplib's `send_message`, because what a lost connection means depends on the
step: before the content nothing can have arrived, after it nobody knows.

Sources: RFC 5321; RFC 3207 (STARTTLS); RFC 4954 (AUTH); RFC 6531 (SMTPUTF8).
"""

import asyncio
import re
import ssl
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPTimeoutError

from revops.connectors.email.errors import MailSettingsError, Stage, not_encrypted, refused, unreachable
from revops.connectors.email.letter import Prepared, message_id, prepare
from revops.connectors.email.settings import EmailSettings
from revops.domain.mail import Mail, MailError, MailRefusedError, MailSent

_START_INPUT, _COMPLETED = 354, 250
# A line that begins with a dot gets another one (RFC 5321, 4.5.2).
_DOT = re.compile(rb"(?m)^\.")
_GOODBYE_SECONDS = 2.0
_TURNS = 3
_ADDRESS = re.compile(r"[^\s<>()\"]+@[^\s<>()\"]+|https?://\S+")
_LONGEST_ANSWER = 200


class SmtpSender:
    """See SendsMail. Safe from any thread, also from one that has an event loop."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._domain = settings.sender.domain

    def message_id(self, key: str) -> str:
        """See SendsMail."""
        return message_id(key, self._domain)

    def send(self, mail: Mail, at: datetime) -> MailSent:
        """See SendsMail. Also raises MailSettingsError, a MailRefusedError that no mail can pass until it is mended."""
        prepared = prepare(mail, self._settings, at)
        context = self._settings.tls_context() if self._settings.tls != "none" else None
        dialogue = _Dialogue(self._settings, prepared, context)
        with ThreadPoolExecutor(1, thread_name_prefix="smtp") as thread:
            outcome = thread.submit(asyncio.run, dialogue.lead()).result()
        # Raised here and not where it was caught: the library's errors quote addresses and the server's words.
        if isinstance(outcome, MailError):
            raise outcome
        return MailSent(prepared.message_id, at, outcome)


class _Client(SMTP):
    """Ends its connection at once: a TLS goodbye may wait half a minute for a server that is gone."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


@dataclass
class _Dialogue:
    """One mail on one connection; `stage` is how far it has come."""

    settings: EmailSettings
    prepared: Prepared
    context: ssl.SSLContext | None
    stage: Stage = "connect"
    is_content_sent: bool = False

    async def lead(self) -> str | MailError:
        """The server's words where it has the mail, else the error; never raises one of the library's."""
        settings = self.settings
        client = _Client(
            hostname=settings.host,
            port=settings.smtp_port,
            timeout=settings.answer_seconds,
            use_tls=settings.tls == "tls",
            start_tls=False,
            tls_context=self.context,
            # Our own name is nobody's business, and asking for it may wait for a name server.
            local_hostname=settings.sender.domain,
        )
        try:
            async with asyncio.timeout(settings.whole_seconds):
                words = await self._hand_over(client)
            # The mail is theirs; how they say goodbye changes nothing.
            with suppress(SMTPException, OSError):
                await client.quit(timeout=_GOODBYE_SECONDS)
            return shown(words)
        except MailError as error:
            return error
        except SMTPResponseException as error:
            return refused(
                error.code,
                error.message,
                self.stage,
                self.prepared.recipient.domain,
                may_have_arrived=self.is_content_sent,
            )
        except (SMTPException, OSError, ValueError) as error:
            # ValueError: a server whose challenge is no base64.
            return self._lost(error)
        finally:
            client.close()
            # The socket is closed by the loop, in its next turns.
            for _ in range(_TURNS):
                await asyncio.sleep(0)

    def _lost(self, error: Exception) -> MailError:
        broken = error if isinstance(error, ssl.SSLError) else error.__cause__
        if isinstance(broken, ssl.SSLError) and self.stage in ("connect", "tls"):
            # Later it is no more than a lost connection: there was encryption.
            return not_encrypted(broken)
        what = "no answer in time" if isinstance(error, TimeoutError | SMTPTimeoutError) else type(error).__name__
        return unreachable(f"{what}, {self.stage}", may_have_arrived=self.is_content_sent)

    async def _hand_over(self, client: SMTP) -> str:
        await client.connect(timeout=self.settings.connect_seconds)
        await self._greet(client)
        await self._sign_in(client)
        options = self._options(client)
        encoding = "utf-8" if self.prepared.needs_utf8 else "ascii"
        self.stage = "sender"
        await client.mail(self.prepared.sender.text, options=options, encoding=encoding)
        self.stage = "recipient"
        await client.rcpt(self.prepared.recipient.text, encoding=encoding)
        self.stage = "content"
        return await self._content(client)

    async def _greet(self, client: SMTP) -> None:
        self.stage = "hello"
        await client.ehlo()
        if self.settings.tls != "starttls":
            return
        self.stage = "tls"
        if not client.supports_extension("starttls"):
            raise MailSettingsError(
                "The mail server does not offer STARTTLS; nothing was sent, as it would have gone unencrypted. Correct "
                "SMTP_PORT, or set SMTP_TLS=tls with the port for it (usually 465)."
            )
        await client.starttls(timeout=self.settings.connect_seconds)
        # What was said in the clear counts no more (RFC 3207, 4.2).
        self.stage = "hello"
        await client.ehlo()

    async def _sign_in(self, client: SMTP) -> None:
        """By one method, once: three refusals in a row lock an account at some providers."""
        username, password = self.settings.username, self.settings.password
        if username is None or password is None:
            return
        self.stage = "sign-in"
        known: dict[str, Callable[..., Coroutine[Any, Any, Any]]] = {
            "plain": client.auth_plain,
            "login": client.auth_login,
            "cram-md5": client.auth_crammd5,
        }
        method = next((known[name] for name in known if name in client.server_auth_methods), None)
        if method is None:
            raise MailSettingsError(
                f"The mail server offers no sign-in that we know ({', '.join(known)}). Correct SMTP_PORT, or leave "
                "SMTP_USERNAME and SMTP_PASSWORD out where it wants none."
            )
        await method(username, password.get_secret_value())

    def _options(self, client: SMTP) -> list[str]:
        options = []
        if client.supports_extension("size"):
            options.append(f"SIZE={len(self.prepared.content)}")
        if self.prepared.needs_utf8:
            if not client.supports_extension("smtputf8"):
                raise MailRefusedError(
                    f"An address at {self.prepared.recipient.domain} has characters that this mail server does not "
                    "take (no SMTPUTF8): nothing was sent. Ask for another address."
                )
            options.append("SMTPUTF8")
        return options

    async def _content(self, client: SMTP) -> str:
        """The content, and the server's words when it has it."""
        answer = await client.execute_command(b"DATA")
        if answer.code != _START_INPUT:
            raise SMTPResponseException(answer.code, answer.message)
        protocol = client.protocol
        if protocol is None:
            raise ConnectionResetError
        # From here on nobody knows, unless they answer.
        self.is_content_sent = True
        protocol.write(_DOT.sub(b"..", self.prepared.content) + b".\r\n")
        answer = await protocol.read_response()
        if answer.code != _COMPLETED:
            raise SMTPResponseException(answer.code, answer.message)
        return answer.message


def shown(words: str) -> str:
    """A server's words as they may be kept: one line of printable ASCII, without addresses and links."""
    ascii_words = words.encode("ascii", "replace").decode()
    line = " ".join("".join(one if one.isprintable() else " " for one in ascii_words).split())
    return _ADDRESS.sub("[hidden]", line)[:_LONGEST_ANSWER]
