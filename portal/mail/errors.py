"""Errors of sending an e-mail; they contain no address, name, subject or password."""

from __future__ import annotations

from typing import ClassVar


class MailError(Exception):
    """Base class.

    Attributes:
        retryable: whether sending the same message later may succeed.
        cause: a constant for logs: a reply code such as ``550``, or ``timeout``, ``tls``, ``auth``.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


class MailUnavailable(MailError):
    """The server cannot be reached or accepts no e-mail at the moment; the cause is not the message."""

    retryable = True


class MailDeferred(MailUnavailable):
    """The server does not accept this message now: for example a full mailbox or greylisting."""


class MailRefused(MailError):
    """The message will never be accepted: the mailbox does not exist, or the address is invalid."""
