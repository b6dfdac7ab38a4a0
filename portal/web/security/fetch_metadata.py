"""Fetch Metadata request headers: whether a request was sent by a page of this origin."""

from __future__ import annotations

from flask import request

# "none" is what browsers send for addresses that were typed in or opened from a bookmark.
_OWN_SITE = frozenset({"same-origin", "none"})


def is_same_origin() -> bool | None:
    """Return whether ``Sec-Fetch-Site`` names this origin; None if the browser does not send the header."""
    site = request.headers.get("Sec-Fetch-Site")
    return None if site is None else site in _OWN_SITE
