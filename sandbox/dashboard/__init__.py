"""The dashboard: the account page of the sandbox. The control plane has the same operations."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from sandbox import local_only
from sandbox.control import get_status_code
from sandbox.core import Sandbox
from sandbox.dashboard import buttons, overview
from sandbox.errors import SandboxError
from sandbox.pipeline import Pipeline


def create_blueprint(sandbox: Sandbox, pipeline: Pipeline) -> Blueprint:
    """Build the dashboard of one sandbox."""
    pages = Blueprint("dashboard", __name__)
    local_only.restrict_to_loopback(pages)
    overview.add_routes(pages, sandbox)
    buttons.add_routes(pages, sandbox, pipeline)

    @pages.errorhandler(SandboxError)
    def handle_error(error: SandboxError) -> tuple[str, int]:
        message = str(error) or type(error).__name__
        return render_template("sandbox/refused.html", message=message), get_status_code(error)

    @pages.after_request
    def add_headers(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        return response

    return pages
