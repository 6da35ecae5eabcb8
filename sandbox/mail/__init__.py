"""A stand-in for a mail server that takes e-mail by SMTP, delivers nothing, and shows what came on a page.

It speaks STARTTLS or TLS with a certificate of its own and asks for a sign-in, refuses what breaks RFC 5322, fails on
demand in every way a mail server can, and keeps a record of everything that it took.
"""

from .server import Running, running, serve

__all__ = ["Running", "running", "serve"]
