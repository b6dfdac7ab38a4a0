"""The V2 API: 24 operations behind one API key check."""

from __future__ import annotations

from flask import Blueprint

from sandbox.api import invites, members, models, organization, photos, teams
from sandbox.api.authentication import require_api_key
from sandbox.core import Sandbox


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Build the V2 API of one sandbox."""
    api = Blueprint("api_v2", __name__, url_prefix="/api/v2")
    require_api_key(api, sandbox)
    for module in (organization, invites, teams, members, models, photos):
        module.add_routes(api, sandbox)
    return api
