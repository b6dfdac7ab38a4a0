"""Control plane routes for settings, account and clock."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox import account, switches
from sandbox.control.body import parse_body, parse_number
from sandbox.core import Sandbox
from sandbox.errors import BadSettingError


def add_routes(control: Blueprint, sandbox: Sandbox) -> None:
    """Add /settings, /key, /webhook_secret, /clock and /reset."""

    @control.get("/settings")
    def get_settings() -> Response:
        return jsonify(describe_settings(sandbox))

    @control.put("/settings")
    def put_settings() -> Response:
        account.update_account(sandbox, parse_body())
        return jsonify(describe_settings(sandbox))

    @control.post("/key")
    def create_key() -> Response:
        return jsonify({"api_key": account.create_api_key(sandbox)})

    @control.delete("/key")
    def delete_key() -> Response:
        account.delete_api_key(sandbox)
        return jsonify(describe_settings(sandbox))

    @control.post("/webhook_secret")
    def rotate_secret() -> Response:
        return jsonify({"webhook_secret": account.rotate_webhook_secret(sandbox)})

    @control.post("/clock")
    def advance_clock() -> Response:
        try:
            sandbox.advance_clock(parse_number(parse_body(), "advance_seconds"))
        except (ValueError, OverflowError) as exc:
            raise BadSettingError(str(exc)) from exc
        return jsonify({"now": sandbox.now(), "offset_seconds": sandbox.clock.offset.total_seconds()})

    @control.post("/reset")
    def reset() -> Response:
        sandbox.reset()
        return jsonify(describe_settings(sandbox))


def describe_settings(sandbox: Sandbox) -> dict[str, Any]:
    """Return all settings. Of secrets, only whether they are set."""
    return switches.export_switches(sandbox.switches) | account.describe_account(sandbox)
