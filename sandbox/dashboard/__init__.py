"""The account pages of the stand-in, for people on this machine; everything it does the control plane can too."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from sandbox import local_only
from sandbox.control import status_of
from sandbox.core import Sandbox
from sandbox.dashboard import buttons, overview
from sandbox.errors import SandboxError
from sandbox.pipeline import Pipeline


def create_blueprint(sandbox: Sandbox, pipeline: Pipeline) -> Blueprint:
    """Return the dashboard of one sandbox."""
    pages = Blueprint("dashboard", __name__)
    local_only.guard(pages)
    overview.add_routes(pages, sandbox)
    buttons.add_routes(pages, sandbox, pipeline)

    @pages.errorhandler(SandboxError)
    def refused(error: SandboxError) -> tuple[str, int]:
        words = str(error) or type(error).__name__
        return render_template("sandbox/refused.html", words=words), status_of(error)

    @pages.after_request
    def headers(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Content-Security-Policy"] = (
            "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        return response

    return pages
