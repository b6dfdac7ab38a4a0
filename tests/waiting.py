"""Waits for a condition without a fixed pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

# For conditions without a limit of their own: the machine may be busy with other tests.
TIMEOUT_SECONDS = 90.0
# For calls that must end by themselves although their peer never responds: far more than a deadline of the
# product and its work on a busy machine, far less than such a peer stays silent.
END_SECONDS = 30.0
SILENT_SECONDS = 90.0
# The pause between two calls is a tenth of the time waited so far, within these.
MIN_PAUSE_SECONDS = 0.01
MAX_PAUSE_SECONDS = 0.1

Found = TypeVar("Found")


def wait_until(
    condition: Callable[[], Found | None],
    what: str | Callable[[], str] = "",
    *,
    seconds: float = TIMEOUT_SECONDS,
    log: Path | None = None,
) -> Found:
    """Return the condition's first truthy result.

    Args:
        condition: called until its result is truthy.
        what: the condition in words, for the failure.
        seconds: how long it may take.
        log: file whose content is part of the failure.

    Raises:
        AssertionError: no result was truthy in time.
    """
    started_at = time.monotonic()
    while not (found := condition()):
        waited = time.monotonic() - started_at
        if waited > seconds:
            reason = what() if callable(what) else what
            raise AssertionError(f"after {seconds:g} s still not: {reason}\n{log.read_text() if log else ''}")
        time.sleep(min(max(waited / 10, MIN_PAUSE_SECONDS), MAX_PAUSE_SECONDS))
    return found
