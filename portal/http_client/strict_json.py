"""Strict JSON parsing: one object, unique keys, finite numbers, text that can be stored and sent."""

from __future__ import annotations

import json
from typing import Any, NoReturn


def parse_object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in ``text``.

    Raises:
        ValueError: it is not one, names a key twice, is nested absurdly deep or holds NaN or Infinity.
    """
    try:
        found = json.loads(text, object_pairs_hook=_build_unique, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - callers catch one kind
    return found


def _build_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refuse_constant(_constant: str) -> NoReturn:
    raise ValueError("not a number")
