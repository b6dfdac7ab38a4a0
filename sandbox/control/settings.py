"""Reading and changing settings, the account and the clock; no models."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox import account, switches
from sandbox.control.body import json_body, number
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError


def add_routes(control: Blueprint, sandbox: Sandbox) -> None:
    """Add /settings, /key, /webhook_secret, /clock and /reset."""

    @control.get("/settings")
    def get_settings() -> Response:
        return jsonify(current(sandbox))

    @control.put("/settings")
    def put_settings() -> Response:
        account.change(sandbox, json_body())
        return jsonify(current(sandbox))

    @control.post("/key")
    def new_key() -> Response:
        return jsonify({"api_key": account.new_api_key(sandbox)})

    @control.delete("/key")
    def delete_key() -> Response:
        account.delete_api_key(sandbox)
        return jsonify(current(sandbox))

    @control.post("/webhook_secret")
    def rotate_secret() -> Response:
        return jsonify({"webhook_secret": account.rotate_secret(sandbox)})

    @control.post("/clock")
    def advance_clock() -> Response:
        try:
            sandbox.advance_clock(number(json_body(), "advance_seconds"))
        except (ValueError, OverflowError) as exc:
            raise BadSettingError(str(exc)) from exc
        return jsonify({"now": sandbox.now(), "offset_seconds": sandbox.clock.offset.total_seconds()})

    @control.post("/reset")
    def reset() -> Response:
        sandbox.reset()
        return jsonify(current(sandbox))


def current(sandbox: Sandbox) -> dict[str, Any]:
    """Return every setting; secrets only as whether they are set."""
    return switches.as_dict(sandbox.switches) | account.described(sandbox)
