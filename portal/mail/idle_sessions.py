"""Open SMTP sessions that wait for the next message: with TLS and a sign-in, opening one costs more than a message."""

from __future__ import annotations

import smtplib
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

# Servers end sessions that are idle for minutes, or have sent many messages.
MAX_IDLE_SECONDS = 20
MAX_MESSAGES = 100
# As many as a worker has threads that send at the same time.
MAX_IDLE = 6


@dataclass
class SmtpSession:
    """One signed-in session with the number of messages it has sent."""

    connection: smtplib.SMTP
    messages: int = 0
    idle_since: float = 0.0


class IdleSessions:
    """Sessions that are not in use. They are closed with this object at the latest."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: list[SmtpSession] = []
        # The sockets of an object that is collected are closed, not left to be found.
        weakref.finalize(self, _close_all, self._idle)

    def take_session(self) -> SmtpSession | None:
        """Return a session that still works, None if there is none."""
        while True:
            with self._lock:
                session = self._idle.pop() if self._idle else None
            if session is None:
                return None
            if self._clock() - session.idle_since <= MAX_IDLE_SECONDS and _is_alive(session):
                return session
            session.connection.close()

    def store_session(self, session: SmtpSession) -> None:
        """Keep a session for the next message, or end it when it has sent enough."""
        session.messages += 1
        session.idle_since = self._clock()
        with self._lock:
            if session.messages < MAX_MESSAGES and len(self._idle) < MAX_IDLE:
                self._idle.append(session)
                return
        end_session(session)


def end_session(session: SmtpSession) -> None:
    """Take leave of the server and close the connection; errors do not matter any more."""
    try:
        with suppress(smtplib.SMTPException, OSError):
            session.connection.quit()
    finally:
        session.connection.close()


def _is_alive(session: SmtpSession) -> bool:
    """Return whether the server responds; nothing was sent to it, so that a new session repeats nothing."""
    try:
        return session.connection.rset()[0] == 250  # noqa: PLR2004 - the reply code for "done"
    except (smtplib.SMTPException, OSError):
        return False


def _close_all(idle: list[SmtpSession]) -> None:
    for session in idle:
        session.connection.close()
    idle.clear()
