"""Signing out: by the person, here and then at the identity provider, or by the provider's own order."""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import urlencode, urlsplit

from flask import g, jsonify, redirect, request
from werkzeug.wrappers import Response

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.domain.secretbox import DecryptionFailed
from portal.models.sessions import Session
from portal.services import people, sessions
from portal.web.auth import attempts
from portal.web.auth.attempts import get_oidc_client
from portal.web.auth.routes import blueprint
from portal.web.context import portal_context
from portal.web.security.access import get_current_person
from portal.web.security.sessions import END_SESSION, get_current_session

# The routes below join those of signing in; importing this module is what adds them.
__all__ = ["blueprint"]

STATE = "signout"
# A hint longer than this makes an address that servers on the way refuse; the hint is a courtesy.
_LONGEST_HINT = 4096


@blueprint.post("/logout")
def logout() -> Response:
    """End the session here first, then, if the identity provider has a page for it, there."""
    here = get_current_session()
    row = here.row
    ends_at = here.get(END_SESSION)
    assert row is not None  # noqa: S101 - the access list lets only signed-in people come here
    sessions.sign_out(get_current_person(), row.token_hash, now=portal_context().clock())
    here.clear_session()
    g.person = None
    state = secrets.token_urlsafe(16)
    response = redirect(_build_end_session_url(row, ends_at, state) if ends_at else "/", 303)
    # Not "cookies": that would empty the whole company domain's, the intranet's own sign-in included.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    attempts.set_short_cookie(response, STATE, state)
    # Whoever signs out and comes back wants to be asked, not to be signed in silently.
    attempts.set_short_cookie(response, attempts.SILENT_TRIED, "1")
    return response


@blueprint.before_app_request
def handle_logout_return() -> Response | None:
    """Clean the address of somebody whom the identity provider sends back after signing out."""
    if request.endpoint != "pages.show_landing" or "state" not in request.args:
        return None
    sent = attempts.get_short_cookie(STATE) or ""
    if not sent or not hmac.compare_digest(sent.encode(), request.args["state"].encode()):
        people.audit_refusal("state_unknown", now=portal_context().clock(), action="sign_out.return")
    return redirect("/", 303)


@blueprint.post("/login/backchannel-logout")
def backchannel_logout() -> tuple[Response, int]:
    """Carry out an order of the identity provider to end somebody's sessions."""
    portal = portal_context()
    try:
        claims = get_oidc_client().verify_logout_token(request.form.get("logout_token"))
        sessions.apply_logout_token(
            claims["iss"],
            claims["jti"],
            subject=claims.get("sub"),
            sid=claims.get("sid"),
            now=portal.clock(),
        )
    except SignInRefused as error:
        people.audit_refusal(error.reason, now=portal.clock(), action="sign_out.ordered")
        return jsonify(error="invalid_request", error_description=error.reason), 400
    except SignInUnavailable:
        return jsonify(error="temporarily_unavailable"), 503
    return jsonify(), 200


def _build_end_session_url(row: Session, ends_at: str, state: str) -> str:
    portal = portal_context()
    asked = {
        "client_id": portal.settings.oidc_client_id,
        "post_logout_redirect_uri": f"{portal.settings.public_url}/",
        "state": state,
    }
    hint = _read_id_token(row)
    if hint is not None:
        asked["id_token_hint"] = hint
    return f"{ends_at}{'&' if urlsplit(ends_at).query else '?'}{urlencode(asked)}"


def _read_id_token(row: Session) -> str | None:
    if row.id_token is None:
        return None
    try:
        hint = portal_context().secretbox.open(row.id_token)
    except DecryptionFailed:
        return None
    return hint if len(hint) <= _LONGEST_HINT else None
