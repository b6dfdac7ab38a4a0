"""Restarts the parts of a running demo whose source files have changed; for ``python -m demo --reload``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from demo.children import ChildFailedError

POLL_SECONDS = 0.3
# Folders, and the files in them that count; compiled translations change with `make words`.
SUFFIXES = frozenset({".py", ".html", ".txt", ".svg", ".css", ".js", ".mo", ".sql"})
PORTAL = ("portal", "worker")
SANDBOX = ("sandbox",)
PARTS_BY_FOLDER: Mapping[str, Sequence[str]] = {
    "portal": PORTAL,
    "templates": PORTAL,
    "static": PORTAL,
    "translations": PORTAL,
    "sandbox": SANDBOX,
}
MIGRATIONS = Path("portal/migrations")


class Restartable(Protocol):
    """The part of `Stack` that is used here."""

    def check(self) -> None:
        """Raise ChildFailedError for the first part that has ended."""

    def restart(self, names: Sequence[str], *, migrate: bool) -> None:
        """End these parts, migrate the database if requested, and start them again; raise ChildFailedError."""


class SourceFiles:
    """The modification times of the source files below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._times = self._read()

    def list_changed(self) -> set[Path]:
        """Return the files that were written, added or removed since the last call, relative to the root."""
        before, self._times = self._times, self._read()
        return {path for path in before.keys() | self._times.keys() if before.get(path) != self._times.get(path)}

    def _read(self) -> dict[Path, int]:
        found = {}
        for folder in PARTS_BY_FOLDER:
            for path in (self._root / folder).rglob("*"):
                if path.suffix in SUFFIXES:
                    try:
                        found[path.relative_to(self._root)] = path.stat().st_mtime_ns
                    except FileNotFoundError:
                        continue  # an editor replaced it a moment ago
        return found


def list_affected_parts(changed: Iterable[Path]) -> list[str]:
    """Return the names of the parts that run any of these files, each once."""
    return list(dict.fromkeys(name for path in sorted(changed) for name in PARTS_BY_FOLDER[path.parts[0]]))


class Reloader:
    """Restarts the parts whose source files have changed. A part that cannot start waits for the next change.

    Args:
        stack: what to restart.
        files: the files to watch.
        report: called with each sentence for the developer.
        report_failure: called with the error of a part that has ended.
    """

    def __init__(
        self,
        stack: Restartable,
        files: SourceFiles,
        *,
        report: Callable[[str], None],
        report_failure: Callable[[ChildFailedError], None],
    ) -> None:
        self._stack = stack
        self._files = files
        self._report = report
        self._report_failure = report_failure
        self._has_failed = False

    def poll(self) -> None:
        """Restart what has changed since the last call; otherwise report a part that has ended, once."""
        if changed := self._files.list_changed():
            self._restart(changed)
            return
        if not self._has_failed:
            self._run(self._stack.check)

    def _restart(self, changed: set[Path]) -> None:
        names = list_affected_parts(changed)
        migrate = any(path.is_relative_to(MIGRATIONS) for path in changed)
        shown = ", ".join(str(path) for path in sorted(changed)[:3]) + (", …" if len(changed) > 3 else "")  # noqa: PLR2004
        self._report(f"{shown} changed: restarting {', '.join(names)}")
        began = time.monotonic()
        self._run(lambda: self._stack.restart(names, migrate=migrate))
        if not self._has_failed:
            self._report(f"Ready again after {time.monotonic() - began:.1f} s")

    def _run(self, action: Callable[[], None]) -> None:
        try:
            action()
        except ChildFailedError as error:
            self._has_failed = True
            self._report_failure(error)
        else:
            self._has_failed = False
