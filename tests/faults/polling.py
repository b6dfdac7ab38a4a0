"""Waiting for a condition to become true, without assuming how long it usually takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

# Generous: the machine may be busy with other tests. Nothing is gained by waiting longer than a person would.
TIMEOUT_SECONDS = 90.0
POLL = 0.1

Found = TypeVar("Found")


def wait_until(
    check: Callable[[], Found | None], what: str | Callable[[], str], *, seconds: float = TIMEOUT_SECONDS
) -> Found:
    """Return the first truthy result; fail, naming ``what`` was waited for, when none came in time."""
    deadline = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds:.0f} s still not: {what if isinstance(what, str) else what()}")
        time.sleep(POLL)
    return found
