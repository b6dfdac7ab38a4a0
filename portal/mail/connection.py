"""An SMTP session with the mail server: connect, encrypt and authenticate, with a timeout for every step."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from portal.mail.errors import MailUnavailable
from portal.mail.idle_sessions import SmtpSession

CONNECT_SECONDS = 3
REPLY_SECONDS = 10
# Servers scan for viruses before they accept. Closing the connection earlier would send the same e-mail repeatedly.
ACCEPT_SECONDS = 30
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MailServer:
    """The mail server and the account.

    Attributes:
        is_encrypted: TLS from the first byte; otherwise STARTTLS if the server offers it.
        local_hostname: the name sent in the EHLO command.
    """

    host: str
    port: int
    username: str = field(repr=False)
    password: str = field(repr=False)
    is_encrypted: bool
    local_hostname: str


class _SmtpConnection(smtplib.SMTP):
    """An SMTP connection that connects within 3 s and waits 10 s for each reply; with TLS if ``context`` is set."""

    def __init__(self, server: MailServer, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(server.host, server.port, local_hostname=server.local_hostname, timeout=REPLY_SECONDS)

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        """Open the connection and read the greeting; the base class has one timeout for both."""
        opened = socket.create_connection((host, port), timeout=CONNECT_SECONDS, source_address=source_address)
        try:
            opened.settimeout(REPLY_SECONDS)
            self.sock = self._context.wrap_socket(opened, server_hostname=host) if self._context else opened
        except BaseException:
            opened.close()
            raise
        self.file = None
        return self.getreply()

    def data(self, msg: Any) -> tuple[int, bytes]:
        self._wait(ACCEPT_SECONDS)
        reply = super().data(msg)
        self._wait(self.timeout)
        return reply

    def _wait(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


def open_session(server: MailServer, trust: ssl.SSLContext) -> SmtpSession:
    """Connect, encrypt and authenticate. The caller ends or closes the session.

    Raises:
        MailUnavailable: the server cannot be reached or does not accept the account.
    """
    with _convert_errors():
        connection = _open_connection(server, trust)
    try:
        with _convert_errors():
            _authenticate(connection, server, trust)
    except BaseException:
        connection.close()
        raise
    return SmtpSession(connection)


def _open_connection(server: MailServer, trust: ssl.SSLContext) -> smtplib.SMTP:
    return _SmtpConnection(server, trust if server.is_encrypted else None)


def _authenticate(connection: smtplib.SMTP, server: MailServer, trust: ssl.SSLContext) -> None:
    connection.ehlo_or_helo_if_needed()
    is_encrypted = server.is_encrypted
    if not is_encrypted and connection.has_extn("starttls"):
        connection.starttls(context=trust)
        connection.ehlo()
        is_encrypted = True
    if not server.username:
        return
    if not is_encrypted and server.host not in _LOOPBACK:
        # An attacker may have removed the STARTTLS offer; the password is never sent unencrypted.
        raise MailUnavailable("no_tls")
    connection.login(server.username, server.password)


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Convert errors before the message is sent to MailUnavailable."""
    try:
        yield
    except smtplib.SMTPAuthenticationError:
        raise MailUnavailable("auth") from None
    except smtplib.SMTPResponseException as error:
        raise MailUnavailable(str(error.smtp_code)) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailUnavailable(get_cause(error)) from None


def get_cause(error: Exception) -> str:
    """Return a constant for the error, without text from the server."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "disconnected"
    return type(error).__name__
