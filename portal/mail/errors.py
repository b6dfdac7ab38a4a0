"""What can go wrong with a mail, as types with attributes; never an address, a name, a subject or a password."""

from __future__ import annotations

from typing import ClassVar


class MailError(Exception):
    """Base of them all.

    Attributes:
        retryable: whether the same message may get through later without anyone changing it.
        cause: one word for logs: a reply code such as ``550``, or ``timeout``, ``tls``, ``auth``.
    """

    retryable: ClassVar[bool] = False

    def __init__(self, cause: str) -> None:
        self.cause = cause
        super().__init__(cause)


class MailUnavailable(MailError):
    """The server cannot be reached, or takes no mail of ours at the moment. Says nothing about the message."""

    retryable = True


class MailDeferred(MailUnavailable):
    """The server works and does not take this one message now: a full mailbox, a stranger it wants to see twice."""


class MailRefused(MailError):
    """This message will never be taken: there is no such mailbox, or its address cannot be written down."""
