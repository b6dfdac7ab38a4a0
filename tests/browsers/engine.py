"""What the journey needs of a browser engine; each engine has its own way of driving it."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FINDER = (Path(__file__).parent / "finder.js").read_text(encoding="utf-8").partition("\n")[2].strip()
# A busy machine is slow; speed is measured by the bench.
TIMEOUT = 40.0
_STEP = 0.2


class ElementMissing(AssertionError):
    """No visible element has this role and name."""


class Engine(ABC):
    """One browser window. Elements are found by role and accessible name in the current frame."""

    @abstractmethod
    def goto(self, url: str) -> None:
        """Open an address and wait until the page has loaded."""

    @abstractmethod
    def run(self, script: str) -> Any:
        """Return the JSON value of a JavaScript expression in the current frame."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press one key, named as in KeyboardEvent.key."""

    @abstractmethod
    def enter_frame(self) -> bool:
        """Make the page's frame the current one. Return False if there is none yet."""

    @abstractmethod
    def leave_frame(self) -> None:
        """Make the page itself the current frame again."""

    @abstractmethod
    def screenshot(self, path: Path) -> None:
        """Write a PNG of the window."""

    @abstractmethod
    def close(self) -> None:
        """End the browser."""

    @abstractmethod
    def _click(self, role: str, name: str) -> bool: ...

    @abstractmethod
    def _type(self, role: str, name: str, text: str) -> bool: ...

    @abstractmethod
    def _upload(self, name: str, paths: Sequence[Path]) -> bool: ...

    def list_problems(self) -> list[str]:
        """Return the script errors of the pages so far, where the engine reports them."""
        return []

    def has(self, role: str, name: str) -> bool:
        """Return whether a visible element has this role and name."""
        return bool(self.run(f"!!({FINDER})({json.dumps(role)}, {json.dumps(name)})"))

    def wait_for(self, role: str, name: str, timeout: float = TIMEOUT) -> None:
        """Wait for a visible element of a loaded page.

        Raises:
            ElementMissing: there was none for ``timeout`` seconds.
        """
        self.retry(lambda: self._is_loaded() and self.has(role, name), f"{role} “{name}”", timeout)

    def click(self, role: str, name: str) -> None:
        """Wait for the element and click it as a person does, once the page's scripts have run."""
        self.retry(lambda: self._is_loaded() and self._click(role, name), f"{role} “{name}”")

    def type(self, role: str, name: str, text: str) -> None:
        """Wait for the field and type into it."""
        self.retry(lambda: self._type(role, name, text), f"{role} “{name}”")

    def upload(self, name: str, paths: Sequence[Path]) -> None:
        """Wait for the file picker and give it these files."""
        self.retry(lambda: self._upload(name, paths), f"file picker “{name}”")

    def _is_loaded(self) -> bool:
        """Return whether nothing of the current frame's document is missing, its scripts included."""
        return bool(self.run("document.readyState === 'complete'"))

    def retry(self, attempt: Callable[[], bool], what: str, timeout: float = TIMEOUT) -> None:
        """Try until ``attempt`` returns True.

        Raises:
            ElementMissing: it did not within ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        error: Exception | None = None
        while time.monotonic() < deadline:
            try:
                if attempt():
                    return
            except Exception as raised:
                error = raised
            time.sleep(_STEP)
        raise ElementMissing(f"no visible {what} within {timeout:.0f} s") from error
