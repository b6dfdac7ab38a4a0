"""Handing one message to the configured server; retrying, and remembering what was sent, is the caller's."""

from __future__ import annotations

import smtplib
import ssl
from email.headerregistry import Address
from urllib.parse import SplitResult, unquote, urlsplit

from portal.mail.connection import MailServer, get_cause, open_session
from portal.mail.errors import MailDeferred, MailError, MailRefused, MailUnavailable
from portal.mail.message import EmailMessage, build_mime_message, parse_address

_CLOSING = 421
_PERMANENT = 500


class Mailer:
    """Sends through one server as one sender. Holds no connection between messages."""

    def __init__(self, server: MailServer, sender: Address, *, trust: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._sender = sender
        self._trust = trust or ssl.create_default_context()

    @classmethod
    def from_url(cls, url: str, sender: str, *, name: str = "", trust: ssl.SSLContext | None = None) -> Mailer:
        """Return the mailer for ``smtp://user:password@host:587`` or ``smtps://…``; nothing is opened yet.

        Args:
            url: user and password percent-encoded, or neither. Without a port: 587 with a user, else 25;
                465 for ``smtps``.
            sender: ``portal@example.com`` or ``Somebody <portal@example.com>``.
            name: shown as the sender's when ``sender`` names nobody.
            trust: which certificates are believed; None for the system's.

        Raises:
            ValueError: either makes no sense; neither is repeated.
        """
        try:
            address = parse_address(sender, name=name)
        except ValueError:
            raise ValueError("MAIL_FROM is no mail address") from None
        return cls(_parse_server(url, address.domain), address, trust=trust)

    def __repr__(self) -> str:
        """Name the server without the account."""
        return f"Mailer({self._server.host}:{self._server.port})"

    def send(self, message: EmailMessage) -> None:
        """Return once the server has taken the message.

        Raises:
            MailUnavailable: the server is down, or takes nothing of ours. When only its last answer was lost,
                it may have taken the message all the same; a second copy has the same Message-ID.
            MailDeferred: the server does not take this message now.
            MailRefused: it never will.
        """
        email = build_mime_message(message, self._sender)
        recipient = email["To"].addresses[0].addr_spec
        with open_session(self._server, self._trust) as connection:
            try:
                connection.send_message(email, self._sender.addr_spec, [recipient])
            except (smtplib.SMTPException, OSError, ValueError) as error:
                raise _convert_error(error) from None

    def check(self) -> None:
        """Greet the server and sign in, without sending anything.

        Raises:
            MailUnavailable: this does not work.
        """
        with open_session(self._server, self._trust):
            pass


def _parse_server(url: str, calls_itself: str) -> MailServer:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("MAIL_URL cannot be read") from None
    if parts.scheme not in {"smtp", "smtps"} or not host or not _has_nothing_else(parts):
        raise ValueError("MAIL_URL must look like smtp://user:password@host:587, with nothing behind it")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("MAIL_URL needs both a user and a password, or neither")
    if not (user + password).isascii():
        raise ValueError("MAIL_URL holds a user or password beyond ASCII, which signing in cannot carry")
    is_encrypted = parts.scheme == "smtps"
    usual = 465 if is_encrypted else 587 if user else 25
    return MailServer(host, port or usual, user, password, is_encrypted, calls_itself)


def _has_nothing_else(parts: SplitResult) -> bool:
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def _convert_error(error: Exception) -> MailError:
    """Say whether it is about the recipient, the message, or the server."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, _reply)] = error.recipients.values()
        return _convert_reply_code(code)
    if isinstance(error, smtplib.SMTPDataError):
        return _convert_reply_code(error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        # Our sender is not welcome, or the server is going down: either way it concerns every message.
        return MailUnavailable(str(error.smtp_code))
    return MailUnavailable(get_cause(error))


def _convert_reply_code(code: int) -> MailError:
    if code == _CLOSING:
        return MailUnavailable(str(code))
    return MailRefused(str(code)) if code >= _PERMANENT else MailDeferred(str(code))
