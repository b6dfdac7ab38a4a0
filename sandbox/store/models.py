"""Models, the API's term for the session of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox import ids
from sandbox.store.database import Connection, Row
from sandbox.store.members import STARTED

_SELECT = f"""
    SELECT mo.*, {STARTED} AS is_started, m.uid, m.email, m.team_id, t.name AS team_name
    FROM models mo JOIN members m ON m.id = mo.member_id LEFT JOIN teams t ON t.id = m.team_id
"""  # noqa: S608  # nosec B608  # BEGUN is a constant

_UPDATABLE_COLUMNS = frozenset(
    {
        "status",
        "title",
        "trigger_word",
        "free_shoot",
        "run",
        "token",
        "token_at",
        "token_dead",
        "next_at",
        "url_epoch",
        "favorite_photo_id",
        "finished_at",
        "deleted_at",
    }
)


@dataclass(frozen=True, slots=True)
class Model:
    """One session. Times are ISO strings. `next_at` is the time of the next step, `run` counts restarts."""

    id: str
    member_id: str
    uid: str
    email: str
    team_id: str | None
    team_name: str | None
    status: str
    title: str
    trigger: str
    version: str | None
    is_development: bool
    by_invite: bool
    is_started: bool
    free_shoot: bool
    run: int
    token: str
    token_at: str
    token_dead: bool
    next_at: str | None
    url_epoch: int
    favorite_photo_id: str | None
    created_at: str
    finished_at: str | None
    deleted_at: str | None
    invite_expires_at: str | None


@dataclass(frozen=True, slots=True)
class NewModel:
    """The values of a new session."""

    member_id: str
    is_development: bool
    version: str | None
    by_invite: bool
    created_at: str
    invite_expires_at: str | None


def create_model(db: Connection, new: NewModel) -> str:
    """Insert a model in onboarding with a new token and return its id."""
    model_id = ids.generate_object_id()
    db.execute(
        "INSERT INTO models (id, member_id, status, version, is_development, by_invite, token, token_at,"
        " created_at, invite_expires_at) VALUES (?, ?, 'onboarding', ?, ?, ?, ?, ?, ?, ?)",
        (
            model_id,
            new.member_id,
            new.version,
            new.is_development,
            new.by_invite,
            ids.generate_session_token(),
            new.created_at,
            new.created_at,
            new.invite_expires_at,
        ),
    )
    return model_id


def update_model(db: Connection, model_id: str, **columns: Any) -> None:
    """Update columns of one model."""
    unknown = columns.keys() - _UPDATABLE_COLUMNS
    if unknown:
        raise TypeError(f"not updatable columns: {sorted(unknown)}")
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    db.execute(f"UPDATE models SET {sets} WHERE id = :model_id", {**columns, "model_id": model_id})  # noqa: S608  # nosec B608  # a fixed set


def find_model(db: Connection, model_id: str) -> Model | None:
    """Find a model, deleted or not."""
    return _build_optional_model(db.execute(f"{_SELECT} WHERE mo.id = ?", (model_id,)).fetchone())


def find_by_token(db: Connection, token: str) -> Model | None:
    """Find the model of a signed URL."""
    return _build_optional_model(db.execute(f"{_SELECT} WHERE mo.token = ?", (token,)).fetchone())


def find_newest_model(db: Connection, member_id: str) -> Model | None:
    """Find a member's newest undeleted model."""
    where = "WHERE mo.member_id = ? AND mo.status != 'deleted' ORDER BY mo.seq DESC LIMIT 1"
    return _build_optional_model(db.execute(f"{_SELECT} {where}", (member_id,)).fetchone())


def list_models(
    db: Connection, status: str | None, team_id: str | None, limit: int, offset: int
) -> tuple[list[Model], int]:
    """List one page of models, newest first, with the total. Deleted ones only if requested by status."""
    where = "mo.status != 'deleted'" if status is None else "mo.status = :status"
    if team_id is not None:
        where += " AND m.team_id = :team_id"
    values = {"status": status, "team_id": team_id, "limit": limit, "offset": offset}
    total = db.execute(
        f"SELECT count(*) FROM models mo JOIN members m ON m.id = mo.member_id WHERE {where}",  # noqa: S608  # nosec B608  # constants and bound values
        values,
    ).fetchone()[0]
    rows = db.execute(f"{_SELECT} WHERE {where} ORDER BY mo.seq DESC LIMIT :limit OFFSET :offset", values)
    return [_build_model(row) for row in rows], total


def list_newest(db: Connection, limit: int) -> list[Model]:
    """List the newest models, including deleted ones."""
    return [_build_model(row) for row in db.execute(f"{_SELECT} ORDER BY mo.seq DESC LIMIT ?", (limit,))]


def list_due(db: Connection, now: str) -> list[Model]:
    """List models whose next step is due, earliest first."""
    return [_build_model(row) for row in db.execute(f"{_SELECT} WHERE mo.next_at <= ? ORDER BY mo.next_at", (now,))]


def find_next_due_at(db: Connection, now: str) -> str | None:
    """Return the time of the first step after `now`."""
    sql = "SELECT min(next_at) FROM models WHERE next_at > ?"
    found: str | None = db.execute(sql, (now,)).fetchone()[0]
    return found


def list_scheduled(db: Connection) -> list[tuple[str, str]]:
    """List (id, next_at) of all models with a next step."""
    rows = db.execute("SELECT id, next_at FROM models WHERE next_at IS NOT NULL")
    return [(row["id"], row["next_at"]) for row in rows]


def _build_optional_model(row: Row | None) -> Model | None:
    return None if row is None else _build_model(row)


def _build_model(row: Row) -> Model:
    return Model(
        row["id"],
        row["member_id"],
        row["uid"],
        row["email"],
        row["team_id"],
        row["team_name"],
        row["status"],
        row["title"],
        row["trigger_word"],
        row["version"],
        bool(row["is_development"]),
        bool(row["by_invite"]),
        bool(row["is_started"]),
        bool(row["free_shoot"]),
        row["run"],
        row["token"],
        row["token_at"],
        bool(row["token_dead"]),
        row["next_at"],
        row["url_epoch"],
        row["favorite_photo_id"],
        row["created_at"],
        row["finished_at"],
        row["deleted_at"],
        row["invite_expires_at"],
    )
