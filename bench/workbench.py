"""What every measurement is given: a PostgreSQL, a voice, a place for its figures, and how far to trust them."""

from __future__ import annotations

import os
import resource
import sys
import time
from dataclasses import dataclass, field

from bench.servers import Ground

NOISY = 1.15
"""The same thing measured twice should not differ by more; where it does, other figures of that run hardly count."""


@dataclass
class Bench:
    """One run.

    Attributes:
        details: every figure behind the verdicts, by measurement, for the file.
        spreads: how far the same thing measured twice differed, as a ratio of at least 1, by measurement.
    """

    ground: Ground
    details: dict[str, object] = field(default_factory=dict)
    spreads: dict[str, float] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Print the current step."""
        print_progress(text)

    def trust(self, measurement: str, spread: float) -> None:
        """Record and print the A/A spread."""
        self.spreads[measurement] = spread
        print_progress(f"{measurement}: the same twice differed by {spread:.2f}×{', noisy' if spread > NOISY else ''}")

    @property
    def noisy(self) -> list[str]:
        """The measurements whose two equals were not equal."""
        return [name for name, spread in self.spreads.items() if spread > NOISY]


def print_progress(text: str) -> None:
    """Write one line with the seconds since the start."""
    sys.stdout.write(f"[{time.monotonic() - _BEGAN:5.0f} s] {text}\n")
    sys.stdout.flush()


def allow_files() -> None:
    """Let this program and all it starts have as many files open as the system lets them."""
    _, maximum = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (maximum, maximum))


def read_machine_load() -> str:
    """Return the load of the machine before the run."""
    one, five, _ = os.getloadavg()
    return f"load {one:.1f} over one minute, {five:.1f} over five, {os.cpu_count()} processors"


_BEGAN = time.monotonic()
