"""The teams endpoints: list, create, rename, delete and add members."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox.api import request_parsing
from sandbox.api.organization import serialize_organization
from sandbox.api.responses import build_success
from sandbox.core import Sandbox
from sandbox.errors import InvalidRequestError, NotFoundError
from sandbox.store import members, teams
from sandbox.store.database import Connection


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the endpoints."""
    _add_team_routes(api, sandbox)
    _add_membership_routes(api, sandbox)


def _add_team_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/teams")
    def list_teams() -> Response:
        with sandbox.read() as db:
            found = teams.list_teams(db)
        return build_success(sandbox, teams=[{"id": team.id, "name": team.name} for team in found])

    @api.post("/organization/teams")
    def create_team() -> Response:
        name = request_parsing.parse_text(request_parsing.parse_body(), "name")
        try:
            with sandbox.write() as db:
                teams.create_team(db, name)
                return build_success(sandbox, organization=serialize_organization(db))
        except teams.DuplicateTeamError as exc:
            raise InvalidRequestError("A team with this name already exists") from exc

    @api.put("/organization/teams/<team_id>")
    def update_team(team_id: str) -> Response:
        name = request_parsing.parse_text(request_parsing.parse_body(), "name")
        try:
            with sandbox.write() as db:
                _check_team(db, team_id)
                teams.rename_team(db, team_id, name)
                return build_success(sandbox, organization=serialize_organization(db))
        except teams.DuplicateTeamError as exc:
            raise InvalidRequestError("A team with this name already exists") from exc


def _add_membership_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.delete("/organization/teams/<team_id>")
    def delete_team(team_id: str) -> Response:
        with sandbox.write() as db:
            _check_team(db, team_id)
            teams.delete_team(db, team_id)
            return build_success(sandbox, organization=serialize_organization(db))

    @api.post("/organization/teams/<team_id>/members")
    def add_members(team_id: str) -> Response:
        emails = _parse_emails(request_parsing.parse_body())
        with sandbox.write() as db:
            _check_team(db, team_id)
            moved = members.set_team(db, emails, team_id)
        return build_success(sandbox, message=f"{moved} member{'' if moved == 1 else 's'} moved")


def _check_team(db: Connection, team_id: str) -> None:
    if not teams.has_team(db, team_id):
        raise NotFoundError("Team")


def _parse_emails(payload: dict[str, Any]) -> list[str]:
    value = payload.get("emails")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidRequestError("emails must be an array of strings")
    return value
