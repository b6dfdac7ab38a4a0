"""CSRF protection: refuses forms sent from another site's page; machine endpoints are exempt."""

from __future__ import annotations

import base64
import binascii
import secrets

from flask import Flask, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf, validate_csrf
from wtforms import ValidationError

from portal.web.context import get_context
from portal.web.security.access import find_rule
from portal.web.security.access_rule import Access
from portal.web.security.fetch_metadata import is_same_origin

FORM_TOKEN = "csrf_token"  # noqa: S105 - the name, in forms and in sessions
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def init_app(app: Flask) -> None:
    """Check every request with a method that is not safe."""
    app.config.from_mapping(
        WTF_CSRF_CHECK_DEFAULT=False,  # _check() applies the access list instead.
        WTF_CSRF_TIME_LIMIT=None,  # A form is valid as long as its session.
    )
    CSRFProtect(app)
    app.context_processor(lambda: {"csrf_token": get_masked_token})
    app.before_request(_check)


def get_masked_token() -> str:
    """Return the form token of this response: a random pad and, combined with it, the session's token.

    The length of a compressed body reveals repeated parts (the BREACH attack); a value that differs in every response
    cannot be guessed from it.
    """
    if "masked_csrf_token" not in g:
        token = generate_csrf().encode()
        pad = secrets.token_bytes(len(token))
        combined = bytes(a ^ b for a, b in zip(pad, token, strict=True))
        g.masked_csrf_token = base64.urlsafe_b64encode(pad + combined).decode()
    found: str = g.masked_csrf_token
    return found


def unmask_token(masked: str) -> str:
    """Return the session's token from a form's masked token; an invalid value returns an invalid token, no error."""
    if "." in masked:
        # Created before tokens were masked; masked tokens contain no period.
        return masked
    try:
        raw = base64.b64decode(masked, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return ""
    half = len(raw) // 2
    return bytes(a ^ b for a, b in zip(raw[:half], raw[half:], strict=False)).decode("ascii", "replace")


def _check() -> None:
    rule = find_rule(request.endpoint)
    if request.method in _SAFE_METHODS or rule is None or rule.access is Access.MACHINE:
        return
    if not _is_sent_by_portal():
        raise CSRFError("sent by another site")
    _check_token()
    g.csrf_valid = True  # Flask-WTF's forms then skip their own check.


def _is_sent_by_portal() -> bool:
    same_origin = is_same_origin()
    if same_origin is not None:
        # Fetch Metadata has precedence: a page with a no-referrer policy sends the origin "null".
        return same_origin
    public_url = get_context().settings.public_url
    return request.headers.get("Origin", public_url) == public_url


def _check_token() -> None:
    token = unmask_token(request.form.get(FORM_TOKEN) or request.headers.get("X-CSRFToken") or "")
    refusal = "no token"
    # Forms created before a key rotation stay valid while the old key is listed.
    for key in get_context().settings.secret_keys:
        try:
            validate_csrf(token, secret_key=key)
        except ValidationError as error:
            refusal = str(error)
        else:
            return
    raise CSRFError(refusal)
