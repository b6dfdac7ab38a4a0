"""Sign-ins under way: rows of the database, bound to one browser by one small cookie, each used once."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Response, current_app, g, request
from werkzeug.wrappers import Response as AnyResponse

from portal.db import transaction
from portal.domain.errors import SignInRefused
from portal.domain.secretbox import DecryptionFailed
from portal.identity.client import AuthorizationRequest, OidcClient
from portal.models import sessions
from portal.models.sessions import SignInAttempt
from portal.services.people import ATTEMPT_LIFETIME
from portal.web.context import portal_context

SILENT_TRIED = "silent"
_BROWSER = re.compile(r"[A-Za-z0-9_-]{22}")
_STATE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, kw_only=True)
class StartedSignIn:
    """What a sign-in was begun with and needs again at its end."""

    nonce: str
    verifier: str
    return_to: str | None
    silent: bool
    max_age: int | None
    confirms: UUID | None
    begun_at: datetime


def get_oidc_client() -> OidcClient:
    """Return this process's door to the identity provider."""
    found = current_app.extensions["identity_provider"]
    assert isinstance(found, OidcClient)  # noqa: S101 - only portal/app.py writes it
    return found


def start_sign_in(
    *,
    return_to: str | None,
    silent: bool = False,
    max_age: int | None = None,
    confirms: UUID | None = None,
    **extra: str,
) -> AnyResponse:
    """Send the browser to the identity provider, remembering what must come back.

    Args:
        silent: ask whether the person is signed in there already, without showing them anything.
        confirms: the session that goes on under a fresh token, None to begin another.
        max_age: seconds their last proof may be old, None for any age.
        extra: further parameters of the request.

    Raises:
        SignInUnavailable: the identity provider does not answer.
    """
    # Should this fail, the page that says so leads to another try that ends in the same place.
    g.return_to = return_to
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    if silent:
        extra["prompt"] = "none"
    # First the call, then the row: nothing of the database is held while somebody else thinks.
    address = get_oidc_client().build_authorization_url(
        AuthorizationRequest(state=state, nonce=nonce, verifier=verifier, max_age=max_age, extra=extra)
    )
    browser = _get_browser_id() or secrets.token_urlsafe(16)
    portal = portal_context()
    now = portal.clock()
    with transaction() as unit:
        unit.add(
            SignInAttempt(
                state_hash=_hash(state),
                browser_hash=_hash(browser),
                nonce=nonce,
                verifier=portal.secretbox.seal(verifier),
                return_to=return_to,
                silent=silent,
                max_age=max_age,
                session_id=confirms,
                created_at=now,
            )
        )
        sessions.delete_expired(now, attempts_before=now - ATTEMPT_LIFETIME, orders_before=now - 6 * ATTEMPT_LIFETIME)
    response = Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    set_short_cookie(response, "browser", browser)
    return response


def consume_attempt(state: str) -> StartedSignIn:
    """Take back the sign-in this browser began; it cannot be taken twice.

    Raises:
        SignInRefused: this browser began no such sign-in, has finished it, or took too long.
    """
    browser = _get_browser_id()
    if browser is None or not _STATE.fullmatch(state):
        raise SignInRefused("state_unknown")
    portal = portal_context()
    with transaction():
        taken = sessions.consume_attempt(_hash(state), _hash(browser))
    if taken is None:
        raise SignInRefused("state_unknown")
    g.return_to = taken.return_to
    if _is_expired(taken, portal.clock()):
        raise SignInRefused("attempt_expired")
    try:
        verifier = portal.secretbox.open(taken.verifier)
    except DecryptionFailed:
        raise SignInRefused("attempt_expired") from None
    return StartedSignIn(
        nonce=taken.nonce,
        verifier=verifier,
        return_to=taken.return_to,
        silent=taken.silent,
        max_age=taken.max_age,
        confirms=taken.session_id,
        begun_at=taken.created_at,
    )


def set_short_cookie(response: AnyResponse, name: str, value: str) -> None:
    """Set a cookie that lives as long as a sign-in may take."""
    response.set_cookie(
        _build_cookie_name(name),
        value,
        max_age=int(ATTEMPT_LIFETIME.total_seconds()),
        path="/",
        secure=portal_context().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )


def get_short_cookie(name: str) -> str | None:
    """Return the value of a cookie of :func:`set_short_cookie`."""
    return request.cookies.get(_build_cookie_name(name))


def _build_cookie_name(name: str) -> str:
    return f"__Host-portal-{name}" if portal_context().settings.is_secure else f"portal_{name}"


def _get_browser_id() -> str | None:
    value = get_short_cookie("browser") or ""
    return value if _BROWSER.fullmatch(value) else None


def _is_expired(taken: SignInAttempt, now: datetime) -> bool:
    return now - taken.created_at > ATTEMPT_LIFETIME


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
