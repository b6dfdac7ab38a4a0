"""One conversation with a mail server, with a limit on every wait; what is said in it is not decided here."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from portal.mail.errors import MailUnavailable

CONNECT_SECONDS = 3
REPLY_SECONDS = 10
# Servers look for viruses before they say yes. Hanging up on them would send the same mail again and again.
ACCEPT_SECONDS = 30
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and as whom.

    Attributes:
        is_encrypted: from the first byte; otherwise as soon as the server offers it.
        calls_itself: the name this side introduces itself with.
    """

    host: str
    port: int
    username: str = field(repr=False)
    password: str = field(repr=False)
    is_encrypted: bool
    local_hostname: str


class _SmtpConnection(smtplib.SMTP):
    """Connects within 3 s and waits 10 s for each reply; encrypted from the first byte if ``context`` is set."""

    def __init__(self, server: MailServer, context: ssl.SSLContext | None) -> None:
        self._context = context
        super().__init__(server.host, server.port, local_hostname=server.local_hostname, timeout=REPLY_SECONDS)

    def connect(self, host: str = "localhost", port: int = 0, source_address: Any = None) -> tuple[int, bytes]:
        """Open the connection and read the greeting; the base class would wait for both with one timeout."""
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
        answer = super().data(msg)
        self._wait(self.timeout)
        return answer

    def _wait(self, seconds: float) -> None:
        if self.sock is not None:
            self.sock.settimeout(seconds)


@contextmanager
def open_session(server: MailServer, trust: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """Greet the server, encrypt, sign in; hang up after the block whatever happens in it.

    Raises:
        MailUnavailable: it could not be greeted, or did not let us in.
    """
    with _convert_errors():
        connection = _open_connection(server, trust)
    try:
        with _convert_errors():
            _authenticate(connection, server, trust)
        yield connection
        # What was accepted is accepted, however the farewell goes.
        with suppress(smtplib.SMTPException, OSError):
            connection.quit()
    finally:
        connection.close()


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
        # Somebody in between may have cut the offer out; the password is not told to them.
        raise MailUnavailable("no_tls")
    connection.login(server.username, server.password)


@contextmanager
def _convert_errors() -> Iterator[None]:
    """Turn whatever ends a conversation before there is a message into one type."""
    try:
        yield
    except smtplib.SMTPAuthenticationError:
        raise MailUnavailable("auth") from None
    except smtplib.SMTPResponseException as error:
        raise MailUnavailable(str(error.smtp_code)) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise MailUnavailable(get_cause(error)) from None


def get_cause(error: Exception) -> str:
    """Return one word for what broke, free of anything the server or the address said."""
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "disconnected"
    return type(error).__name__
