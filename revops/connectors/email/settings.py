"""How mail goes out: which server, how it is reached, and in whose name."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from pydantic import SecretStr

from revops.connectors.email.addresses import Address, address_of, clean
from revops.connectors.email.errors import MailSettingsError
from revops.domain.mail import MailRefusedError

Tls = Literal["starttls", "tls", "none"]
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class EmailSettings:
    """One mail server. Raises MailSettingsError, which names the setting, where it cannot be used.

    `tls`: `starttls` begins in the clear and insists on STARTTLS before anything is said, `tls` is encrypted from the
    start, `none` is for this machine only. `port` None is the usual one. `ca_file` (PEM) replaces the system's
    authorities. Time-outs in seconds: until connected, until each answer, and for all of it. RFC 5321 (4.5.3.2) would
    wait ten minutes for the answer to the mail itself; whoever dispatches holds an action for two.
    """

    host: str
    from_address: str
    from_name: str | None = None
    reply_to: str | None = None
    port: int | None = None
    tls: Tls = "starttls"
    username: str | None = None
    password: SecretStr | None = field(default=None, repr=False)
    ca_file: Path | None = None
    connect_seconds: float = 10.0
    answer_seconds: float = 20.0
    whole_seconds: float = 60.0

    def __post_init__(self) -> None:
        if not self.host or not self.host.isascii() or not self.host.isprintable() or " " in self.host:
            raise MailSettingsError("SMTP_HOST is no name of a machine. Write it as smtp.example.com.")
        if self.tls not in get_args(Tls):
            raise MailSettingsError(f"SMTP_TLS is none of {', '.join(get_args(Tls))}.")
        if self.tls == "none" and not _is_loopback(self.host):
            raise MailSettingsError(
                "SMTP_TLS=none is for a server on this machine only: what we write to customers does not cross a "
                "network unencrypted. Use starttls (port 587) or tls (port 465)."
            )
        if self.port is not None and not 0 < self.port < 65_536:
            raise MailSettingsError("SMTP_PORT is a number from 1 to 65535.")
        if (self.username is None) != (self.password is None):
            raise MailSettingsError("SMTP_USERNAME and SMTP_PASSWORD go together: set both or none.")
        if min(self.connect_seconds, self.answer_seconds, self.whole_seconds) <= 0:
            raise MailSettingsError("Time-outs of the mail server are above 0 seconds.")
        for name, value in (("SMTP_FROM", self.from_address), ("SMTP_REPLY_TO", self.reply_to)):
            if value is not None:
                _check_address(name, value)
        try:
            clean(self.from_name or "", "from name")
        except MailRefusedError as error:
            raise MailSettingsError("SMTP_FROM_NAME holds a line break or another control character.") from error

    @property
    def sender(self) -> Address:
        """In whose name mail goes out."""
        return address_of(self.from_address)

    @property
    def smtp_port(self) -> int:
        """The port that is meant."""
        return self.port if self.port is not None else _PORTS[self.tls]

    def tls_context(self) -> ssl.SSLContext:
        """Certificates are checked, TLS 1.2 is the least. Raises MailSettingsError for a file that is none."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise MailSettingsError(
                f"SMTP_CA_FILE cannot be read as certificates ({type(error).__name__}). Name a file in PEM form."
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def _check_address(name: str, value: str) -> None:
    try:
        address_of(value)
    except MailRefusedError as error:
        raise MailSettingsError(f"{name} is no e-mail address.") from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
