"""The legacy V1 API: organisation, credits and invites; new work uses V2."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox import invitations
from sandbox.api import organization, request_parsing
from sandbox.api.authentication import guard
from sandbox.api.invites import revoked, sent
from sandbox.api.responses import success
from sandbox.core import Sandbox
from sandbox.errors import not_found
from sandbox.store import invites
from sandbox.store.invites import Invite

STATUSES = {
    "pending": "pending-invite",
    "accepted": "waiting-for-upload",
    "uploading": "waiting-for-upload",
    "generating": "generating-headshots",
    "completed": "active",
    "revoked": "revoked",
    "deleted": "deleted",
}


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Return the V1 API of one sandbox."""
    api = Blueprint("api_v1", __name__, url_prefix="/api/v1")
    guard(api, sandbox)
    organization.add_routes(api, sandbox)

    @api.post("/organization/invite")
    def create_invite() -> Response:
        return sent(sandbox, request_parsing.body())

    @api.post("/organization/invite/revoke")
    def revoke_invite() -> Response:
        return revoked(sandbox, request_parsing.body())

    @api.get("/organization/invites")
    def list_invites() -> Response:
        with sandbox.read() as db:
            found = invites.all_invites(db)
        return success(sandbox, invites=[_listed(sandbox, invite) for invite in found])

    @api.get("/organization/invite/id/<invite_id>")
    def get_invite(invite_id: str) -> Response:
        with sandbox.read() as db:
            invite = invites.by_id(db, invite_id)
        if invite is None:
            raise not_found("Invite")
        shown = {"email": _email(invite), "status": STATUSES[invite.status], "teamId": invite.team_id}
        return success(sandbox, invite=shown)

    return api


def _listed(sandbox: Sandbox, invite: Invite) -> dict[str, Any]:
    used = invite.model_id is not None
    return {
        "id": invite.id,
        "email": _email(invite),
        "valid": invite.status == "pending" and not invitations.is_expired(sandbox, invite),
        "teamId": invite.team_id,
        "createdAt": invite.created_at,
        "used": used,
        "link": invitations.link(sandbox, invite.id),
    }


def _email(invite: Invite) -> str:
    """Return the member's present address once the invite is used."""
    return invite.member_email or invite.email
