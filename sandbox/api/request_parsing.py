"""Parses request bodies, fields and pagination. Raises the API's errors."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from flask import request

from sandbox.errors import ApiError, InvalidRequestError, NotFoundError
from sandbox.store import teams
from sandbox.store.database import Connection

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_EMAIL_LENGTH = 254
MAX_OFFSET = 2**53
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s.\x00-\x1f]+(\.[^@\s.\x00-\x1f]+)+")
_INTEGER = re.compile(r"-?[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Page:
    """The requested page of a list."""

    limit: int
    offset: int

    def serialize_pagination(self, total: int) -> dict[str, Any]:
        """Return the `pagination` object of a response."""
        has_more = self.offset + self.limit < total
        return {"total": total, "limit": self.limit, "offset": self.offset, "hasMore": has_more}


def parse_page() -> Page:
    """Parse `limit` (default 50, capped at 200) and `offset`."""
    limit, offset = _parse_integer("limit", DEFAULT_LIMIT), _parse_integer("offset", 0)
    if limit < 1:
        raise InvalidRequestError("limit must be 1 or more")
    if not 0 <= offset <= MAX_OFFSET:
        raise InvalidRequestError("offset must be 0 or more")
    return Page(min(limit, MAX_LIMIT), offset)


def parse_choice(name: str, allowed: Collection[str], default: str | None = None) -> str | None:
    """Parse a query parameter with a fixed set of values."""
    value = request.args.get(name)
    if value is None:
        return default
    if value not in allowed:
        raise InvalidRequestError(f"{name} must be one of: {', '.join(sorted(allowed))}")
    return value


def parse_include() -> bool:
    """Parse `include`. Return True for all, False for main."""
    return parse_choice("include", ("main", "all"), "main") == "all"


def parse_body() -> dict[str, Any]:
    """Parse the request body, which must be a JSON object."""
    payload = request.get_json(force=True, silent=True)
    if not isinstance(payload, dict):
        raise InvalidRequestError("The body must be a JSON object")
    try:
        json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:  # a lone surrogate, valid in JSON and not in UTF-8
        raise InvalidRequestError("The body contains invalid Unicode") from exc
    return payload


def parse_optional_body() -> dict[str, Any]:
    """Parse the request body. Return {} if it is empty."""
    return parse_body() if request.get_data() else {}


def parse_text(payload: dict[str, Any], name: str) -> str:
    """Parse a required string field, stripped."""
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidRequestError(f"{name} is required")
    return value.strip()


def parse_email(payload: dict[str, Any]) -> str:
    """Parse the required `email`."""
    value = parse_text(payload, "email")
    if len(value) > MAX_EMAIL_LENGTH or not _EMAIL.fullmatch(value):
        raise ApiError(400, "INVALID_EMAIL", "Invalid email address")
    return value


def parse_flag(payload: dict[str, Any], name: str) -> bool:
    """Parse an optional boolean. Return False if absent."""
    value = payload.get(name, False)
    if not isinstance(value, bool):
        raise InvalidRequestError(f"{name} must be a boolean")
    return value


def parse_team_id(db: Connection, payload: dict[str, Any]) -> str | None:
    """Parse the optional `teamId` of an existing team."""
    value = payload.get("teamId")
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequestError("teamId must be a string")
    if not teams.has_team(db, value):
        raise NotFoundError("Team")
    return value


def _parse_integer(name: str, default: int) -> int:
    value = request.args.get(name)
    if value is None:
        return default
    if not _INTEGER.fullmatch(value):
        raise InvalidRequestError(f"{name} must be an integer")
    return int(value)
