"""Members of the organization: one row per e-mail address, compared case-insensitively."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection

STARTED = "(mo.title != '' OR EXISTS (SELECT 1 FROM uploads u WHERE u.model_id = mo.id))"

_SELECT = f"""
    SELECT m.id, m.email, m.team_id, m.joined_at, t.name AS team_name, mo.id AS model_id,
        mo.title, mo.status AS model_status,
        CASE WHEN mo.status = 'active' THEN 'finished'
             WHEN mo.status = 'onboarding' AND NOT {STARTED} THEN 'accepted'
             ELSE 'pending' END AS status
    FROM members m
    JOIN models mo ON mo.seq =
        (SELECT max(seq) FROM models WHERE member_id = m.id AND status != 'deleted')
    LEFT JOIN teams t ON t.id = m.team_id
"""  # noqa: S608  # nosec B608  # BEGUN is a constant of this module


@dataclass(frozen=True, slots=True)
class Member:
    """A member with the newest undeleted session. `status` is accepted, pending or finished."""

    id: str
    email: str
    name: str | None
    status: str
    team_id: str | None
    team_name: str | None
    model_id: str
    model_status: str
    joined_at: str


def normalize_email(email: str) -> str:
    """Return the form in which e-mail addresses are compared."""
    return email.strip().lower()


def find_member_id(db: Connection, email: str) -> str | None:
    """Find a member's id by e-mail address."""
    row = db.execute("SELECT id FROM members WHERE email_key = ?", (normalize_email(email),)).fetchone()
    return None if row is None else str(row["id"])


def create_member(db: Connection, email: str, team_id: str | None, now: str) -> str:
    """Insert a member and return the id."""
    member_id = ids.generate_object_id()
    db.execute(
        "INSERT INTO members (id, uid, email, email_key, team_id, joined_at) VALUES (?, ?, ?, ?, ?, ?)",
        (member_id, ids.generate_member_uid(), email, normalize_email(email), team_id, now),
    )
    return member_id


def set_team(db: Connection, emails: Iterable[str], team_id: str) -> int:
    """Set the team of members and return their number. Unknown addresses are skipped."""
    keys = {normalize_email(email) for email in emails}
    moved = 0
    for key in keys:
        moved += db.execute("UPDATE members SET team_id = ? WHERE email_key = ?", (team_id, key)).rowcount
    return moved


def list_members(db: Connection, status: str | None, limit: int, offset: int) -> tuple[list[Member], int]:
    """List one page of members, newest first, with the total."""
    where = "" if status is None else "WHERE status = :status"
    values = {"status": status, "limit": limit, "offset": offset}
    total = db.execute(f"SELECT count(*) FROM ({_SELECT}) {where}", values).fetchone()[0]  # noqa: S608  # nosec B608  # constants and bound values
    rows = db.execute(
        f"SELECT * FROM ({_SELECT} ORDER BY m.seq DESC) {where} LIMIT :limit OFFSET :offset",  # noqa: S608  # nosec B608  # constants and bound values
        values,
    )
    return [_build_member(row) for row in rows], total


def _build_member(row: dict[str, str]) -> Member:
    return Member(
        row["id"],
        row["email"],
        row["title"] if row["model_status"] != "onboarding" else None,
        row["status"],
        row["team_id"],
        row["team_name"],
        row["model_id"],
        row["model_status"],
        row["joined_at"],
    )
