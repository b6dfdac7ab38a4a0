"""What people uploaded: rows here, bytes in the picture folder."""

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


def insert(db: Connection, model_id: str, filename: str, size: tuple[int, int], now: str) -> str:
    """Add an upload and return its id."""
    upload_id = ids.object_id()
    db.execute(
        "INSERT INTO uploads (id, model_id, filename, width, height, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (upload_id, model_id, filename, *size, now),
    )
    return upload_id


def of_model(db: Connection, model_id: str) -> list[Upload]:
    """Return a model's uploads, oldest first."""
    rows = db.execute("SELECT id, filename, width, height FROM uploads WHERE model_id = ? ORDER BY seq", (model_id,))
    return [Upload(row["id"], row["filename"], row["width"], row["height"]) for row in rows]


def exists(db: Connection, model_id: str, upload_id: str) -> bool:
    """Tell whether this upload belongs to this model."""
    sql = "SELECT 1 FROM uploads WHERE model_id = ? AND id = ?"
    return db.execute(sql, (model_id, upload_id)).fetchone() is not None


def delete(db: Connection, model_id: str, upload_id: str) -> bool:
    """Forget one upload; False if there was none."""
    sql = "DELETE FROM uploads WHERE model_id = ? AND id = ?"
    return db.execute(sql, (model_id, upload_id)).rowcount == 1


def delete_all(db: Connection, model_id: str) -> None:
    """Forget every upload of a model."""
    db.execute("DELETE FROM uploads WHERE model_id = ?", (model_id,))
