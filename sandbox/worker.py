"""A background thread that runs a function when it is due or notified."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

MAX_SLEEP_SECONDS = 30.0
ERROR_PAUSE_SECONDS = 1.0

log = logging.getLogger("sandbox.worker")


class Worker:
    """Calls `run_once` repeatedly. It returns the seconds until the next call is due."""

    def __init__(self, name: str, run_once: Callable[[], float]) -> None:
        self._run_once = run_once
        self._wake = threading.Event()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def wake(self) -> None:
        """Run again immediately."""
        self._wake.set()

    def stop(self) -> None:
        """Stop after the current run. Waits up to 15 seconds."""
        self._is_stopped = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(15)

    def _run(self) -> None:
        while not self._is_stopped:
            self._wake.clear()
            try:
                seconds = self._run_once()
            except Exception:
                # A stopped sandbox would be mistaken for a fault of the portal under test.
                log.exception("worker.run_failed", extra={"worker": self._thread.name})
                seconds = ERROR_PAUSE_SECONDS
            if not self._is_stopped:
                self._wake.wait(min(max(seconds, 0.0), MAX_SLEEP_SECONDS))
