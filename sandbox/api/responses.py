"""The success and error envelopes of the API and their headers."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError

from sandbox.clock import format_iso
from sandbox.core import Sandbox
from sandbox.errors import ApiError
from sandbox.rate_limit import Window

ERROR_MESSAGES = {
    400: ("INVALID_REQUEST", "Invalid request"),
    404: ("NOT_FOUND", "Not found"),
    405: ("INVALID_REQUEST", "Method not allowed"),
    413: ("INVALID_REQUEST", "Request too large"),
    415: ("INVALID_REQUEST", "Send JSON"),
    500: ("INTERNAL_ERROR", "Internal server error"),
}


def build_success(sandbox: Sandbox, **values: Any) -> Response:
    """Build a 200 response with these keys, at the top level or in `data` depending on the switch."""
    if sandbox.switches.envelope == "data":
        return jsonify({"success": True, "data": values})
    return jsonify({"success": True, **values})


def build_failure(error: ApiError) -> Response:
    """Build a response with the error envelope."""
    response = jsonify({"success": False, "error": error.message, "code": error.code})
    response.status_code = error.status
    return response


def is_api_request() -> bool:
    """Return whether the current request is for the API."""
    return request.path.startswith("/api/")


def add_rate_headers(response: Response, window: Window) -> Response:
    """Set the three rate-limit headers."""
    response.headers["X-RateLimit-Limit"] = str(window.limit)
    response.headers["X-RateLimit-Remaining"] = str(window.remaining)
    response.headers["X-RateLimit-Reset"] = format_iso(window.reset)
    return response


def register_error_handlers(app: Flask, sandbox: Sandbox) -> None:
    """Give every response under /api/ the error format and headers of the API."""

    @app.errorhandler(ApiError)
    def handle_api_error(error: ApiError) -> Response:
        return build_failure(error)

    @app.errorhandler(HTTPException)
    def handle_http_error(error: HTTPException) -> Response | HTTPException:
        if not is_api_request():
            return error
        status = error.code or 500
        if isinstance(error, InternalServerError):
            status = 500
        code, message = ERROR_MESSAGES.get(status, ("INVALID_REQUEST", error.name))
        response = build_failure(ApiError(status, code, message))
        if allowed := getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(allowed))
        return response

    @app.after_request
    def add_headers(response: Response) -> Response:
        if not is_api_request():
            return response
        switches = sandbox.switches
        now = sandbox.clock.real_now()
        window = g.get("window") or sandbox.rate_limiter.get_window(
            now, switches.rate_limit, switches.rate_window_seconds
        )
        return add_rate_headers(response, window)
