"""A mail server that delivers nothing: it keeps the latest messages for a page of the sandbox."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

MAX_KEPT = 3000


@dataclass(frozen=True)
class KeptMail:
    """One received message with its number, from 1."""

    number: int
    recipient: str
    message: EmailMessage

    def get_part(self, subtype: str) -> str:
        """Return the part ``plain`` or ``html``; empty if there is none."""
        part = self.message.get_body((subtype,))
        return part.get_content() if isinstance(part, EmailMessage) else ""


@dataclass
class MailSink:
    """Receives mail on a port of this machine; safe to read from other threads."""

    _kept: deque[KeptMail] = field(default_factory=lambda: deque(maxlen=MAX_KEPT))
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _count: int = 0
    _controller: Controller | None = None

    def start(self, port: int) -> None:
        """Listen on a port of loopback.

        Raises:
            OSError: the port is in use.
        """
        self._controller = Controller(self, hostname="127.0.0.1", port=port)
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        if self._controller is not None:
            self._controller.stop()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one message."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - the policy makes it one
        with self._lock:
            self._count += 1
            self._kept.appendleft(KeptMail(self._count, ", ".join(envelope.rcpt_tos), message))
        return "250 OK"

    def list_mails(self) -> list[KeptMail]:
        """List the messages, the newest first."""
        with self._lock:
            return list(self._kept)

    def find_mail(self, number: int) -> KeptMail | None:
        """Return one message, None if it is not kept."""
        return next((mail for mail in self.list_mails() if mail.number == number), None)
