"""Webhooks as shown to operators: structure, ids, statuses and times stay; everything else is replaced."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

HIDDEN = "•••"
# Facts without a person: what they name is an id of the provider, a status or a time.
SHOWN = frozenset(
    {
        "_id",
        "id",
        "modelId",
        "organization",
        "event",
        "objectType",
        "status",
        "previousStatus",
        "likedStatus",
        "isDevelopment",
        "createdAt",
        "updatedAt",
        "finishedAt",
        "deletedAt",
        "inviteExpiresAt",
        "expiresAt",
    }
)
_MAX_TEXT = 200
_MAX_ITEMS = 50
_MAX_DEPTH = 6


def redact_event(body: bytes) -> str | None:
    """Return the body as indented JSON with hidden values; None if it is no JSON object."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    return json.dumps(_redact_object(parsed, _MAX_DEPTH), indent=2, ensure_ascii=False)


def redact_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with the signature cut to its first characters, which identify it and prove nothing."""
    return {
        name: f"{value[:15]}{HIDDEN}" if name.lower().endswith("-signature") else value[:_MAX_TEXT]
        for name, value in headers.items()
    }


def _redact_object(value: dict[str, Any], depth: int) -> dict[str, Any]:
    return {name[:_MAX_TEXT]: _redact(name, each, depth - 1) for name, each in list(value.items())[:_MAX_ITEMS]}


def _redact(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, dict | list) and depth <= 0:
        return HIDDEN
    if isinstance(value, dict):
        return _redact_object(value, depth)
    if isinstance(value, list):
        return [_redact(name, each, depth - 1) for each in value[:_MAX_ITEMS]]
    if value is None or isinstance(value, bool):
        return value
    if name not in SHOWN:
        return HIDDEN
    return value[:_MAX_TEXT] if isinstance(value, str) else value
