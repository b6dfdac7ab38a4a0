"""Turning the pages of lists of people: the address names the last person seen, never their name."""

from __future__ import annotations

from uuid import UUID

from flask import request


def person_after() -> UUID | None:
    """Return the person behind whom the page begins, None for the first page."""
    try:
        return UUID(request.args.get("after", ""))
    except ValueError:
        return None
