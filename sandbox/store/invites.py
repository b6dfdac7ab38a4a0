"""Invites by e-mail; their status follows from the session they led to."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection, Row
from sandbox.store.members import BEGUN, email_key

_SELECT = f"""
    SELECT i.*, t.name AS team_name, m.email AS member_email,
        CASE WHEN i.revoked_at IS NOT NULL THEN 'revoked'
             WHEN mo.id IS NULL THEN 'pending'
             WHEN mo.status = 'deleted' THEN 'deleted'
             WHEN mo.status = 'active' THEN 'completed'
             WHEN mo.status != 'onboarding' THEN 'generating'
             WHEN {BEGUN} THEN 'uploading'
             ELSE 'accepted' END AS status
    FROM invites i LEFT JOIN teams t ON t.id = i.team_id
    LEFT JOIN models mo ON mo.id = i.model_id LEFT JOIN members m ON m.id = mo.member_id
"""  # noqa: S608  # nosec B608  # BEGUN is a constant

HOLDING = frozenset({"pending", "accepted", "uploading", "generating"})
"""Statuses that count against the invite cap: until the person has completed the session."""


@dataclass(frozen=True, slots=True)
class Invite:
    """One invite; `member_email` is the address of who used it."""

    id: str
    email: str
    status: str
    team_id: str | None
    team_name: str | None
    model_id: str | None
    member_email: str | None
    created_at: str


def insert(db: Connection, email: str, team_id: str | None, now: str) -> str:
    """Add a pending invite and return its id."""
    invite_id = ids.invite_id()
    db.execute(
        "INSERT INTO invites (id, email, email_key, team_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (invite_id, email, email_key(email), team_id, now),
    )
    return invite_id


def all_invites(db: Connection) -> list[Invite]:
    """Return every invite, newest first."""
    return [_invite(row) for row in db.execute(f"{_SELECT} ORDER BY i.seq DESC")]


def by_id(db: Connection, invite_id: str) -> Invite | None:
    """Return one invite."""
    row = db.execute(f"{_SELECT} WHERE i.id = ?", (invite_id,)).fetchone()
    return None if row is None else _invite(row)


def newest_for(db: Connection, email: str) -> Invite | None:
    """Return the newest invite sent to an address."""
    row = db.execute(f"{_SELECT} WHERE i.email_key = ? ORDER BY i.seq DESC LIMIT 1", (email_key(email),)).fetchone()
    return None if row is None else _invite(row)


def holding(db: Connection) -> int:
    """Return how many invites count against the cap."""
    return sum(invite.status in HOLDING for invite in all_invites(db))


def revoke(db: Connection, invite_id: str, now: str) -> None:
    """Mark an invite revoked."""
    db.execute("UPDATE invites SET revoked_at = ? WHERE id = ?", (now, invite_id))


def accept(db: Connection, invite_id: str, model_id: str) -> None:
    """Tie an invite to the session it led to."""
    db.execute("UPDATE invites SET model_id = ? WHERE id = ?", (model_id, invite_id))


def _invite(row: Row) -> Invite:
    return Invite(
        row["id"],
        row["email"],
        row["status"],
        row["team_id"],
        row["team_name"],
        row["model_id"],
        row["member_email"],
        row["created_at"],
    )
