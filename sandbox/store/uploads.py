"""Uploaded photos. Their bytes are in `picture_files`."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection


@dataclass(frozen=True, slots=True)
class Upload:
    """One uploaded photo; size in pixels."""

    id: str
    filename: str
    width: int
    height: int


def create_upload(db: Connection, model_id: str, filename: str, size: tuple[int, int], now: str) -> str:
    """Insert an upload and return its id."""
    upload_id = ids.generate_object_id()
    db.execute(
        "INSERT INTO uploads (id, model_id, filename, width, height, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (upload_id, model_id, filename, *size, now),
    )
    return upload_id


def list_uploads(db: Connection, model_id: str) -> list[Upload]:
    """List a model's uploads, oldest first."""
    rows = db.execute("SELECT id, filename, width, height FROM uploads WHERE model_id = ? ORDER BY seq", (model_id,))
    return [Upload(row["id"], row["filename"], row["width"], row["height"]) for row in rows]


def has_upload(db: Connection, model_id: str, upload_id: str) -> bool:
    """Return whether the model has this upload."""
    sql = "SELECT 1 FROM uploads WHERE model_id = ? AND id = ?"
    return db.execute(sql, (model_id, upload_id)).fetchone() is not None


def delete_upload(db: Connection, model_id: str, upload_id: str) -> bool:
    """Delete one upload. Return False if it does not exist."""
    sql = "DELETE FROM uploads WHERE model_id = ? AND id = ?"
    return db.execute(sql, (model_id, upload_id)).rowcount == 1


def delete_uploads(db: Connection, model_id: str) -> None:
    """Delete all uploads of a model."""
    db.execute("DELETE FROM uploads WHERE model_id = ?", (model_id,))
