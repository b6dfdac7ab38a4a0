"""The sign-in routes: intranet link, sign-in, third-party initiated login and the callback."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import NoReturn
from uuid import UUID

from flask import Blueprint, flash, g, redirect, request
from werkzeug.wrappers import Response

from portal.domain.errors import SignInRefused, SignInUnavailable
from portal.identity.client import VerifiedSignIn
from portal.identity.http import parse_error_code
from portal.presentation.sign_in_messages import get_group_overage_text
from portal.services import people, sessions
from portal.services.people import NewSession
from portal.web.auth import attempts
from portal.web.auth.attempts import StartedSignIn, get_oidc_client
from portal.web.context import get_context
from portal.web.locales import find_chosen_locale, get_visitor_locale
from portal.web.observability import metrics
from portal.web.security import cookies
from portal.web.security.csrf import FORM_TOKEN
from portal.web.security.safe_redirect import HOME, parse_own_page, parse_page_path
from portal.web.security.sessions import (
    END_SESSION,
    GROUP_OVERAGE,
    create_token,
    get_current_session,
    hash_token,
)

log = logging.getLogger(__name__)

blueprint = Blueprint("auth", __name__)

# Maximum age of the authentication where a page requires a fresh one.
FRESH_SECONDS = 300
# A response this fast was not given by a person at an account chooser.
UNATTENDED = timedelta(seconds=2)
MAX_LOGIN_HINT_CHARS = 320
# Expected outcomes of a silent attempt; other errors are logged.
_INTERACTION_ERRORS = frozenset(
    {"login_required", "interaction_required", "consent_required", "account_selection_required"}
)


@blueprint.get("/start", endpoint="start")
def start_from_link() -> Response:
    """The intranet link: sign in, without a page where that is possible, then redirect to the next page."""
    return_to = parse_page_path(request.args.get("next")) or HOME
    if g.person is not None:
        return redirect(return_to, 303)
    if cookies.has_signed_out():
        return _start_sign_in(return_to=return_to, prompt=_choose_account_prompt())
    return _start_silently(return_to)


@blueprint.get("/login")
def start_login() -> Response:
    """Sign in; ``switch=1`` with another account, ``fresh=1`` authenticated just now, ``confirm=1`` confirms."""
    return_to = parse_page_path(request.args.get("next")) or HOME
    if request.args.get("switch") == "1":
        return _switch_account(return_to)
    if request.args.get("fresh") == "1":
        return _start_sign_in(return_to=return_to, max_age=FRESH_SECONDS)
    row = get_current_session().row
    if g.person is not None and row is not None:
        if request.args.get("confirm") != "1":
            return redirect(return_to, 303)
        # login_hint: a person with several accounts at the provider is not shown the account chooser.
        hints: dict[str, str] = {"login_hint": g.person.email}
        id_token = attempts.find_id_token(row)
        if id_token is not None and len(id_token) <= attempts.MAX_HINT_CHARS:
            hints["id_token_hint"] = id_token
        return _start_silently(return_to, confirms=row.public_id, parameters=hints)
    if cookies.has_signed_out():
        return _start_sign_in(return_to=return_to, prompt=_choose_account_prompt())
    return _start_sign_in(return_to=return_to)


@blueprint.route("/login/initiate", methods=["GET", "POST"])
def start_initiated_login() -> Response:
    """Third-party initiated login (OpenID Connect Core 4): the identity provider's own page starts a sign-in."""
    settings = get_context().settings
    if request.values.get("iss") != settings.oidc_issuer:
        _refuse(SignInRefused("initiated_by_stranger"))
    hint = request.values.get("login_hint", "")
    extra = {"login_hint": hint} if hint.isprintable() and 0 < len(hint) <= MAX_LOGIN_HINT_CHARS else {}
    prompt = _choose_account_prompt() if cookies.has_signed_out() else None
    return_to = parse_own_page(request.values.get("target_link_uri"), settings.public_url) or HOME
    return _start_sign_in(return_to=return_to, prompt=prompt, parameters=extra)


@blueprint.get("/login/callback")
def complete_login() -> Response:
    """The redirect URI: exchange the code and sign in, or show why the sign-in was refused."""
    try:
        started = attempts.resolve_attempt(request.args.get("state", ""))
        if started.confirms is not None and sessions.is_confirmed_since(started.confirms, started.started_at):
            # Another tab's confirmation was faster; a second new token would invalidate its token.
            return redirect(parse_page_path(started.return_to) or HOME, 303)
        return _complete_attempt(started)
    except (SignInRefused, SignInUnavailable) as error:
        if error.reason == "state_unknown" and g.person is not None:
            # The back button after a sign-in: the session continues.
            people.record_refusal(error.reason, now=get_context().clock())
            return redirect(HOME, 303)
        _refuse(error)


@blueprint.after_request
def set_refused_account(response: Response) -> Response:
    """Set the cookie ACCOUNT on the error page of a refused account."""
    account = g.get("refused_account")
    if account is not None:
        cookies.set_short_cookie(response, cookies.ACCOUNT, account)
    return response


def _complete_attempt(started: StartedSignIn) -> Response:
    try:
        verified = get_oidc_client().exchange_code(
            _parse_code(), verifier=started.verifier, nonce=started.nonce, max_age=started.max_age
        )
    except SignInRefused as error:
        if started.prompt == "select_account" and error.provider_error == "invalid_request":
            # Every provider supports "login"; one that lists no prompts may lack "select_account" and refuse it.
            log.info("sign_in.select_account_unsupported")
            return attempts.start_sign_in(return_to=started.return_to, prompt="login")
        if not started.silent:
            raise
        if error.provider_error not in _INTERACTION_ERRORS:
            log.warning("sign_in.silent_failed", extra={"reason": error.reason, "error": error.provider_error})
        return attempts.start_sign_in(return_to=started.return_to, max_age=started.max_age, confirms=started.confirms)
    account = attempts.hash_account(verified.identity.issuer, verified.identity.subject)
    if _needs_login_prompt(started, account):
        return attempts.start_sign_in(return_to=started.return_to, prompt="login")
    try:
        response = _sign_in(verified, started)
    except SignInRefused:
        # "Use another account" on the error page must not end with this account again.
        g.refused_account = account
        raise
    for name in (cookies.SIGNED_OUT, cookies.ACCOUNT, cookies.SILENT):
        cookies.delete_short_cookie(response, name)
    return response


