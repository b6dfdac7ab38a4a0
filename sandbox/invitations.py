"""When people may be invited and what following an invite begins; reads no request."""

from __future__ import annotations

from datetime import timedelta

from sandbox import lifecycle
from sandbox.clock import iso, parse_iso
from sandbox.core import Sandbox
from sandbox.errors import ApiError, insufficient_credits, invalid_request, not_found
from sandbox.store import invites, members, organization
from sandbox.store.database import Connection
from sandbox.store.invites import Invite
from sandbox.store.models import Model, NewModel

VALID = timedelta(days=30)
PER_CREDIT = 2
OVER = ("revoked", "deleted", "completed")


def link(sandbox: Sandbox, invite_id: str) -> str:
    """Return the address in the invite's e-mail."""
    return f"{sandbox.public_url}/auth/signup?invite={invite_id}"


def is_expired(sandbox: Sandbox, invite: Invite) -> bool:
    """Tell whether an invite's link has died unused."""
    return invite.status == "pending" and sandbox.clock.now() >= parse_iso(invite.created_at) + VALID


def send(sandbox: Sandbox, db: Connection, email: str, team_id: str | None) -> str:
    """Invite an address and return the invite's id.

    Raises:
        ApiError: ALREADY_EXISTS, INSUFFICIENT_CREDITS or INVITE_LIMIT_EXCEEDED.
    """
    earlier = invites.newest_for(db, email)
    if earlier is not None and earlier.status not in OVER:
        resend = sandbox.switches.expired_invites == "resend" and is_expired(sandbox, earlier)
        if not resend:
            raise ApiError(400, "ALREADY_EXISTS", "An invite for this email already exists")
        invites.revoke(db, earlier.id, sandbox.now())
    credits = organization.get(db).credits
    if credits <= 0:
        raise insufficient_credits()
    if invites.holding(db) >= credits * PER_CREDIT:
        raise ApiError(429, "INVITE_LIMIT_EXCEEDED", "Too many pending invites")
    return invites.insert(db, email, team_id, sandbox.now())


def revoke(sandbox: Sandbox, db: Connection, email: str) -> None:
    """Take back a pending invite.

    Raises:
        ApiError: NOT_FOUND, or INVALID_REQUEST when it is not pending.
    """
    invite = invites.newest_for(db, email)
    if invite is None:
        raise not_found("Invite")
    if invite.status != "pending":
        raise invalid_request(f"The invite is {invite.status} and cannot be revoked")
    invites.revoke(db, invite.id, sandbox.now())


def accept(sandbox: Sandbox, db: Connection, invite: Invite) -> Model:
    """Sign the invited person up and begin the session.

    Raises:
        ApiError: INVALID_REQUEST when the invite is used, revoked or too old.
    """
    if invite.status != "pending" or is_expired(sandbox, invite):
        raise invalid_request("This invite can no longer be used")
    now = sandbox.now()
    member_id = members.id_by_email(db, invite.email)
    if member_id is None:
        member_id = members.create(db, invite.email, invite.team_id, now)
    new = NewModel(
        member_id=member_id,
        is_development=False,
        version=None,
        by_invite=True,
        created_at=now,
        invite_expires_at=iso(parse_iso(invite.created_at) + VALID),
    )
    model = lifecycle.create(sandbox, db, new)
    invites.accept(db, invite.id, model.id)
    return model
