"""The legacy V1 API: organization, credits and invites."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from sandbox import invitations
from sandbox.api import organization, request_parsing
from sandbox.api.authentication import require_api_key
from sandbox.api.invites import create_invite_response, revoke_invite_response
from sandbox.api.responses import build_success
from sandbox.core import Sandbox
from sandbox.errors import NotFoundError
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
    """Build the V1 API of one sandbox."""
    api = Blueprint("api_v1", __name__, url_prefix="/api/v1")
    require_api_key(api, sandbox)
    organization.add_routes(api, sandbox)

    @api.post("/organization/invite")
    def create_invite() -> Response:
        return create_invite_response(sandbox, request_parsing.parse_body())

    @api.post("/organization/invite/revoke")
    def revoke_invite() -> Response:
        return revoke_invite_response(sandbox, request_parsing.parse_body())

    @api.get("/organization/invites")
    def list_invites() -> Response:
        with sandbox.read() as db:
            found = invites.list_invites(db)
        return build_success(sandbox, invites=[_serialize_invite(sandbox, invite) for invite in found])

    @api.get("/organization/invite/id/<invite_id>")
    def get_invite(invite_id: str) -> Response:
        with sandbox.read() as db:
            invite = invites.find_invite(db, invite_id)
        if invite is None:
            raise NotFoundError("Invite")
        shown = {"email": _get_email(invite), "status": STATUSES[invite.status], "teamId": invite.team_id}
        return build_success(sandbox, invite=shown)

    return api


def _serialize_invite(sandbox: Sandbox, invite: Invite) -> dict[str, Any]:
    is_used = invite.model_id is not None
    return {
        "id": invite.id,
        "email": _get_email(invite),
        "valid": invite.status == "pending" and not invitations.is_expired(sandbox, invite),
        "teamId": invite.team_id,
        "createdAt": invite.created_at,
        "used": is_used,
        "link": invitations.build_invite_link(sandbox, invite.id),
    }


def _get_email(invite: Invite) -> str:
    """Return the member's current e-mail address once the invite is used."""
    return invite.member_email or invite.email
