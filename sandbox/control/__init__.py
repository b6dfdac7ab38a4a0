"""The control plane: a JSON API under /_control/ for tests. It is not part of the provider's API."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from sandbox import local_only
from sandbox.control import action_routes, faults, settings, state
from sandbox.core import Sandbox
from sandbox.errors import (
    ApiError,
    BadSettingError,
    NoCreditsError,
    SandboxError,
    UnknownModelError,
    UnknownPhotoError,
    UnknownRuleError,
)
from sandbox.pipeline import Pipeline

NOT_FOUND_ERRORS = (UnknownModelError, UnknownPhotoError, UnknownRuleError)


def create_blueprint(sandbox: Sandbox, pipeline: Pipeline) -> Blueprint:
    """Build the control plane of one sandbox."""
    control = Blueprint("control", __name__, url_prefix="/_control")
    local_only.restrict_to_loopback(control)
    settings.add_routes(control, sandbox)
    state.add_routes(control, sandbox)
    action_routes.add_routes(control, sandbox, pipeline)
    faults.add_routes(control, sandbox)

    @control.errorhandler(SandboxError)
    def handle_error(error: SandboxError) -> tuple[Response, int]:
        return jsonify({"error": str(error) or type(error).__name__}), get_status_code(error)

    return control


def get_status_code(error: SandboxError) -> int:
    """Return the HTTP status code of an error."""
    if isinstance(error, ApiError):
        return error.status
    if isinstance(error, NOT_FOUND_ERRORS):
        return 404
    if isinstance(error, BadSettingError):
        return 400
    return 402 if isinstance(error, NoCreditsError) else 409
