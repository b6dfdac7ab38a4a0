"""Who gets a new session when a whitelabel organisation asks for one; reads no request."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import lifecycle, sessions
from sandbox.core import Sandbox
from sandbox.errors import ApiError, insufficient_credits
from sandbox.store import members, models, organization
from sandbox.store.database import Connection
from sandbox.store.members import email_key
from sandbox.store.models import Model, NewModel

TAKEN = (
    "A user with this email already exists. You can solve this by appending something to the address,"
    " for example name+1@example.com."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the caller asked for."""

    email: str
    is_development: bool
    version: str | None


def create_or_reuse(sandbox: Sandbox, db: Connection, wanted: Wanted, team_id: str | None) -> Model:
    """Begin a session for an address, or deal with one that exists as the switches say.

    Raises:
        ApiError: ALREADY_EXISTS or INSUFFICIENT_CREDITS.
    """
    switches = sandbox.switches
    if email_key(wanted.email) in {email_key(taken) for taken in switches.taken_emails}:
        raise ApiError(400, "ALREADY_EXISTS", TAKEN)
    member_id = members.id_by_email(db, wanted.email)
    newest = None if member_id is None else models.newest_of(db, member_id)
    if member_id is not None and switches.duplicate_email == "refuse":
        freed = newest is None and switches.duplicate_after_delete == "allow"
        if not freed:
            raise ApiError(400, "ALREADY_EXISTS", TAKEN)
    if newest is not None and switches.duplicate_email == "reuse":
        return sessions.renew(sandbox, db, newest)
    broke = organization.get(db).credits < 1
    if broke and switches.create_needs_credit and not wanted.is_development:
        raise insufficient_credits()
    return _create(sandbox, db, wanted, member_id, team_id)


def _create(sandbox: Sandbox, db: Connection, wanted: Wanted, member_id: str | None, team_id: str | None) -> Model:
    now = sandbox.now()
    if member_id is None:
        member_id = members.create(db, wanted.email, team_id, now)
    elif team_id is not None:
        members.move(db, [wanted.email], team_id)
    new = NewModel(
        member_id=member_id,
        is_development=wanted.is_development,
        version=wanted.version,
        by_invite=False,
        created_at=now,
        invite_expires_at=None,
    )
    return lifecycle.create(sandbox, db, new)
