"""Keyset pagination of lists of people: the address contains the id of the previous page's last person."""

from __future__ import annotations

from uuid import UUID

from flask import request


def parse_after_id() -> UUID | None:
    """Parse the id of the previous page's last person, None for the first page."""
    try:
        return UUID(request.args.get("after", ""))
    except ValueError:
        return None
