"""Planning faults over HTTP; what a rule means is said in sandbox.faults."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, jsonify

from sandbox.control.body import json_body
from sandbox.core import Sandbox
from sandbox.errors import UnknownRuleError


def add_routes(control: Blueprint, sandbox: Sandbox) -> None:
    """Add /faults."""

    @control.get("/faults")
    def list_faults() -> Response:
        return jsonify({"faults": sandbox.faults.listed()})

    @control.post("/faults")
    def add_fault() -> Response:
        return jsonify(msgspec.to_builtins(sandbox.faults.add(json_body())))

    @control.delete("/faults")
    def clear_faults() -> Response:
        sandbox.faults.clear()
        return jsonify({"faults": []})

    @control.delete("/faults/<int:rule_id>")
    def remove_fault(rule_id: int) -> Response:
        if not sandbox.faults.remove(rule_id):
            raise UnknownRuleError(str(rule_id))
        return jsonify({"removed": rule_id})
