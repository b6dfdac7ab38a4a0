"""The result of a health check, how a check reports that something is wrong, and texts that pages can translate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


class CheckText:
    """An English sentence with named values, which a page can translate; ``str`` returns it in English.

    The sentence must be a literal: `make words` collects it by the name of this class.
    """

    def __init__(self, sentence: str, /, **values: str | int | CheckText | Sequence[CheckText]) -> None:
        """Keep a sentence with ``%(name)s`` for each value; a sequence of texts is joined with commas."""
        self.sentence = sentence
        self.values = values

    def __str__(self) -> str:
        return self.format(lambda sentence: sentence)

    def format(self, translate: Callable[[str], str]) -> str:
        """Return the text with every sentence in it translated."""
        return translate(self.sentence) % {name: _format(value, translate) for name, value in self.values.items()}

    def to_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return {"sentence": self.sentence, "values": {name: _to_json(value) for name, value in self.values.items()}}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Return the text that was stored."""
        return cls(stored["sentence"], **{name: _from_json(value) for name, value in stored["values"].items()})


def _format(value: Any, translate: Callable[[str], str]) -> str | int:
    if isinstance(value, CheckText):
        return value.format(translate)
    if isinstance(value, str | int):
        return value
    return ", ".join(each.format(translate) for each in value)


def _to_json(value: Any) -> Any:
    if isinstance(value, CheckText):
        return value.to_json()
    if isinstance(value, str | int):
        return value
    return [each.to_json() for each in value]


def _from_json(stored: Any) -> Any:
    if isinstance(stored, dict):
        return CheckText.from_json(stored)
    if isinstance(stored, list):
        return [CheckText.from_json(each) for each in stored]
    return stored


class _CheckOutcome(Exception):
    """What a check reports instead of a result."""

    def __init__(self, text: CheckText) -> None:
        super().__init__(str(text))
        self.text = text


class CheckFailed(_CheckOutcome):
    """A component does not work; the text contains the cause and the next step."""


class CheckWarning(_CheckOutcome):
    """A component works, or cannot be judged, and an operator should do something; the text names it."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one component's check; a warning counts as ok."""

    component: str
    is_ok: bool
    message: CheckText
    is_warning: bool = False

    @property
    def text(self) -> str:
        """The message in English."""
        return str(self.message)

    def __str__(self) -> str:
        state = "BAD" if not self.is_ok else "WARN" if self.is_warning else "ok "
        return f"{state} {self.component}: {self.text}"
