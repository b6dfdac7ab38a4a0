"""The V2 blueprint put together: 24 operations behind one guard."""

from __future__ import annotations

from flask import Blueprint

from sandbox.api import invites, members, models, organization, photos, teams
from sandbox.api.authentication import guard
from sandbox.core import Sandbox


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Return the V2 API of one sandbox."""
    api = Blueprint("api_v2", __name__, url_prefix="/api/v2")
    guard(api, sandbox)
    for noun in (organization, invites, teams, members, models, photos):
        noun.add_routes(api, sandbox)
    return api
