"""Rules for creating a session through the API, including duplicate e-mail addresses."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import lifecycle, sessions
from sandbox.core import Sandbox
from sandbox.errors import ApiError, InsufficientCreditsError
from sandbox.store import members, models, organization
from sandbox.store.database import Connection
from sandbox.store.members import normalize_email
from sandbox.store.models import Model, NewModel

ALREADY_EXISTS_MESSAGE = (
    "A user with this email already exists. You can solve this by appending something to the address,"
    " for example name+1@example.com."
)


@dataclass(frozen=True, slots=True)
class CreateModelRequest:
    """The validated body of a create request."""

    email: str
    is_development: bool
    version: str | None


def create_or_reuse_model(sandbox: Sandbox, db: Connection, request: CreateModelRequest, team_id: str | None) -> Model:
    """Create a session for an e-mail address, or handle an existing one according to the switches.

    Raises:
        ApiError: ALREADY_EXISTS or INSUFFICIENT_CREDITS.
    """
    switches = sandbox.switches
    if normalize_email(request.email) in {normalize_email(taken) for taken in switches.taken_emails}:
        raise ApiError(400, "ALREADY_EXISTS", ALREADY_EXISTS_MESSAGE)
    member_id = members.find_member_id(db, request.email)
    newest = None if member_id is None else models.find_newest_model(db, member_id)
    if member_id is not None and switches.duplicate_email == "refuse":
        freed = newest is None and switches.duplicate_after_delete == "allow"
        if not freed:
            raise ApiError(400, "ALREADY_EXISTS", ALREADY_EXISTS_MESSAGE)
    if newest is not None and switches.duplicate_email == "reuse":
        return sessions.renew_token(sandbox, db, newest)
    has_no_credit = organization.get_organization(db).credits < 1
    if has_no_credit and switches.create_needs_credit and not request.is_development:
        raise InsufficientCreditsError
    return _create(sandbox, db, request, member_id, team_id)


def _create(
    sandbox: Sandbox, db: Connection, request: CreateModelRequest, member_id: str | None, team_id: str | None
) -> Model:
    now = sandbox.now()
    if member_id is None:
        member_id = members.create_member(db, request.email, team_id, now)
    elif team_id is not None:
        members.set_team(db, [request.email], team_id)
    new = NewModel(
        member_id=member_id,
        is_development=request.is_development,
        version=request.version,
        by_invite=False,
        created_at=now,
        invite_expires_at=None,
    )
    return lifecycle.create_model(sandbox, db, new)