def _needs_login_prompt(started: StartedSignIn, account: str) -> bool:
    """Return whether the provider ignored ``select_account``: the same account came back, or came back at once."""
    if started.prompt != "select_account":
        return False
    if account == cookies.get_short_cookie(cookies.ACCOUNT):
        return True
    is_unattended = get_context().clock() - started.started_at < UNATTENDED
    return is_unattended and account == cookies.get_short_cookie(cookies.SIGNED_OUT)


def _switch_account(return_to: str) -> Response:
    response = _start_sign_in(return_to=return_to, prompt=_choose_account_prompt())
    if g.person is not None:
        account = attempts.hash_account(g.person.issuer, g.person.subject)
        cookies.set_short_cookie(response, cookies.ACCOUNT, account)
    return response


def _start_silently(
    return_to: str, *, confirms: UUID | None = None, parameters: Mapping[str, str] | None = None
) -> Response:
    """Start without a page, unless that is switched off or the last silent attempt did not succeed."""
    is_silent = get_context().settings.oidc_silent and cookies.get_short_cookie(cookies.SILENT) is None
    response = _start_sign_in(
        return_to=return_to, prompt="none" if is_silent else None, confirms=confirms, parameters=parameters
    )
    if is_silent:
        cookies.set_short_cookie(response, cookies.SILENT, "1")
    return response


def _start_sign_in(
    *,
    return_to: str,
    prompt: str | None = None,
    max_age: int | None = None,
    confirms: UUID | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Response:
    try:
        return attempts.start_sign_in(
            return_to=return_to, prompt=prompt, max_age=max_age, confirms=confirms, parameters=parameters
        )
    except (SignInRefused, SignInUnavailable) as error:
        _refuse(error)


def _choose_account_prompt() -> str:
    try:
        return get_oidc_client().get_metadata().choose_account_prompt()
    except (SignInRefused, SignInUnavailable) as error:
        _refuse(error)


def _parse_code() -> str:
    """Return the code of the authorization response after checking that it is complete and from the right issuer."""
    if any(len(request.args.getlist(name)) > 1 for name in ("code", "error", "iss", "state")):
        raise SignInRefused("answer_ambiguous")
    metadata = get_oidc_client().get_metadata()
    issuer = request.args.get("iss")
    if issuer is None and metadata.sends_issuer:
        raise SignInRefused("answer_without_issuer")
    if issuer is not None and issuer != metadata.issuer:
        raise SignInRefused("answer_from_other_issuer")
    code, error = request.args.get("code"), request.args.get("error")
    if code and error:
        raise SignInRefused("answer_ambiguous")
    if error:
        reason = "cancelled" if error == "access_denied" else "provider_refused"
        raise SignInRefused(reason, provider_error=parse_error_code(error))
    if not code:
        raise SignInRefused("code_missing")
    return code


def _sign_in(verified: VerifiedSignIn, started: StartedSignIn) -> Response:
    portal = get_context()
    current = get_current_session()
    token = create_token()
    end_session = get_oidc_client().get_metadata().end_session_endpoint
    # The form token exists from the start: two tabs opened at once would otherwise each create one.
    data = {FORM_TOKEN: secrets.token_hex(20)} | ({END_SESSION: end_session} if end_session else {})
    person = people.sign_in(
        verified.identity,
        NewSession(
            token_hash=hash_token(token),
            replaces=hash_token(current.token) if current.token else None,
            id_token=portal.secretbox.seal(verified.id_token),
            user_agent=request.user_agent.string[:300] or None,
            data=data,
            join_code=_find_join_code(started.return_to),
            confirms=started.confirms,
        ),
        settings=portal.settings,
        locale=get_visitor_locale(verified.identity.locale),
        chosen_locale=find_chosen_locale(),
        now=portal.clock(),
    )
    current.rotate(token)
    g.person = person
    metrics.SIGN_INS.labels(result="ok").inc()
    if portal.settings.has_group_bindings:
        _store_group_overage(has_all_groups=verified.identity.has_all_groups)
    return redirect(parse_page_path(started.return_to) or HOME, 303)


def _find_join_code(return_to: str | None) -> str | None:
    """Return the code of a campaign's open link that the sign-in leads back to."""
    match = re.fullmatch(r"/join/([A-Za-z0-9_-]+)", return_to or "")
    return match[1] if match else None


def _store_group_overage(*, has_all_groups: bool) -> None:
    current = get_current_session()
    if not has_all_groups:
        log.warning("sign_in.groups_incomplete")
        current[GROUP_OVERAGE] = True
        flash(get_group_overage_text(), "warn")
    elif GROUP_OVERAGE in current:
        del current[GROUP_OVERAGE]


def _refuse(error: SignInRefused | SignInUnavailable) -> NoReturn:
    metrics.SIGN_INS.labels(result=error.reason).inc()
    log.warning(
        "sign_in.refused",
        extra={"reason": error.reason, "error": error.provider_error, "provider_status": error.provider_status},
    )
    person_id = error.person_id if isinstance(error, SignInRefused) else None
    people.record_refusal(error.reason, now=get_context().clock(), person_id=person_id)
    raise error
