"""The result of a health check, and how a check reports that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass


class CheckFailed(Exception):
    """A component does not work; the text contains the cause and the next step."""


class CheckWarning(Exception):
    """A component works, or cannot be judged, and an operator should do something; the text names it."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one component's check; a warning counts as ok."""

    component: str
    is_ok: bool
    text: str
    is_warning: bool = False

    def __str__(self) -> str:
        state = "BAD" if not self.is_ok else "WARN" if self.is_warning else "ok "
        return f"{state} {self.component}: {self.text}"
