"""Reading the control plane's JSON bodies; refuses with plain words."""

from __future__ import annotations

import math
from typing import Any

from flask import request

from sandbox.errors import BadSettingError


def json_body() -> dict[str, Any]:
    """Return the body as an object, {} when there is none."""
    if not request.get_data():
        return {}
    told = request.get_json(force=True, silent=True)
    if not isinstance(told, dict):
        raise BadSettingError("the body must be a JSON object")
    return told


def number(told: dict[str, Any], name: str) -> float:
    """Return a required number."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadSettingError(f"{name} must be a number")
    return value


def optional_text(told: dict[str, Any], name: str) -> str | None:
    """Return a text, None when absent."""
    value = told.get(name)
    if value is not None and not isinstance(value, str):
        raise BadSettingError(f"{name} must be a text")
    return value
