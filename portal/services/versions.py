"""Optimistic locking: a decision applies to the version its maker saw, and makes the next one."""

from __future__ import annotations

from collections.abc import Container
from typing import Protocol

from portal.domain.errors import ChangedMeanwhile


class Versioned(Protocol):
    """A locked row with a version and a state."""

    version: int
    state: str


def advance_version(row: Versioned, version: int, states: Container[str]) -> None:
    """Count the row's version up, in the caller's transaction.

    Raises:
        ChangedMeanwhile: it has another version by now, or is in none of these states.
    """
    if row.version != version or row.state not in states:
        raise ChangedMeanwhile
    row.version += 1
