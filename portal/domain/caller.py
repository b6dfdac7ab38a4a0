"""Where an act comes from: one value for each request, command or job, which the audit trail writes down by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """By which door an act came in."""

    WEB = "web"
    COMMAND_LINE = "command line"
    WORKER = "worker"


@dataclass(frozen=True)
class Caller:
    """What is kept of where an act came from.

    Attributes:
        request_id: also in the log's lines and on error pages.
        address_digest: keyed, since the digest of an address alone could be found by trying all of them.
    """

    channel: Channel | None = None
    request_id: str | None = None
    address_digest: str | None = None


_NOBODY = Caller()
# Each thread and each greenlet has its own, so that requests served side by side never mix.
_current: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)


def current_caller() -> Caller:
    """Return where what happens right now comes from."""
    return _current.get()


def set_caller(caller: Caller | None) -> None:
    """Say where everything from here on comes from; None ends it."""
    _current.set(caller or _NOBODY)


@contextmanager
def calling(caller: Caller) -> Iterator[None]:
    """Say where everything in this block comes from."""
    before = _current.get()
    _current.set(caller)
    try:
        yield
    finally:
        _current.set(before)
