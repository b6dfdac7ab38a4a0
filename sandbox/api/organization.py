"""The organisation endpoints: who it is and what it can still spend."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox import serializers
from sandbox.api.responses import success
from sandbox.core import Sandbox
from sandbox.store import organization, teams
from sandbox.store.database import Connection


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the two endpoints; V1 has the same two."""

    @api.get("/organization")
    def get_organization() -> Response:
        with sandbox.read() as db:
            return success(sandbox, organization=described(db))

    @api.get("/organization/credits")
    def get_credits() -> Response:
        with sandbox.read() as db:
            return success(sandbox, credits=serializers.credits_out(organization.get(db).credits))


def described(db: Connection) -> dict[str, Any]:
    """Return the organisation with its teams."""
    found = organization.get(db)
    return {
        "uid": found.uid,
        "name": found.name,
        "website": found.website,
        "teams": [{"id": team.id, "name": team.name} for team in teams.all_teams(db)],
    }
