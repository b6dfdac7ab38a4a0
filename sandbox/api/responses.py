"""The success and error envelopes and their headers; nothing about what is in them."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, InternalServerError

from sandbox.clock import iso
from sandbox.core import Sandbox
from sandbox.errors import ApiError
from sandbox.rate_limit import Window

WORDS = {
    400: ("INVALID_REQUEST", "Invalid request"),
    404: ("NOT_FOUND", "Not found"),
    405: ("INVALID_REQUEST", "Method not allowed"),
    413: ("INVALID_REQUEST", "Request too large"),
    415: ("INVALID_REQUEST", "Send JSON"),
    500: ("INTERNAL_ERROR", "Internal server error"),
}


def success(sandbox: Sandbox, **named: Any) -> Response:
    """Answer 200 with the named keys, at the top level or inside `data` by the switch."""
    if sandbox.switches.envelope == "data":
        return jsonify({"success": True, "data": named})
    return jsonify({"success": True, **named})


def failure(error: ApiError) -> Response:
    """Answer with the error envelope."""
    response = jsonify({"success": False, "error": error.message, "code": error.code})
    response.status_code = error.status
    return response


def is_api() -> bool:
    """Tell whether the present request is one to the API."""
    return request.path.startswith("/api/")


def add_rate_headers(response: Response, window: Window) -> Response:
    """Set the three rate-limit headers."""
    response.headers["X-RateLimit-Limit"] = str(window.limit)
    response.headers["X-RateLimit-Remaining"] = str(window.remaining)
    response.headers["X-RateLimit-Reset"] = iso(window.reset)
    return response


def install(app: Flask, sandbox: Sandbox) -> None:
    """Give every answer under /api/ the API's error shape and headers."""

    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return failure(error)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response | HTTPException:
        if not is_api():
            return error
        status = error.code or 500
        if isinstance(error, InternalServerError):
            status = 500
        code, words = WORDS.get(status, ("INVALID_REQUEST", error.name))
        answer = failure(ApiError(status, code, words))
        if allowed := getattr(error, "valid_methods", None):
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    @app.after_request
    def headers(response: Response) -> Response:
        if not is_api():
            return response
        switches = sandbox.switches
        now = sandbox.clock.wall()
        window = g.get("window") or sandbox.limiter.peek(now, switches.rate_limit, switches.rate_window_seconds)
        return add_rate_headers(response, window)
