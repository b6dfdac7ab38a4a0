"""Parses the JSON bodies of the control plane."""

from __future__ import annotations

import math
from typing import Any

from flask import request

from sandbox.errors import BadSettingError


def parse_body() -> dict[str, Any]:
    """Parse the body as an object. Return {} if it is empty."""
    if not request.get_data():
        return {}
    payload = request.get_json(force=True, silent=True)
    if not isinstance(payload, dict):
        raise BadSettingError("the body must be a JSON object")
    return payload


def parse_number(payload: dict[str, Any], name: str) -> float:
    """Parse a required number."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadSettingError(f"{name} must be a number")
    return value


def parse_optional_text(payload: dict[str, Any], name: str) -> str | None:
    """Parse an optional string."""
    value = payload.get(name)
    if value is not None and not isinstance(value, str):
        raise BadSettingError(f"{name} must be a string")
    return value
