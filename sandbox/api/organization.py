"""The organization endpoints: name, teams and credits."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox import serializers
from sandbox.api.responses import build_success
from sandbox.core import Sandbox
from sandbox.store import organization, teams
from sandbox.store.database import Connection


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the endpoints. They are the same in V1."""

    @api.get("/organization")
    def get_organization() -> Response:
        with sandbox.read() as db:
            return build_success(sandbox, organization=serialize_organization(db))

    @api.get("/organization/credits")
    def get_credits() -> Response:
        with sandbox.read() as db:
            return build_success(
                sandbox, credits=serializers.serialize_credits(organization.get_organization(db).credits)
            )


def serialize_organization(db: Connection) -> dict[str, Any]:
    """Return the organization with its teams."""
    found = organization.get_organization(db)
    return {
        "uid": found.uid,
        "name": found.name,
        "website": found.website,
        "teams": [{"id": team.id, "name": team.name} for team in teams.list_teams(db)],
    }
