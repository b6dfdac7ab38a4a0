"""The invites endpoints: list, send, look up, revoke."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox import invitations, serializers
from sandbox.api import request_parsing
from sandbox.api.responses import success
from sandbox.core import Sandbox
from sandbox.errors import not_found
from sandbox.store import invites


def add_routes(api: Blueprint, sandbox: Sandbox) -> None:
    """Add the four endpoints."""

    @api.get("/organization/invites")
    def list_invites() -> Response:
        with sandbox.read() as db:
            found = invites.all_invites(db)
        return success(sandbox, invites=[serializers.invite_out(invite) for invite in found])

    @api.post("/organization/invites")
    def create_invite() -> Response:
        return sent(sandbox, request_parsing.body())

    @api.post("/organization/invites/revoke")
    def revoke_invite() -> Response:
        return revoked(sandbox, request_parsing.body())

    @api.get("/organization/invites/<invited_email:email>")
    def get_invite(email: str) -> Response:
        with sandbox.read() as db:
            invite = invites.newest_for(db, email)
        if invite is None:
            raise not_found("Invite")
        return success(sandbox, invite=serializers.invite_out(invite))


def sent(sandbox: Sandbox, told: dict[str, Any]) -> Response:
    """Send an invite and answer; `teamId` is absent when none was given."""
    email = request_parsing.email(told)
    with sandbox.write() as db:
        team_id = request_parsing.team(db, told)
        invite_id = invitations.send(sandbox, db, email, team_id)
    named: dict[str, Any] = {
        "input": {"email": email},
        "message": "Invite sent",
        "link": invitations.link(sandbox, invite_id),
        "id": invite_id,
    }
    if team_id is not None:
        named["teamId"] = team_id
    return success(sandbox, **named)


def revoked(sandbox: Sandbox, told: dict[str, Any]) -> Response:
    """Revoke an invite and answer."""
    email = request_parsing.text(told, "email")
    with sandbox.write() as db:
        invitations.revoke(sandbox, db, email)
    return success(sandbox, message="Invite revoked", input={"email": email})
