"""The invites endpoints: list, create, get and revoke."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox import invitations, serializers
from sandbox.api import request_parsing
from sandbox.api.responses import build_success
from sandbox.core import Sandbox
from sandbox.errors import NotFoundError
from sandbox.store import invites


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the endpoints."""

    @api.get("/organization/invites")
    def list_invites() -> Response:
        with sandbox.read() as db:
            found = invites.list_invites(db)
        return build_success(sandbox, invites=[serializers.serialize_invite(invite) for invite in found])

    @api.post("/organization/invites")
    def create_invite() -> Response:
        return create_invite_response(sandbox, request_parsing.parse_body())

    @api.post("/organization/invites/revoke")
    def revoke_invite() -> Response:
        return revoke_invite_response(sandbox, request_parsing.parse_body())

    @api.get("/organization/invites/<invited_email:email>")
    def get_invite(email: str) -> Response:
        with sandbox.read() as db:
            invite = invites.find_newest_invite(db, email)
        if invite is None:
            raise NotFoundError("Invite")
        return build_success(sandbox, invite=serializers.serialize_invite(invite))


def create_invite_response(sandbox: Sandbox, payload: dict[str, Any]) -> Response:
    """Create an invite and build the response. `teamId` is absent if none was given."""
    email = request_parsing.parse_email(payload)
    with sandbox.write() as db:
        team_id = request_parsing.parse_team_id(db, payload)
        invite_id = invitations.send_invite(sandbox, db, email, team_id)
    values: dict[str, Any] = {
        "input": {"email": email},
        "message": "Invite sent",
        "link": invitations.build_invite_link(sandbox, invite_id),
        "id": invite_id,
    }
    if team_id is not None:
        values["teamId"] = team_id
    return build_success(sandbox, **values)


def revoke_invite_response(sandbox: Sandbox, payload: dict[str, Any]) -> Response:
    """Revoke an invite and build the response."""
    email = request_parsing.parse_text(payload, "email")
    with sandbox.write() as db:
        invitations.revoke_invite(sandbox, db, email)
    return build_success(sandbox, message="Invite revoked", input={"email": email})
