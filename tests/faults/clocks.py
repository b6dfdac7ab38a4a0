"""Programs whose clock is wrong: by libfaketime where it is installed, else by replacing Python's own clock."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

_FOLDERS = ("/usr/lib", "/usr/local/lib")
_LIBRARY = "faketime/libfaketimeMT.so.1"


def build_skewed_command(offset: timedelta, argv: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command ``python -m module …`` and the variables that let it run with its clock wrong by so much."""
    seconds = int(offset.total_seconds())
    library = _library()
    if library is not None:
        # Waiting is measured by the other clock, which is never set, and files keep their own times.
        honest = {"DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}
        return list(argv), {"LD_PRELOAD": str(library), "FAKETIME": f"{seconds:+d}s", **honest}
    python, dash_m, module, *arguments = argv
    return [python, dash_m, "tests.faults.clocks", str(seconds), module, *arguments], {}


def _library() -> Path | None:
    found = (path for folder in _FOLDERS for path in Path(folder).glob(f"*/{_LIBRARY}"))
    return next(found, None)


def main() -> None:
    """Run ``SECONDS MODULE ARGUMENTS …`` as Python runs a module."""
    seconds, module, *arguments = sys.argv[1:]
    time_machine.travel(datetime.now(UTC) + timedelta(seconds=int(seconds)), tick=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
