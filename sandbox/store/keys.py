"""API keys. Only a digest is stored, so a key can be shown only once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The part of a key that can be shown later: its last four characters and its creation time."""

    id: str
    hint: str
    created_at: str


def find_key(db: Connection) -> ApiKey | None:
    """Find the current key. An organization has at most one."""
    row = db.execute("SELECT id, hint, created_at FROM api_keys").fetchone()
    return None if row is None else ApiKey(row["id"], row["hint"], row["created_at"])


def replace_key(db: Connection, key: str, now: str) -> None:
    """Replace the key. The previous one is invalid immediately."""
    delete_key(db)
    db.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?)", (ids.generate_object_id(), _hash_key(key), key[-4:], now))


def delete_key(db: Connection) -> None:
    """Delete the key."""
    db.execute("DELETE FROM api_keys")


def is_valid_key(db: Connection, key: str) -> bool:
    """Return whether this is the current key."""
    found = db.execute("SELECT 1 FROM api_keys WHERE digest = ?", (_hash_key(key),)).fetchone()
    return found is not None


def _hash_key(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
