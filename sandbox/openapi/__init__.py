"""An OpenAPI 3.1 description of the V2 API, served at /openapi.json; it describes and never decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox.core import Sandbox
from sandbox.openapi.operations import paths
from sandbox.openapi.schemas import schemas


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Return the page that serves the document."""
    pages = Blueprint("openapi", __name__)

    @pages.get("/openapi.json")
    def openapi() -> Response:
        return jsonify(document(sandbox.public_url, sandbox.brand.name))

    return pages


def document(public_url: str, brand: str) -> dict[str, Any]:
    """Return the whole description for a server at this address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{brand} API V2, as its sandbox answers it",
            "version": "2",
            "description": "A stand-in's own description, with its switches at their defaults.",
        },
        "servers": [{"url": f"{public_url}/api/v2"}],
        "security": [{"key": []}],
        "paths": paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas(),
        },
    }
