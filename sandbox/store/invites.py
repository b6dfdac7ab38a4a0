"""Invites. Their status is derived from the session they led to."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection, Row
from sandbox.store.members import STARTED, normalize_email

_SELECT = f"""
    SELECT i.*, t.name AS team_name, m.email AS member_email,
        CASE WHEN i.revoked_at IS NOT NULL THEN 'revoked'
             WHEN mo.id IS NULL THEN 'pending'
             WHEN mo.status = 'deleted' THEN 'deleted'
             WHEN mo.status = 'active' THEN 'completed'
             WHEN mo.status != 'onboarding' THEN 'generating'
             WHEN {STARTED} THEN 'uploading'
             ELSE 'accepted' END AS status
    FROM invites i LEFT JOIN teams t ON t.id = i.team_id
    LEFT JOIN models mo ON mo.id = i.model_id LEFT JOIN members m ON m.id = mo.member_id
"""  # noqa: S608  # nosec B608  # BEGUN is a constant

COUNTED_STATUSES = frozenset({"pending", "accepted", "uploading", "generating"})
"""Statuses that count against the invite limit."""


@dataclass(frozen=True, slots=True)
class Invite:
    """One invite. `member_email` is the address of the member who used it."""

    id: str
    email: str
    status: str
    team_id: str | None
    team_name: str | None
    model_id: str | None
    member_email: str | None
    created_at: str


def create_invite(db: Connection, email: str, team_id: str | None, now: str) -> str:
    """Insert a pending invite and return its id."""
    invite_id = ids.generate_invite_id()
    db.execute(
        "INSERT INTO invites (id, email, email_key, team_id, created_at) VALUES (?, ?, ?, ?, ?)",
        (invite_id, email, normalize_email(email), team_id, now),
    )
    return invite_id


def list_invites(db: Connection) -> list[Invite]:
    """List all invites, newest first."""
    return [_build_invite(row) for row in db.execute(f"{_SELECT} ORDER BY i.seq DESC")]


def find_invite(db: Connection, invite_id: str) -> Invite | None:
    """Find one invite."""
    row = db.execute(f"{_SELECT} WHERE i.id = ?", (invite_id,)).fetchone()
    return None if row is None else _build_invite(row)


def find_newest_invite(db: Connection, email: str) -> Invite | None:
    """Find the newest invite of an e-mail address."""
    row = db.execute(
        f"{_SELECT} WHERE i.email_key = ? ORDER BY i.seq DESC LIMIT 1", (normalize_email(email),)
    ).fetchone()
    return None if row is None else _build_invite(row)


def count_against_cap(db: Connection) -> int:
    """Count the invites that count against the limit."""
    return sum(invite.status in COUNTED_STATUSES for invite in list_invites(db))


def set_revoked(db: Connection, invite_id: str, now: str) -> None:
    """Mark an invite revoked."""
    db.execute("UPDATE invites SET revoked_at = ? WHERE id = ?", (now, invite_id))


def set_accepted(db: Connection, invite_id: str, model_id: str) -> None:
    """Store the session an invite led to."""
    db.execute("UPDATE invites SET model_id = ? WHERE id = ?", (model_id, invite_id))


def _build_invite(row: Row) -> Invite:
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
