"""Planned wrong answers of the API: the faults that are an answer and not a broken connection."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, Response, request

from sandbox.api.responses import failure
from sandbox.errors import ApiError, insufficient_credits
from sandbox.faults import ApiRule
from sandbox.middleware import FAULT_KEY

HALF = 0.5
WRONG: tuple[Any, ...] = (None, 7, "", "x", [], {}, [None], {"a": []}, 1e300, True)
AFTERWARDS = ("mangled", "unknown_status")
PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

REFUSALS = {
    "rate_limited": ApiError(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded"),
    "invite_limited": ApiError(429, "INVITE_LIMIT_EXCEEDED", "Too many pending invites"),
    "no_credits": insufficient_credits(),
    "server_error": ApiError(500, "INTERNAL_ERROR", "Internal server error"),
    "success_false": ApiError(200, "INVALID_REQUEST", "Something went wrong"),
}


def install(app: Flask) -> None:
    """Answer wrongly where a rule says so: refusals before anything has happened, bent answers after."""

    @app.before_request
    def planned() -> Response | None:
        rule: ApiRule | None = request.environ.get(FAULT_KEY)
        if rule is None or rule.fault in AFTERWARDS:
            return None
        if rule.fault in REFUSALS:
            return failure(REFUSALS[rule.fault])
        if rule.fault == "bad_gateway":
            return Response(PAGE, 502, content_type="text/html")
        if rule.fault == "redirect":
            return Response("", 302, {"Location": rule.location})
        kind = "image/jpeg" if request.path.startswith("/photos/") else "application/json"
        return Response('{"success": true, "mod', 200, content_type=kind)

    @app.after_request
    def bent(response: Response) -> Response:
        rule: ApiRule | None = request.environ.get(FAULT_KEY)
        if rule is not None and rule.fault in AFTERWARDS and response.is_json:
            told = response.get_json()
            bend = _mangled if rule.fault == "mangled" else _with_unknown_status
            response.set_data(json.dumps(bend(told)))
        return response


def _mangled(told: Any) -> Any:
    """Return the answer with one value, somewhere, missing or of a wrong type."""
    places = list(_places(told))
    if not places:
        return told
    holder, key = random.choice(places)
    if isinstance(holder, dict) and random.random() < HALF:
        del holder[key]
    else:
        holder[key] = random.choice([wrong for wrong in WRONG if wrong != holder[key]])
    return told


def _with_unknown_status(told: Any) -> Any:
    """Return the answer with every status one that nobody has heard of."""
    for holder, key in _places(told):
        if key in ("status", "modelStatus"):
            holder[key] = "underReview"
    return told


def _places(told: Any) -> Iterator[tuple[Any, Any]]:
    keys: Iterable[Any] = ()
    if isinstance(told, dict):
        keys = list(told)
    elif isinstance(told, list):
        keys = range(len(told))
    for key in keys:
        yield told, key
        yield from _places(told[key])
