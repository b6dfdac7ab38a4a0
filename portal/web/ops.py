"""What machines ask: is the process alive, is it ready, what does it count; nothing private is answered."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

blueprint = Blueprint("ops", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """The process answers; no database or other server is asked."""
    return jsonify(status="ok")
