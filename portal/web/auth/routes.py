"""The addresses of signing in: the intranet link, the form-less sign-in, the way back from the provider."""

from __future__ import annotations

import secrets
from typing import Any, NoReturn

from flask import Blueprint, g, redirect, request
from werkzeug.wrappers import Response

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.identity.client import VerifiedSignIn
from portal.services import people, sessions
from portal.services.people import NewSession
from portal.web.auth import attempts
from portal.web.auth.attempts import SILENT_TRIED, StartedSignIn, get_oidc_client
from portal.web.context import portal_context
from portal.web.locales import chosen_locale, visitor_locale
from portal.web.observability import metrics
from portal.web.security.csrf import FORM_TOKEN
from portal.web.security.safe_redirect import HOME, parse_own_page, parse_page_path
from portal.web.security.sessions import END_SESSION, create_token, get_current_session, hash_token

blueprint = Blueprint("auth", __name__)

# How recent a proof has to be when a page asks for a fresh one.
_FRESH_SECONDS = 300
_INTERACTION_ERRORS = {
    "login_required",
    "interaction_required",
    "consent_required",
    "account_selection_required",
}
_LONGEST_HINT = 320


@blueprint.get("/start")
def start() -> Response:
    """The intranet link: signs in at once, without a page where that is possible, then goes on."""
    return_to = parse_page_path(request.args.get("next")) or HOME
    if g.person is not None:
        return redirect(return_to, 303)
    # Asked once; if there is nobody to be found silently, the next request may show a page.
    silent = attempts.get_short_cookie(SILENT_TRIED) is None
    response = _start(return_to=return_to, silent=silent)
    attempts.set_short_cookie(response, SILENT_TRIED, "1")
    return response


@blueprint.get("/login")
def login() -> Response:
    """Sign in; ``switch=1`` as somebody else, ``fresh=1`` with a proof made just now, ``confirm=1`` goes on."""
    return_to = parse_page_path(request.args.get("next")) or HOME
    if request.args.get("switch") == "1":
        return _start(return_to=return_to, prompt="select_account")
    if request.args.get("fresh") == "1":
        return _start(return_to=return_to, max_age=_FRESH_SECONDS)
    row = get_current_session().row
    if g.person is not None and row is not None:
        if request.args.get("confirm") != "1":
            return redirect(return_to, 303)
        # Somebody with several accounts there is asked about the one they use here.
        return _start(return_to=return_to, silent=True, confirms=row.public_id, login_hint=g.person.email)
    return _start(return_to=return_to)


@blueprint.route("/login/initiate", methods=["GET", "POST"])
def initiate() -> Response:
    """Begin a sign-in because a page of the identity provider says so; it cannot decide where it ends."""
    settings = portal_context().settings
    if request.values.get("iss") != settings.oidc_issuer:
        _refuse(SignInRefused("initiated_by_stranger"))
    hint = request.values.get("login_hint", "")
    extra = {"login_hint": hint} if hint.isprintable() and 0 < len(hint) <= _LONGEST_HINT else {}
    return_to = parse_own_page(request.values.get("target_link_uri"), settings.public_url) or HOME
    return _start(return_to=return_to, **extra)


@blueprint.get("/login/callback")
def callback() -> Response:
    """Where the identity provider sends people back to, with a proof or a refusal."""
    try:
        begun = attempts.consume_attempt(request.args.get("state", ""))
        if begun.confirms is not None and sessions.is_confirmed_since(begun.confirms, begun.begun_at):
            # Another tab of this browser asked the same and was quicker; a second new token would undo the first.
            return redirect(parse_page_path(begun.return_to) or HOME, 303)
        if begun.silent and request.args.get("error") in _INTERACTION_ERRORS and "code" not in request.args:
            return attempts.start_sign_in(return_to=begun.return_to, max_age=begun.max_age)
        proof = get_oidc_client().exchange_code(
            _read_code(), verifier=begun.verifier, nonce=begun.nonce, max_age=begun.max_age
        )
        return _sign_in(proof, begun)
    except (SignInRefused, SignInUnavailable) as error:
        if error.reason == "state_unknown" and g.person is not None:
            # The back button leads here after a sign-in; who is in stays in, and nothing else happens.
            people.audit_refusal(error.reason, now=portal_context().clock())
            return redirect(HOME, 303)
        _refuse(error)


def _start(**asked: Any) -> Response:
    try:
        return attempts.start_sign_in(**asked)
    except (SignInRefused, SignInUnavailable) as error:
        _refuse(error)


def _read_code() -> str:
    """Return the code of an answer that is whole, unambiguous and from the right provider."""
    if any(len(request.args.getlist(name)) > 1 for name in ("code", "error", "iss", "state")):
        raise SignInRefused("answer_ambiguous")
    metadata = get_oidc_client().get_metadata()
    stated = request.args.get("iss")
    if stated is None and metadata.sends_issuer:
        raise SignInRefused("answer_without_issuer")
    if stated is not None and stated != metadata.issuer:
        raise SignInRefused("answer_from_other_issuer")
    code, error = request.args.get("code"), request.args.get("error")
    if code and error:
        raise SignInRefused("answer_ambiguous")
    if error:
        raise SignInRefused("cancelled" if error == "access_denied" else "provider_refused")
    if not code:
        raise SignInRefused("code_missing")
    return code


def _sign_in(proof: VerifiedSignIn, begun: StartedSignIn) -> Response:
    portal = portal_context()
    old = get_current_session()
    token = create_token()
    ends_at = get_oidc_client().get_metadata().end_session_endpoint
    # The form token is there from the start: two tabs opened at once would otherwise each make one.
    data = {FORM_TOKEN: secrets.token_hex(20)} | ({END_SESSION: ends_at} if ends_at else {})
    person = people.sign_in(
        proof.identity,
        NewSession(
            token_hash=hash_token(token),
            replaces=hash_token(old.token) if old.token else None,
            id_token=portal.secretbox.seal(proof.id_token),
            user_agent=request.user_agent.string[:300] or None,
            data=data,
            confirms=begun.confirms,
        ),
        settings=portal.settings,
        locale=visitor_locale(proof.identity.locale),
        chosen_locale=chosen_locale(),
        now=portal.clock(),
    )
    old.rotate(token)
    g.person = person
    metrics.SIGN_INS.labels(result="ok").inc()
    return redirect(parse_page_path(begun.return_to) or HOME, 303)


def _refuse(error: SignInRefused | SignInUnavailable) -> NoReturn:
    metrics.SIGN_INS.labels(result=error.reason).inc()
    person_id = error.person_id if isinstance(error, SignInRefused) else None
    people.audit_refusal(error.reason, now=portal_context().clock(), person_id=person_id)
    raise error
