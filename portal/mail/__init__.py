"""The door to the mail server: one message to one person at a time; never what is said or why."""

from portal.mail.errors import MailDeferred, MailError, MailRefused, MailUnavailable
from portal.mail.mailer import Mailer
from portal.mail.message import EmailMessage, parse_address

__all__ = ["EmailMessage", "MailDeferred", "MailError", "MailRefused", "MailUnavailable", "Mailer", "parse_address"]
