"""The door to the mail server: one message to one person at a time; never what is said or why."""

from portal.mail.errors import MailDeferred, MailError, MailRefused, MailUnavailable
from portal.mail.mailer import Mailer
from portal.mail.message import Message, read_address

__all__ = ["MailDeferred", "MailError", "MailRefused", "MailUnavailable", "Mailer", "Message", "read_address"]
