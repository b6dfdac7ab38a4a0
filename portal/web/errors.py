"""Whatever goes wrong, answered in one place: a page (or JSON) with a sentence, a next step and a request id."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from markupsafe import escape
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from portal.db import release
from portal.domain.errors import NotFound, PortalError, SignInRefused, TooMany, Unavailable
from portal.provider.errors import ProviderError
from portal.storage import ObjectMissing, StorageError
from portal.web import locales
from portal.web.auth.refusal_messages import build_sign_in_message
from portal.web.error_messages import Words, words_for
from portal.web.observability.request_id import get_request_id
from portal.web.security.access import find_rule
from portal.web.security.headers import get_csp_nonce
from portal.web.security.sessions import get_current_session

log = logging.getLogger(__name__)

_RETRY_SECONDS = 10
_SERVER_FAULT = 500


def init_app(app: Flask) -> None:
    """Answer every error of the app here."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _any_error)


def _portal_error(error: PortalError) -> AnyResponse:
    retry_after = error.retry_after if isinstance(error, TooMany) else None
    if isinstance(error, Unavailable):
        retry_after = _RETRY_SECONDS
    is_sign_in = isinstance(error, SignInRefused)
    words = build_sign_in_message(error.reason) if is_sign_in else words_for(error.reason, error.status)
    return _answer(error.status, words, error.reason, retry_after=retry_after)


def _http_error(error: HTTPException) -> AnyResponse:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        # Something failed after the page was made, when the session was written.
        return _any_error(error.original_exception)
    status = error.code or _SERVER_FAULT
    if error.response is not None or status < 400:  # noqa: PLR2004 - a redirect, or an answer made already
        return error.get_response()
    reason = type(error).__name__.casefold()
    answer = _answer(status, words_for(reason, status), reason)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            answer.headers[name] = value
    return answer


def _any_error(error: BaseException) -> AnyResponse:
    if isinstance(error, DBAPIError | PoolTimeout) and _is_down(error):
        log.error("database.unavailable", extra={"error": type(error).__name__})
        # No part of the answer may ask the database again.
        release()
        get_current_session().detach()
        g.person = None
        return _portal_error(Unavailable())
    if isinstance(error, ObjectMissing):
        log.error("storage.object_missing")
        return _portal_error(NotFound())
    if isinstance(error, ProviderError | StorageError):
        log.warning("request.dependency_failed", exc_info=error)
        return _portal_error(Unavailable())
    log.error("request.failed", exc_info=error)
    return _answer(_SERVER_FAULT, words_for("unexpected", _SERVER_FAULT), "unexpected")


def _is_down(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout | OperationalError | InterfaceError):
        return True
    return error.connection_invalidated


def _answer(status: int, words: Words, reason: str, *, retry_after: int | None = None) -> AnyResponse:
    response = _json(words, reason) if _wants_json() else _page(words)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _wants_json() -> bool:
    rule = find_rule(request.endpoint)
    if rule is not None and rule.json_errors:
        return True
    return request.accept_mimetypes.best == "application/json"


def _json(words: Words, reason: str) -> Response:
    return jsonify(error=reason, message=f"{words.title}. {words.sentence}", request_id=get_request_id())


def _page(words: Words) -> Response:
    shown: dict[str, Any] = {"words": words, "request_id": get_request_id()}
    # Without a router (a foreign Host header) no address can be built, so no template either.
    if request_ctx.url_adapter is None:
        return _bare_page(words)
    try:
        return make_response(render_template("error.html", **shown))
    except Exception:
        # An error page that fails would hide the first error behind a second one.
        log.exception("request.error_page_failed")
        return _bare_page(words)


def _bare_page(words: Words) -> Response:
    title, sentence, number = escape(words.title), escape(words.sentence), escape(get_request_id())
    link = f'<p><a href="{escape(words.target)}">{escape(words.step)}</a></p>' if words.step else ""
    return Response(
        f"<!doctype html><html lang={locales.page_locale()}><meta charset=utf-8><title>{title}</title>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<style nonce={get_csp_nonce()}>body{{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;"
        "padding:0 1rem}</style>"
        f"<h1>{title}</h1><p>{sentence}</p>{link}<p><small>{number}</small></p></html>",
        content_type="text/html; charset=utf-8",
    )
