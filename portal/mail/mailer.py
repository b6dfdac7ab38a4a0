"""The mailer: sends one message through the configured server. Callers retry and record what was sent."""

from __future__ import annotations

import smtplib
import ssl
from email.headerregistry import Address
from urllib.parse import SplitResult, unquote, urlsplit

from portal.mail.connection import MailServer, get_cause, open_session
from portal.mail.errors import MailDeferred, MailError, MailRefused, MailUnavailable
from portal.mail.idle_sessions import IdleSessions, end_session
from portal.mail.message import EmailMessage, build_mime_message, parse_address

_CLOSING = 421
_PERMANENT = 500


class Mailer:
    """Sends e-mails through one server with one sender address. Sessions stay open for the next messages."""

    def __init__(self, server: MailServer, sender: Address, *, trust: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._sender = sender
        self._trust = trust or ssl.create_default_context()
        self._idle = IdleSessions()

    @classmethod
    def from_url(cls, url: str, sender: str, *, name: str = "", trust: ssl.SSLContext | None = None) -> Mailer:
        """Return the mailer for ``smtp://user:password@host:587`` or ``smtps://…``; opens no connection.

        Args:
            url: user and password percent-encoded, or neither. Without a port: 587 with a user, else 25;
                465 for ``smtps``.
            sender: ``portal@example.com`` or ``Photo team <portal@example.com>``.
            name: display name if ``sender`` has none.
            trust: trusted certificates; None for the system's.

        Raises:
            ValueError: the URL or the sender is invalid; the text repeats neither.
        """
        try:
            address = parse_address(sender, name=name)
        except ValueError:
            raise ValueError("MAIL_FROM is not an e-mail address") from None
        return cls(_parse_server(url, address.domain), address, trust=trust)

    def __repr__(self) -> str:
        """Return the server without the account."""
        return f"Mailer({self._server.host}:{self._server.port})"

    def send(self, message: EmailMessage) -> None:
        """Send a message; return when the server has accepted it.

        Raises:
            MailUnavailable: the server is down or accepts no e-mail. If only its last reply was lost, it may have
                accepted the message; a second copy has the same Message-ID.
            MailDeferred: the server does not accept this message now.
            MailRefused: the server will never accept this message.
        """
        email = build_mime_message(message, self._sender)
        recipient = email["To"].addresses[0].addr_spec
        session = self._idle.take_session() or open_session(self._server, self._trust)
        try:
            session.connection.send_message(email, self._sender.addr_spec, [recipient])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            session.connection.close()
            raise _convert_error(error) from None
        except BaseException:
            session.connection.close()
            raise
        self._idle.store_session(session)

    def check(self) -> None:
        """Connect to the server and authenticate, without sending a message.

        Raises:
            MailUnavailable: the server cannot be reached or does not accept the account.
        """
        end_session(open_session(self._server, self._trust))


def _parse_server(url: str, local_hostname: str) -> MailServer:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("MAIL_URL cannot be read") from None
    if parts.scheme not in {"smtp", "smtps"} or not host or _has_extra_parts(parts):
        raise ValueError("MAIL_URL must look like smtp://user:password@host:587, with nothing behind it")
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(username) != bool(password):
        raise ValueError("MAIL_URL needs both a user and a password, or neither")
    if not (username + password).isascii():
        raise ValueError(
            "MAIL_URL contains a user or password with characters outside ASCII, which SMTP does not allow"
        )
    is_encrypted = parts.scheme == "smtps"
    default_port = 465 if is_encrypted else 587 if username else 25
    return MailServer(host, port or default_port, username, password, is_encrypted, local_hostname)


def _has_extra_parts(parts: SplitResult) -> bool:
    return parts.path not in {"", "/"} or bool(parts.query) or bool(parts.fragment)


def _convert_error(error: Exception) -> MailError:
    """Convert an SMTP error to the type for its cause: recipient, message or server."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        [(code, _reply)] = error.recipients.values()
        return _convert_reply_code(code)
    if isinstance(error, smtplib.SMTPDataError):
        return _convert_reply_code(error.smtp_code)
    if isinstance(error, smtplib.SMTPResponseException):
        # The sender is refused or the server is shutting down: both concern every message.
        return MailUnavailable(str(error.smtp_code))
    return MailUnavailable(get_cause(error))


def _convert_reply_code(code: int) -> MailError:
    if code == _CLOSING:
        return MailUnavailable(str(code))
    return MailRefused(str(code)) if code >= _PERMANENT else MailDeferred(str(code))
