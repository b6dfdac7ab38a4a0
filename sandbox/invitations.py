"""Rules for sending, revoking and accepting invites."""

from __future__ import annotations

from datetime import timedelta

from sandbox import lifecycle
from sandbox.clock import format_iso, parse_iso
from sandbox.core import Sandbox
from sandbox.errors import ApiError, InsufficientCreditsError, InvalidRequestError, NotFoundError
from sandbox.store import invites, members, organization
from sandbox.store.database import Connection
from sandbox.store.invites import Invite
from sandbox.store.models import Model, NewModel

VALIDITY = timedelta(days=30)
INVITES_PER_CREDIT = 2
ENDED_STATUSES = ("revoked", "deleted", "completed")


def build_invite_link(sandbox: Sandbox, invite_id: str) -> str:
    """Return the URL in the invite's e-mail."""
    return f"{sandbox.public_url}/auth/signup?invite={invite_id}"


def is_expired(sandbox: Sandbox, invite: Invite) -> bool:
    """Return whether a pending invite is older than its validity."""
    return invite.status == "pending" and sandbox.clock.now() >= parse_iso(invite.created_at) + VALIDITY


def send_invite(sandbox: Sandbox, db: Connection, email: str, team_id: str | None) -> str:
    """Invite an e-mail address and return the invite's id.

    Raises:
        ApiError: ALREADY_EXISTS, INSUFFICIENT_CREDITS or INVITE_LIMIT_EXCEEDED.
    """
    earlier = invites.find_newest_invite(db, email)
    if earlier is not None and earlier.status not in ENDED_STATUSES:
        resend = sandbox.switches.expired_invites == "resend" and is_expired(sandbox, earlier)
        if not resend:
            raise ApiError(400, "ALREADY_EXISTS", "An invite for this email already exists")
        invites.set_revoked(db, earlier.id, sandbox.now())
    credits = organization.get_organization(db).credits
    if credits <= 0:
        raise InsufficientCreditsError
    if invites.count_against_cap(db) >= credits * INVITES_PER_CREDIT:
        raise ApiError(429, "INVITE_LIMIT_EXCEEDED", "Too many pending invites")
    return invites.create_invite(db, email, team_id, sandbox.now())


def revoke_invite(sandbox: Sandbox, db: Connection, email: str) -> None:
    """Revoke a pending invite.

    Raises:
        ApiError: NOT_FOUND, or INVALID_REQUEST if the invite is not pending.
    """
    invite = invites.find_newest_invite(db, email)
    if invite is None:
        raise NotFoundError("Invite")
    if invite.status != "pending":
        raise InvalidRequestError(f"The invite is {invite.status} and cannot be revoked")
    invites.set_revoked(db, invite.id, sandbox.now())


def accept_invite(sandbox: Sandbox, db: Connection, invite: Invite) -> Model:
    """Create the member, if needed, and the session of an invite.

    Raises:
        ApiError: INVALID_REQUEST if the invite is used, revoked or expired.
    """
    if invite.status != "pending" or is_expired(sandbox, invite):
        raise InvalidRequestError("This invite can no longer be used")
    now = sandbox.now()
    member_id = members.find_member_id(db, invite.email)
    if member_id is None:
        member_id = members.create_member(db, invite.email, invite.team_id, now)
    new = NewModel(
        member_id=member_id,
        is_development=False,
        version=None,
        by_invite=True,
        created_at=now,
        invite_expires_at=format_iso(parse_iso(invite.created_at) + VALIDITY),
    )
    model = lifecycle.create_model(sandbox, db, new)
    invites.set_accepted(db, invite.id, model.id)
    return model
