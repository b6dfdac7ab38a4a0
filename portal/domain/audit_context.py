"""The audit context: channel, request id and address digest of the current request, command or job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The entry point of an audited act."""

    WEB = "web"
    COMMAND_LINE = "command line"
    WORKER = "worker"


@dataclass(frozen=True)
class AuditContext:
    """Origin of an audited act; stored with each audit entry.

    Attributes:
        request_id: the same id as in log lines and on error pages.
        address_digest: keyed digest; an unkeyed one could be reversed by trying all addresses.
    """

    channel: Channel | None = None
    request_id: str | None = None
    address_digest: str | None = None


_EMPTY = AuditContext()
# A context variable is separate for each thread and greenlet.
_current: ContextVar[AuditContext] = ContextVar("audit_context", default=_EMPTY)


def get_audit_context() -> AuditContext:
    """Return the current context, empty outside of any."""
    return _current.get()


def set_audit_context(context: AuditContext | None) -> None:
    """Set the context for the rest of this thread or greenlet; None resets it."""
    _current.set(context or _EMPTY)


@contextmanager
def open_audit_context(context: AuditContext) -> Iterator[None]:
    """Set the context inside a ``with`` block."""
    before = _current.get()
    _current.set(context)
    try:
        yield
    finally:
        _current.set(before)
