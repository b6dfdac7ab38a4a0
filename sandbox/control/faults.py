"""Control plane routes for fault rules; see `sandbox.faults`."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, jsonify

from sandbox.control.body import parse_body
from sandbox.core import Sandbox
from sandbox.errors import UnknownRuleError


def add_routes(control: Blueprint, sandbox: Sandbox) -> None:
    """Add /faults."""

    @control.get("/faults")
    def list_faults() -> Response:
        return jsonify({"faults": sandbox.faults.list_rules()})

    @control.post("/faults")
    def add_fault() -> Response:
        return jsonify(msgspec.to_builtins(sandbox.faults.add_rule(parse_body())))

    @control.delete("/faults")
    def clear_faults() -> Response:
        sandbox.faults.clear_rules()
        return jsonify({"faults": []})

    @control.delete("/faults/<int:rule_id>")
    def remove_fault(rule_id: int) -> Response:
        if not sandbox.faults.remove_rule(rule_id):
            raise UnknownRuleError(str(rule_id))
        return jsonify({"removed": rule_id})
