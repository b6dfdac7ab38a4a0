"""Fault rules that change the response of the API instead of the connection."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, Response, request

from sandbox.api.responses import build_failure
from sandbox.errors import ApiError, InsufficientCreditsError
from sandbox.faults import ApiRule
from sandbox.middleware import FAULT_KEY

DELETE_PROBABILITY = 0.5
WRONG_VALUES: tuple[Any, ...] = (None, 7, "", "x", [], {}, [None], {"a": []}, 1e300, True)
RESPONSE_FAULTS = ("mangled", "unknown_status")
BAD_GATEWAY_HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

ERROR_RESPONSES = {
    "rate_limited": ApiError(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded"),
    "invite_limited": ApiError(429, "INVITE_LIMIT_EXCEEDED", "Too many pending invites"),
    "no_credits": InsufficientCreditsError(),
    "server_error": ApiError(500, "INTERNAL_ERROR", "Internal server error"),
    "success_false": ApiError(200, "INVALID_REQUEST", "Something went wrong"),
}


def register_fault_hooks(app: Flask) -> None:
    """Register the hooks: error responses before the view runs, mangled bodies after it."""

    @app.before_request
    def respond_with_fault() -> Response | None:
        rule: ApiRule | None = request.environ.get(FAULT_KEY)
        if rule is None or rule.fault in RESPONSE_FAULTS:
            return None
        if rule.fault in ERROR_RESPONSES:
            return build_failure(ERROR_RESPONSES[rule.fault])
        if rule.fault == "bad_gateway":
            return Response(BAD_GATEWAY_HTML, 502, content_type="text/html")
        if rule.fault == "redirect":
            return Response("", 302, {"Location": rule.location})
        content_type = "image/jpeg" if request.path.startswith("/photos/") else "application/json"
        return Response('{"success": true, "mod', 200, content_type=content_type)

    @app.after_request
    def change_response(response: Response) -> Response:
        rule: ApiRule | None = request.environ.get(FAULT_KEY)
        if rule is not None and rule.fault in RESPONSE_FAULTS and response.is_json:
            payload = response.get_json()
            if rule.fault == "mangled":
                payload = _mangle(payload, random.Random(f"{rule.seed}:{request.method} {request.path}"))
            else:
                payload = _replace_statuses(payload)
            response.set_data(json.dumps(payload))
        return response


def _mangle(payload: Any, chance: random.Random) -> Any:
    """Delete one random value or replace it with one of a wrong type; the same rule and request, the same value."""
    positions = list(_iterate_values(payload))
    if not positions:
        return payload
    holder, key = chance.choice(positions)
    if isinstance(holder, dict) and chance.random() < DELETE_PROBABILITY:
        del holder[key]
    else:
        holder[key] = chance.choice([wrong for wrong in WRONG_VALUES if wrong != holder[key]])
    return payload


def _replace_statuses(payload: Any) -> Any:
    """Replace every status with an undocumented one."""
    for holder, key in _iterate_values(payload):
        if key in ("status", "modelStatus"):
            holder[key] = "underReview"
    return payload


def _iterate_values(payload: Any) -> Iterator[tuple[Any, Any]]:
    keys: Iterable[Any] = ()
    if isinstance(payload, dict):
        keys = list(payload)
    elif isinstance(payload, list):
        keys = range(len(payload))
    for key in keys:
        yield payload, key
        yield from _iterate_values(payload[key])
