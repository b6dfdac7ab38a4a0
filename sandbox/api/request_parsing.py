"""Reading what callers send: bodies, fields, pages; refuses with the API's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import request

from sandbox.errors import ApiError, invalid_request, not_found
from sandbox.store import teams
from sandbox.store.database import Connection

DEFAULT_LIMIT = 50
MOST = 200
LONGEST_EMAIL = 254
LARGEST_OFFSET = 2**53
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(\.[^@\s.\x00-\x1f]+)+")
_INTEGER = re.compile(r"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list was asked for."""

    limit: int
    offset: int

    def described(self, total: int) -> dict[str, Any]:
        """Return the `pagination` object."""
        more = self.offset + self.limit < total
        return {"total": total, "limit": self.limit, "offset": self.offset, "hasMore": more}


def page() -> Page:
    """Read `limit` (default 50, cut to 200) and `offset`."""
    limit, offset = _integer("limit", DEFAULT_LIMIT), _integer("offset", 0)
    if limit < 1:
        raise invalid_request("limit must be 1 or more")
    if not 0 <= offset <= LARGEST_OFFSET:
        raise invalid_request("offset must be 0 or more")
    return Page(min(limit, MOST), offset)


def choice(name: str, allowed: Collection[str], default: str | None = None) -> str | None:
    """Read a query value that must be one of a few."""
    value = request.args.get(name)
    if value is None:
        return default
    if value not in allowed:
        raise invalid_request(f"{name} must be one of: {', '.join(sorted(allowed))}")
    return value


def include_all() -> bool:
    """Read `include`: True for all, False for main."""
    return choice("include", ("main", "all"), "main") == "all"


def body() -> dict[str, Any]:
    """Return the request body, which must be a JSON object."""
    told = request.get_json(force=True, silent=True)
    if not isinstance(told, dict):
        raise invalid_request("The body must be a JSON object")
    try:
        json.dumps(told, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:  # half a surrogate pair, which JSON can spell and UTF-8 cannot
        raise invalid_request("The body holds text that is no Unicode") from exc
    return told


def optional_body() -> dict[str, Any]:
    """Return the request body, {} when there is none."""
    return body() if request.get_data() else {}


def text(told: dict[str, Any], name: str) -> str:
    """Return a required text field, trimmed."""
    value = told.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid_request(f"{name} is required")
    return value.strip()


def email(told: dict[str, Any]) -> str:
    """Return the required `email`."""
    value = text(told, "email")
    if len(value) > LONGEST_EMAIL or not _EMAIL.fullmatch(value):
        raise ApiError(400, "INVALID_EMAIL", "Invalid email address")
    return value


def flag(told: dict[str, Any], name: str) -> bool:
    """Return an optional boolean, False when absent."""
    value = told.get(name, False)
    if not isinstance(value, bool):
        raise invalid_request(f"{name} must be a boolean")
    return value


def team(db: Connection, told: dict[str, Any]) -> str | None:
    """Return the optional `teamId`, which must exist."""
    value = told.get("teamId")
    if value is None:
        return None
    if not isinstance(value, str):
        raise invalid_request("teamId must be a string")
    if not teams.exists(db, value):
        raise not_found("Team")
    return value


def _integer(name: str, default: int) -> int:
    value = request.args.get(name)
    if value is None:
        return default
    if not _INTEGER.fullmatch(value):
        raise invalid_request(f"{name} must be an integer")
    return int(value)
