"""Started sign-ins: rows bound to one browser by a cookie, single use."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Response, current_app, g
from werkzeug.wrappers import Response as AnyResponse

from portal.db import transaction
from portal.domain.errors import SignInRefused
from portal.domain.secretbox import DecryptionFailed
from portal.identity.client import AuthorizationRequest, OidcClient
from portal.models import sessions
from portal.models.sessions import Session, SignInAttempt
from portal.services.people import ATTEMPT_LIFETIME, LOGOUT_ORDER_RETENTION
from portal.web.context import get_context
from portal.web.security import cookies

# A longer id_token_hint makes a URL that servers refuse; it is left out of authorization requests.
MAX_HINT_CHARS = 2048
_BROWSER = re.compile(r"[A-Za-z0-9_-]{22}")
_STATE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, kw_only=True)
class StartedSignIn:
    """The values of a started sign-in that its callback needs.

    Attributes:
        confirms: public id of the session to confirm, None to create one.
        prompt: the ``prompt`` that was requested.
    """

    nonce: str
    verifier: str
    return_to: str | None
    silent: bool
    prompt: str | None
    max_age: int | None
    confirms: UUID | None
    started_at: datetime


def get_oidc_client() -> OidcClient:
    """Return this process's OpenID Connect client."""
    found = current_app.extensions["identity_provider"]
    assert isinstance(found, OidcClient)  # noqa: S101 - only portal/app.py writes it
    return found


def start_sign_in(
    *,
    return_to: str | None,
    prompt: str | None = None,
    max_age: int | None = None,
    confirms: UUID | None = None,
    parameters: Mapping[str, str] | None = None,
) -> AnyResponse:
    """Redirect the browser to the identity provider and store what the callback needs.

    Args:
        prompt: ``none`` for a silent attempt, which shows no page.
        confirms: public id of the session that continues under a new token, None to create one.
        max_age: maximum age of the authentication in seconds, None for any age.
        parameters: further parameters of the authorization request, such as ``login_hint``.

    Raises:
        SignInUnavailable: the identity provider does not respond.
    """
    # For the error page: its retry keeps the return path.
    g.return_to = return_to
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    extra = dict(parameters or {}) | ({} if prompt is None else {"prompt": prompt})
    authorization = AuthorizationRequest(state=state, nonce=nonce, verifier=verifier, max_age=max_age, extra=extra)
    # Before the transaction: no connection is held during an outside call.
    address = get_oidc_client().build_authorization_url(authorization)
    browser = _get_browser_id() or secrets.token_urlsafe(16)
    _store_attempt(authorization, browser, return_to=return_to, prompt=prompt, confirms=confirms)
    response = Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    cookies.set_short_cookie(response, cookies.BROWSER, browser)
    return response


def _store_attempt(
    authorization: AuthorizationRequest,
    browser: str,
    *,
    return_to: str | None,
    prompt: str | None,
    confirms: UUID | None,
) -> None:
    """Store a started sign-in, bound to the browser, and delete the expired ones."""
    context = get_context()
    now = context.clock()
    attempt = SignInAttempt(
        state_hash=_hash(authorization.state),
        browser_hash=_hash(browser),
        nonce=authorization.nonce,
        verifier=context.secretbox.seal(authorization.verifier),
        return_to=return_to,
        silent=prompt == "none",
        prompt=prompt,
        max_age=authorization.max_age,
        session_id=confirms,
        created_at=now,
    )
    with transaction() as db_session:
        db_session.add(attempt)
        sessions.delete_expired(now, attempts_before=now - ATTEMPT_LIFETIME, orders_before=now - LOGOUT_ORDER_RETENTION)


def resolve_attempt(state: str) -> StartedSignIn:
    """Delete and return the sign-in that this browser started with this state.

    Raises:
        SignInRefused: this browser started none with it, has finished it, or it has expired.
    """
    browser = _get_browser_id()
    if browser is None or not _STATE.fullmatch(state):
        raise SignInRefused("state_unknown")
    portal = get_context()
    with transaction():
        attempt = sessions.delete_attempt(_hash(state), _hash(browser))
    if attempt is None:
        raise SignInRefused("state_unknown")
    g.return_to = attempt.return_to
    if portal.clock() - attempt.created_at > ATTEMPT_LIFETIME:
        raise SignInRefused("attempt_expired")
    try:
        verifier = portal.secretbox.open(attempt.verifier)
    except DecryptionFailed:
        raise SignInRefused("attempt_expired") from None
    return StartedSignIn(
        nonce=attempt.nonce,
        verifier=verifier,
        return_to=attempt.return_to,
        silent=attempt.silent,
        prompt=attempt.prompt,
        max_age=attempt.max_age,
        confirms=attempt.session_id,
        started_at=attempt.created_at,
    )


def find_id_token(row: Session) -> str | None:
    """Return the ID token of a session, None if there is none or its key is no longer configured."""
    if row.id_token is None:
        return None
    try:
        return get_context().secretbox.open(row.id_token)
    except DecryptionFailed:
        return None


def hash_account(issuer: str, subject: str) -> str:
    """Return the keyed digest of an account for the cookies ACCOUNT and SIGNED_OUT."""
    return get_context().secretbox.pseudonym(f"{issuer}\n{subject}")


def _get_browser_id() -> str | None:
    value = cookies.get_short_cookie(cookies.BROWSER) or ""
    return value if _BROWSER.fullmatch(value) else None


def _hash(value: str) -> bytes:
    return hashlib.sha256(value.encode()).digest()
