"""The sign-out routes: by the person, locally and then at the identity provider, and back-channel logout."""

from __future__ import annotations

import hmac
import logging
import secrets
from urllib.parse import urlencode, urlsplit

from flask import g, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.services import people, sessions
from portal.web.auth import attempts
from portal.web.auth.attempts import get_oidc_client
from portal.web.auth.routes import blueprint
from portal.web.context import get_context
from portal.web.security import cookies
from portal.web.security.access import get_current_person
from portal.web.security.safe_redirect import HOME, parse_page_path
from portal.web.security.sessions import END_SESSION, get_current_session

# Importing this module adds the routes below to the blueprint of the sign-in routes.
__all__ = ["blueprint"]

log = logging.getLogger(__name__)


@blueprint.post("/logout")
def end_session() -> Response:
    """End the session, then show a page that continues to the identity provider's sign-out, if it has one.

    The page navigates there itself. A redirect would still count as the form's, and the CSP directive form-action
    blocks one that leads on to a host the policy does not name.
    """
    person = get_current_person()
    session = get_current_session()
    row, endpoint = session.row, session.get(END_SESSION)
    assert row is not None  # noqa: S101 - the access list requires a session
    id_token = attempts.find_id_token(row)
    sessions.sign_out(person, row.token_hash, now=get_context().clock())
    session.clear_session()
    g.person = None
    state = secrets.token_urlsafe(16)
    response = _render_end_session(endpoint, id_token, state) if endpoint else redirect("/signed-out", 303)
    # Not "cookies": that would delete the cookies of the whole registrable domain.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    cookies.set_short_cookie(response, cookies.LOGOUT_STATE, state)
    cookies.set_short_cookie(response, cookies.SIGNED_OUT, attempts.hash_account(person.issuer, person.subject))
    return response


@blueprint.get("/signed-out")
def show_signed_out() -> Response:
    """Show that this browser is signed out; only a press of the button signs in again."""
    return_to = parse_page_path(request.args.get("next")) or HOME
    if g.person is not None:
        return redirect(return_to, 303)
    login = "/login?" + urlencode({"next": return_to})
    return make_response(render_template("auth/signed_out.html", login=login, has_signed_out=cookies.has_signed_out()))


@blueprint.before_app_request
def handle_logout_return() -> Response | None:
    """Redirect from the post-logout redirect URI, the landing page with ``state``, to the signed-out page."""
    if request.endpoint != "pages.show_landing" or "state" not in request.args:
        return None
    sent = cookies.get_short_cookie(cookies.LOGOUT_STATE) or ""
    if not sent or not hmac.compare_digest(sent.encode(), request.args["state"].encode("utf-8", "surrogatepass")):
        log.warning("sign_out.state_mismatch")
        people.record_refusal("state_unknown", now=get_context().clock(), action="sign_out.return")
        return redirect("/", 303)
    return redirect(url_for("auth.show_signed_out"), 303)


@blueprint.post("/login/backchannel-logout")
def end_sessions_by_provider() -> tuple[Response, int]:
    """Back-channel logout: end the sessions that a logout token of the identity provider names."""
    portal = get_context()
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
        log.warning("sign_out.token_refused", extra={"reason": error.reason})
        people.record_refusal(error.reason, now=portal.clock(), action="sign_out.ordered")
        return jsonify(error="invalid_request", error_description=error.reason), 400
    except SignInUnavailable:
        return jsonify(error="temporarily_unavailable"), 503
    return jsonify(), 200


def _render_end_session(endpoint: str, id_token: str | None, state: str) -> Response:
    """Render the page that continues to the ``end_session_endpoint``, by form if the hint is too long for a URL."""
    portal = get_context()
    fields = {
        "client_id": portal.settings.oidc_client_id,
        "post_logout_redirect_uri": f"{portal.settings.public_url}/",
        "state": state,
    }
    if id_token is not None:
        fields["id_token_hint"] = id_token
    is_form = len(id_token or "") > attempts.MAX_HINT_CHARS
    # The provider may redirect its form to further hosts; this page has no other form.
    g.form_action = f"{_get_origin(endpoint)} https:" if is_form else None
    url = f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(fields)}"
    return make_response(
        render_template("auth/signing_out.html", endpoint=endpoint, fields=fields if is_form else None, url=url)
    )


def _get_origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
