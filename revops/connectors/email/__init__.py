"""E-mail out by SMTP, and what comes back of it."""

from revops.connectors.email.bounce import Bounce, BounceError, parse_bounce
from revops.connectors.email.errors import MailSettingsError
from revops.connectors.email.sender import SmtpSender
from revops.connectors.email.settings import EmailSettings

__all__ = ["Bounce", "BounceError", "EmailSettings", "MailSettingsError", "SmtpSender", "parse_bounce"]
