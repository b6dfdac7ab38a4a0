"""Planned wrong answers of the API: the faults that are an answer and not a broken connection."""

from __future__ import annotations

from flask import Flask, Response, request

from portal.sandbox.api.answers import failure
from portal.sandbox.errors import ApiError, insufficient_credits
from portal.sandbox.faults import ApiRule
from portal.sandbox.traffic import FAULT_KEY

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

REFUSALS = {
    "rate_limited": ApiError(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded"),
    "invite_limited": ApiError(429, "INVITE_LIMIT_EXCEEDED", "Too many pending invites"),
    "no_credits": insufficient_credits(),
    "server_error": ApiError(500, "INTERNAL_ERROR", "Internal server error"),
    "success_false": ApiError(200, "INVALID_REQUEST", "Something went wrong"),
}


def install(app: Flask) -> None:
    """Answer wrongly where a rule says so, before anything has happened."""

    @app.before_request
    def planned() -> Response | None:
        rule: ApiRule | None = request.environ.get(FAULT_KEY)
        if rule is None:
            return None
        if rule.fault in REFUSALS:
            return failure(REFUSALS[rule.fault])
        if rule.fault == "bad_gateway":
            return Response(PAGE, 502, content_type="text/html")
        if rule.fault == "redirect":
            return Response("", 302, {"Location": rule.location})
        return Response('{"success": true, "mod', 200, content_type="application/json")
