"""The mail client: sends one message to one recipient at a time; its texts are in portal/presentation."""

from portal.mail.errors import MailDeferred, MailError, MailRefused, MailUnavailable
from portal.mail.mailer import Mailer
from portal.mail.message import EmailMessage, parse_address

__all__ = ["EmailMessage", "MailDeferred", "MailError", "MailRefused", "MailUnavailable", "Mailer", "parse_address"]
