"""Who may call: bearer keys and the request budget, checked before every API view."""

from __future__ import annotations

from flask import Blueprint, g, request

from sandbox.core import Sandbox
from sandbox.errors import ApiError
from sandbox.store import keys


def guard(blueprint: Blueprint, sandbox: Sandbox) -> None:
    """Let nothing of this blueprint run without a valid key and a free place in the window."""

    @blueprint.before_request
    def check() -> None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        with sandbox.read() as db:
            known = scheme.lower() == "bearer" and bool(key.strip()) and keys.is_valid(db, key.strip())
        if not known:
            raise ApiError(401, "UNAUTHORIZED", "Invalid API key")
        switches = sandbox.switches
        now = sandbox.clock.wall()
        g.window = sandbox.limiter.take(now, switches.rate_limit, switches.rate_window_seconds)
        if not g.window.allowed:
            raise ApiError(429, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded")
