"""What the composition root built, for views to find; nothing is built here."""

from __future__ import annotations

from flask import current_app

from portal.services.app_context import AppContext

EXTENSION = "portal"


def get_context() -> AppContext:
    """Return the application context of the running portal."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, AppContext)  # noqa: S101 - only portal/app.py writes it
    return found
