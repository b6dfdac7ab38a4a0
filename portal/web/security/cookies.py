"""The portal's small first-party cookies besides the session; each is listed in docs/privacy/cookies.md."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

from portal.services.people import ATTEMPT_LIFETIME
from portal.web.context import get_context

BROWSER = "browser"
"""Random id that binds started sign-ins to this browser."""
SILENT = "silent"
"""A silent sign-in was tried and did not succeed; the next one may show a page."""
LOGOUT_STATE = "signout"
"""``state`` of a sign-out at the identity provider."""
ACCOUNT = "account"
"""Keyed digest of the account that "Use another account" is to replace."""
SIGNED_OUT = "signed-out"
"""The person has signed out; holds a keyed digest of the account. Ends with the next sign-in."""

_LIFETIMES = {SIGNED_OUT: timedelta(days=30)}


def set_short_cookie(response: Response, name: str, value: str) -> None:
    """Set a cookie for the duration of a sign-in, SIGNED_OUT for 30 days."""
    response.set_cookie(
        _build_name(name),
        value,
        max_age=int(_LIFETIMES.get(name, ATTEMPT_LIFETIME).total_seconds()),
        path="/",
        secure=get_context().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )


def get_short_cookie(name: str) -> str | None:
    """Return the value of a cookie of :func:`set_short_cookie`, None if the browser did not send it."""
    return request.cookies.get(_build_name(name))


def delete_short_cookie(response: Response, name: str) -> None:
    """Delete a cookie of :func:`set_short_cookie` if the browser sent it."""
    if get_short_cookie(name) is not None:
        response.delete_cookie(
            _build_name(name), path="/", secure=get_context().settings.is_secure, httponly=True, samesite="Lax"
        )


def has_signed_out() -> bool:
    """Return whether the person signed out in this browser and has not signed in since."""
    return get_short_cookie(SIGNED_OUT) is not None


def _build_name(name: str) -> str:
    return f"__Host-portal-{name}" if get_context().settings.is_secure else f"portal_{name}"
