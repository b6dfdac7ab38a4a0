"""The teams endpoints: list, create, rename, delete, move members in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox.api import request_parsing
from sandbox.api.organization import described
from sandbox.api.responses import success
from sandbox.core import Sandbox
from sandbox.errors import invalid_request, not_found
from sandbox.store import members, teams
from sandbox.store.database import Connection


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the five endpoints."""
    _naming_routes(api, sandbox)
    _leaving_and_joining_routes(api, sandbox)


def _naming_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.get("/organization/teams")
    def list_teams() -> Response:
        with sandbox.read() as db:
            found = teams.all_teams(db)
        return success(sandbox, teams=[{"id": team.id, "name": team.name} for team in found])

    @api.post("/organization/teams")
    def create_team() -> Response:
        name = request_parsing.text(request_parsing.body(), "name")
        try:
            with sandbox.write() as db:
                teams.create(db, name)
                return success(sandbox, organization=described(db))
        except teams.DuplicateTeamError as exc:
            raise invalid_request("A team with this name already exists") from exc

    @api.put("/organization/teams/<team_id>")
    def update_team(team_id: str) -> Response:
        name = request_parsing.text(request_parsing.body(), "name")
        try:
            with sandbox.write() as db:
                _check(db, team_id)
                teams.rename(db, team_id, name)
                return success(sandbox, organization=described(db))
        except teams.DuplicateTeamError as exc:
            raise invalid_request("A team with this name already exists") from exc


def _leaving_and_joining_routes(api: Blueprint, sandbox: Sandbox) -> None:
    @api.delete("/organization/teams/<team_id>")
    def delete_team(team_id: str) -> Response:
        with sandbox.write() as db:
            _check(db, team_id)
            teams.delete(db, team_id)
            return success(sandbox, organization=described(db))

    @api.post("/organization/teams/<team_id>/members")
    def add_members(team_id: str) -> Response:
        emails = _emails(request_parsing.body())
        with sandbox.write() as db:
            _check(db, team_id)
            moved = members.move(db, emails, team_id)
        return success(sandbox, message=f"{moved} member{'' if moved == 1 else 's'} moved")


def _check(db: Connection, team_id: str) -> None:
    if not teams.exists(db, team_id):
        raise not_found("Team")


def _emails(told: dict[str, Any]) -> list[str]:
    value = told.get("emails")
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_request("emails must be an array of strings")
    return value
