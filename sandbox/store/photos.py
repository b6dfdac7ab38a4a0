"""Generated photos. Their bytes are in `picture_files`, their URLs in `photo_urls`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.store.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Photo:
    """One generated photo. `status` is active or deleted, `liked_status` none, liked or loved."""

    id: str
    model_id: str
    status: str
    liked_status: str
    created_at: str
    url_epoch: int


@dataclass(frozen=True, slots=True)
class Favorite:
    """A favorite photo and its person."""

    photo: Photo
    email: str
    title: str
    team_id: str | None
    team_name: str | None


_SELECT = "SELECT p.*, mo.url_epoch FROM photos p JOIN models mo ON mo.id = p.model_id"


def create_photos(db: Connection, model_id: str, photo_ids: Sequence[str], now: str) -> None:
    """Insert photos in gallery order."""
    db.executemany(
        "INSERT INTO photos (id, model_id, created_at) VALUES (?, ?, ?)",
        [(photo_id, model_id, now) for photo_id in photo_ids],
    )


def list_photos(
    db: Connection,
    model_id: str,
    *,
    status: str = "active",
    liked_status: str | None = None,
    limit: int = -1,
    offset: int = 0,
) -> tuple[list[Photo], int]:
    """List one page of a model's photos in gallery order, with the total. A limit of -1 is no limit."""
    where = "p.model_id = :model_id AND p.status = :status"
    if liked_status is not None:
        where += " AND p.liked_status = :liked_status"
    values = {
        "model_id": model_id,
        "status": status,
        "liked_status": liked_status,
        "limit": limit,
        "offset": offset,
    }
    total = db.execute(f"SELECT count(*) FROM photos p WHERE {where}", values).fetchone()[0]  # noqa: S608  # nosec B608  # constants and bound values
    rows = db.execute(f"{_SELECT} WHERE {where} ORDER BY p.seq LIMIT :limit OFFSET :offset", values)
    return [_build_photo(row) for row in rows], total


def find_photo(db: Connection, model_id: str, photo_id: str) -> Photo | None:
    """Find one photo of a model, deleted or not."""
    row = db.execute(f"{_SELECT} WHERE p.model_id = ? AND p.id = ?", (model_id, photo_id)).fetchone()
    return None if row is None else _build_photo(row)


def count_photos(db: Connection, model_id: str) -> int:
    """Count the undeleted photos of a model."""
    sql = "SELECT count(*) FROM photos WHERE model_id = ? AND status = 'active'"
    number: int = db.execute(sql, (model_id,)).fetchone()[0]
    return number


def set_liked_status(db: Connection, model_id: str, photo_id: str, liked_status: str) -> None:
    """Set the rating of one photo."""
    sql = "UPDATE photos SET liked_status = ? WHERE model_id = ? AND id = ?"
    db.execute(sql, (liked_status, model_id, photo_id))


def set_status(db: Connection, model_id: str, photo_id: str, status: str) -> None:
    """Set the status of one photo."""
    db.execute("UPDATE photos SET status = ? WHERE model_id = ? AND id = ?", (status, model_id, photo_id))


def delete_photos(db: Connection, model_id: str) -> None:
    """Delete all photos of a model."""
    db.execute("DELETE FROM photos WHERE model_id = ?", (model_id,))


def list_favorites(db: Connection, team_id: str | None, limit: int, offset: int) -> tuple[list[Favorite], int]:
    """List one page of the organization's favorites, newest session first, with the total."""
    source = """FROM photos p JOIN models mo ON mo.favorite_photo_id = p.id AND mo.status != 'deleted'
        JOIN members m ON m.id = mo.member_id LEFT JOIN teams t ON t.id = m.team_id
        WHERE p.status = 'active'"""
    if team_id is not None:
        source += " AND m.team_id = :team_id"
    values = {"team_id": team_id, "limit": limit, "offset": offset}
    total = db.execute(f"SELECT count(*) {source}", values).fetchone()[0]
    columns = "p.*, mo.url_epoch, mo.title, m.email, m.team_id, t.name AS team_name"
    rows = db.execute(
        f"SELECT {columns} {source} ORDER BY mo.seq DESC LIMIT :limit OFFSET :offset",
        values,
    )
    return [
        Favorite(_build_photo(row), row["email"], row["title"], row["team_id"], row["team_name"]) for row in rows
    ], total


def _build_photo(row: Row) -> Photo:
    return Photo(row["id"], row["model_id"], row["status"], row["liked_status"], row["created_at"], row["url_epoch"])
