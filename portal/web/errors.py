"""Error responses of the whole app: a page (or JSON) with one sentence, a next step and the request id."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask.globals import request_ctx
from markupsafe import escape
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from portal.db import release_connection
from portal.domain.errors import NotFound, PortalError, SignInRefused, TooMany, Unavailable
from portal.presentation.error_messages import ErrorContext, ErrorMessage, get_error_message
from portal.presentation.sign_in_messages import get_sign_in_message
from portal.provider.errors import ProviderError
from portal.storage import ObjectMissing, StorageError
from portal.web import locales
from portal.web.context import get_context
from portal.web.observability.request_id import get_request_id
from portal.web.security.access import find_rule
from portal.web.security.headers import get_csp_nonce
from portal.web.security.safe_redirect import HOME, parse_own_page, parse_page_path
from portal.web.security.sessions import GROUP_OVERAGE, get_current_session

log = logging.getLogger(__name__)

_RETRY_SECONDS = 10
_SERVER_FAULT = 500


def init_app(app: Flask) -> None:
    """Register the error handlers of the app."""
    app.register_error_handler(PortalError, _portal_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _any_error)


def _portal_error(error: PortalError) -> AnyResponse:
    retry_after = error.retry_after if isinstance(error, TooMany) else None
    if isinstance(error, Unavailable):
        retry_after = _RETRY_SECONDS
    is_sign_in = isinstance(error, SignInRefused)
    context = _build_context()
    message = (
        get_sign_in_message(error.reason, context)
        if is_sign_in
        else get_error_message(error.reason, error.status, context)
    )
    return _respond(error.status, message, error.reason, retry_after=retry_after)


def _http_error(error: HTTPException) -> AnyResponse:
    if isinstance(error, InternalServerError) and error.original_exception is not None:
        # Raised after the view returned, while the session was being saved.
        return _any_error(error.original_exception)
    status = error.code or _SERVER_FAULT
    if error.response is not None or status < 400:  # noqa: PLR2004 - a redirect, or an response made already
        return error.get_response()
    reason = type(error).__name__.casefold()
    response = _respond(status, get_error_message(reason, status, _build_context()), reason)
    for name, value in error.get_headers():
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _any_error(error: BaseException) -> AnyResponse:
    if isinstance(error, DBAPIError | PoolTimeout) and _is_down(error):
        log.error("database.unavailable", extra={"error": type(error).__name__})
        # No part of the response may query the database again.
        release_connection()
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
    return _respond(_SERVER_FAULT, get_error_message("unexpected", _SERVER_FAULT, _build_context()), "unexpected")


def _build_context() -> ErrorContext:
    settings = get_context().settings
    requested = parse_page_path(g.get("return_to"))
    previous = parse_own_page(request.referrer, settings.public_url) or HOME
    return ErrorContext(
        is_signed_in=g.get("person") is not None,
        has_group_overage=g.get("person") is not None and GROUP_OVERAGE in get_current_session(),
        is_known_form=request.method == "POST" and request.endpoint is not None,
        public_url=settings.public_url,
        max_megabytes=_get_max_megabytes(),
        previous_page=previous,
        sign_in=_sign_in_path(requested),
        switch_account=_sign_in_path(requested, switch="1"),
        sign_in_again="/login?" + urlencode({"next": previous}),
        confirm_sign_in="/login?" + urlencode({"confirm": "1", "next": previous}),
    )


def _get_max_megabytes() -> int:
    """Return the size limit of the request; the limits of uploads leave a megabyte for the form around the file."""
    return max((request.max_content_length or 0) // 1_000_000 - 1, 1)


def _sign_in_path(requested: str | None, **options: str) -> str:
    query = urlencode(options | ({"next": requested} if requested not in {None, HOME} else {}))
    return f"/login?{query}" if query else "/login"


def _is_down(error: DBAPIError | PoolTimeout) -> bool:
    if isinstance(error, PoolTimeout | OperationalError | InterfaceError):
        return True
    return error.connection_invalidated


def _respond(status: int, message: ErrorMessage, reason: str, *, retry_after: int | None = None) -> AnyResponse:
    response = _json(message, reason) if _is_json_requested() else _page(message)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def _is_json_requested() -> bool:
    rule = find_rule(request.endpoint)
    if rule is not None and rule.json_errors:
        return True
    return request.accept_mimetypes.best == "application/json"


def _json(message: ErrorMessage, reason: str) -> Response:
    return jsonify(error=reason, message=f"{message.title}. {message.sentence}", request_id=get_request_id())


def _page(message: ErrorMessage) -> Response:
    shown: dict[str, Any] = {"message": message, "request_id": get_request_id()}
    # Without a URL adapter (a foreign Host header) url_for fails, so no template can be rendered.
    if request_ctx.url_adapter is None:
        return _bare_page(message)
    try:
        return make_response(render_template("error.html", **shown))
    except Exception:
        # A failing error page must not hide the first error behind a second one.
        log.exception("request.error_page_failed")
        return _bare_page(message)


def _bare_page(message: ErrorMessage) -> Response:
    title, sentence, number = escape(message.title), escape(message.sentence), escape(get_request_id())
    link = f'<p><a href="{escape(message.target)}">{escape(message.step)}</a></p>' if message.step else ""
    return Response(
        f"<!doctype html><html lang={locales.get_page_locale()}><meta charset=utf-8><title>{title}</title>"
        "<meta name=viewport content='width=device-width,initial-scale=1'>"
        f"<style nonce={get_csp_nonce()}>body{{font:17px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;"
        "padding:0 1rem}</style>"
        f"<h1>{title}</h1><p>{sentence}</p>{link}<p><small>{number}</small></p></html>",
        content_type="text/html; charset=utf-8",
    )
