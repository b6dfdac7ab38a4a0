"""One child process that cannot outlive its parent: start, readiness, log and end."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

POLL_SECONDS = 0.05
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class ChildFailedError(Exception):
    """A child process ended unexpectedly or did not become ready. ``last_lines`` is the end of its log."""

    def __init__(self, name: str, reason: str, log: Path, last_lines: Sequence[str]) -> None:
        self.name = name
        self.reason = reason
        self.log = log
        self.last_lines = list(last_lines)
        super().__init__(f"{name} {reason}")


@dataclass
class Child:
    """A program in its own process group, with its output in one log file."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    log: Path
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start the program. The kernel sends it ``death_signal`` if this process dies."""
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.previous"))
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.argv,
                env=dict(self.env),
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_build_preexec_hook(os.getpid(), self.death_signal),  # noqa: PLW1509 - two system calls
            )

    @property
    def returncode(self) -> int | None:
        """Exit status (negative: the signal that ended it), or None while it runs."""
        assert self.process is not None, f"{self.name} was never started"  # noqa: S101
        return self.process.poll()

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until ``ready()`` returns True.

        Raises:
            ChildFailedError: the program ended first, or timed out.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.ensure_alive()
            if time.monotonic() > deadline:
                raise self.build_error(f"was not ready after {seconds:.0f} s")
            time.sleep(POLL_SECONDS)

    def wait_for_end(self, *, seconds: float) -> None:
        """Wait for the program to end.

        Raises:
            ChildFailedError: it ended with an error, or timed out.
        """
        assert self.process is not None  # noqa: S101
        try:
            status = self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise self.build_error(f"was not done after {seconds:.0f} s") from None
        if status != 0:
            raise self.build_error(describe_end(status))

    def ensure_alive(self) -> None:
        """Raise ChildFailedError if the program has ended."""
        status = self.returncode
        if status is not None:
            raise self.build_error(describe_end(status))

    def build_error(self, reason: str) -> ChildFailedError:
        """Build the error with the end of the log."""
        return ChildFailedError(self.name, reason, self.log, self.read_log_tail())

    def read_log_tail(self, lines: int = 15) -> list[str]:
        """Return the last lines of the log."""
        with suppress(FileNotFoundError):
            return self.log.read_text(errors="replace").splitlines()[-lines:]
        return []

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the program and everything it started."""
        assert self.process is not None  # noqa: S101
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)

    def request_stop(self) -> None:
        """Send the stop signal to the program only, which ends its own children."""
        if self.process is not None and self.returncode is None:
            self.process.send_signal(self.stop_signal)


def stop_all(children: Sequence[Child], *, seconds: float) -> list[str]:
    """Stop these children together: by signal first, by SIGKILL after ``seconds``.

    Returns:
        The names of the children that were killed.
    """
    running = [child for child in children if child.process is not None]
    for child in running:
        child.request_stop()
    deadline = time.monotonic() + seconds
    while any(child.returncode is None for child in running) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    forced = [child.name for child in running if child.returncode is None]
    for child in running:
        # Also after a clean end: a grandchild may still be running in the group.
        child.signal_group(signal.SIGKILL)
    for child in running:
        assert child.process is not None  # noqa: S101
        child.process.wait()
    return forced


def describe_end(status: int) -> str:
    """Describe how a program ended."""
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"


def _build_preexec_hook(parent: int, number: signal.Signals) -> Callable[[], None] | None:
    """Build the hook that ends the child with this process (Linux only)."""
    libc = _LIBC
    if libc is None:
        return None

    def hook() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # the parent died since the fork
            os._exit(1)

    return hook
