"""The language switch in the footer: kept for the person who is signed in, else for the browser."""

from __future__ import annotations

from typing import Any

from babel import Locale
from flask import Blueprint, abort, current_app, has_request_context, redirect, request
from werkzeug.wrappers import Response

from portal.services import people
from portal.web.context import get_context
from portal.web.locales import LANGUAGE_COOKIE
from portal.web.security.access import get_current_person
from portal.web.security.cookies import LANGUAGE, LIFETIMES
from portal.web.security.safe_redirect import parse_page_path

blueprint = Blueprint("language", __name__)


@blueprint.app_context_processor
def build_language_switch() -> dict[str, Any]:
    """Return what the footer needs: each language by its own name, and the page to return to."""
    if not has_request_context():
        # E-mails are rendered by the worker and have no footer.
        return {}
    names = current_app.extensions["locales"]
    path = request.full_path.rstrip("?") if request.method == "GET" else None
    return {
        "languages": [(name, str(Locale.parse(name).get_display_name(name)).capitalize()) for name in names],
        "language_return": parse_page_path(path) or "/",
    }


@blueprint.get("/language")
def redirect_with_language() -> Response:
    """Store the language in a cookie, for a visitor who is not signed in, and return to the page."""
    return _store_language(
        redirect(parse_page_path(request.args.get("page")) or "/", 303), _parse_language(request.args.get("language"))
    )


@blueprint.post("/language")
def choose_language() -> Response:
    """Store the language for the person, whose mails use it too, and in a cookie for after the sign-out."""
    language = _parse_language(request.form.get("language"))
    people.choose_locale(get_current_person(), language)
    return _store_language(redirect(parse_page_path(request.form.get("page")) or "/", 303), language)


def _parse_language(language: str | None) -> str:
    if language not in current_app.extensions["locales"]:
        abort(400)
    return str(language)


def _store_language(response: Response, language: str) -> Response:
    response.set_cookie(
        current_app.config[LANGUAGE_COOKIE],
        language,
        max_age=LIFETIMES[LANGUAGE],
        secure=get_context().settings.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response
