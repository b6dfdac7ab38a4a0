"""The portal's first-party cookies: their names, and those of a sign-in; docs/privacy/cookies.md lists each."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from werkzeug.wrappers import Response

from portal.services.people import ATTEMPT_LIFETIME
from portal.web.context import get_context

SESSION = "session"
"""The session: a random id."""
LANGUAGE = "language"
"""The language chosen before the sign-in."""
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

LIFETIMES = {
    BROWSER: ATTEMPT_LIFETIME,
    SILENT: ATTEMPT_LIFETIME,
    LOGOUT_STATE: ATTEMPT_LIFETIME,
    ACCOUNT: ATTEMPT_LIFETIME,
    SIGNED_OUT: timedelta(days=30),
    LANGUAGE: timedelta(days=365),
}
"""How long browsers keep each cookie; the session's ends with the browser, its row earlier."""


def build_cookie_name(name: str, *, is_secure: bool) -> str:
    """Return a cookie's full name; browsers accept ``__Host-`` over HTTPS and from this host alone."""
    if not is_secure:
        return f"portal_{name}"
    return "__Host-portal" if name == SESSION else f"__Host-portal-{name}"


def set_short_cookie(response: Response, name: str, value: str) -> None:
    """Set a cookie for the duration of a sign-in, SIGNED_OUT for 30 days."""
    response.set_cookie(
        _build_name(name),
        value,
        max_age=int(LIFETIMES[name].total_seconds()),
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
    return build_cookie_name(name, is_secure=get_context().settings.is_secure)
