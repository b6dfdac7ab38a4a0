"""API keys and the rate limit, checked before every API view."""

from __future__ import annotations

from flask import Blueprint, g, request

from sandbox.core import Sandbox
from sandbox.errors import ApiError
from sandbox.store import keys


def require_api_key(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Require a valid API key and a request left in the rate window for every view of the blueprint."""

    @blueprint.before_request
    def check_request() -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        with sandbox.read() as db:
            is_known = scheme.lower() == "bearer" and bool(key.strip()) and keys.is_valid_key(db, key.strip())
        if not is_known:
            raise ApiError(401, "UNAUTHORIZED", "Invalid API key")
        switches = sandbox.switches
        now = sandbox.clock.real_now()
        g.window = sandbox.rate_limiter.count_request(now, switches.rate_limit, switches.rate_window_seconds)
        if not g.window.is_allowed:
            raise ApiError(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded")
