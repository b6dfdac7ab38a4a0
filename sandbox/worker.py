"""A background thread that looks, sleeps until something is due or someone wakes it, and ends when told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

LONGEST_SLEEP = 30.0
AFTER_AN_ERROR = 1.0

log = logging.getLogger("sandbox.worker")


class Worker:
    """Runs `look` again and again; it returns the seconds until the next thing is due."""

    def __init__(self, name: str, look: Callable[[], float]) -> None:
        self._look = look
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look again now."""
        self._wake.set()

    def stop(self) -> None:
        """End after the present look; waits up to 15 seconds for it."""
        self._ended = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def _run(self) -> None:
        while not self._ended:
            self._wake.clear()
            try:
                seconds = self._look()
            except Exception:
                # A stand-in that silently stops moving would look like a fault of the portal under test.
                log.exception("the %s thread goes on after an error", self._thread.name)
                seconds = AFTER_AN_ERROR
            if not self._ended:
                self._wake.wait(min(max(seconds, 0.0), LONGEST_SLEEP))
