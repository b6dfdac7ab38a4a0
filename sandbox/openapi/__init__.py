"""An OpenAPI 3.1 description of the V2 API, served at /openapi.json."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox.core import Sandbox
from sandbox.openapi.operations import build_paths
from sandbox.openapi.schemas import build_schemas


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Build the blueprint that serves the document."""
    pages = Blueprint("openapi", __name__)

    @pages.get("/openapi.json")
    def show_openapi() -> Response:
        return jsonify(build_document(sandbox.public_url, sandbox.brand.name))

    return pages


def build_document(public_url: str, brand: str) -> dict[str, Any]:
    """Build the document for a server at this URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{brand} API V2, as implemented by the sandbox",
            "version": "2",
            "description": "Describes the sandbox with its switches at their defaults.",
        },
        "servers": [{"url": f"{public_url}/api/v2"}],
        "security": [{"key": []}],
        "paths": build_paths(),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": build_schemas(),
        },
    }
