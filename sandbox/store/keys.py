"""API keys: only a digest is kept, so a key can be shown once and never again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be shown about a key later: its last four characters and its age."""

    id: str
    hint: str
    created_at: str


def current(db: Connection) -> ApiKey | None:
    """Return the key in force; an organisation has one at most."""
    row = db.execute("SELECT id, hint, created_at FROM api_keys").fetchone()
    return None if row is None else ApiKey(row["id"], row["hint"], row["created_at"])


def replace(db: Connection, key: str, now: str) -> None:
    """Make this the only key; the one before stops working at once."""
    delete(db)
    db.execute("INSERT INTO api_keys VALUES (?, ?, ?, ?)", (ids.object_id(), _digest(key), key[-4:], now))


def delete(db: Connection) -> None:
    """Have no key."""
    db.execute("DELETE FROM api_keys")


def is_valid(db: Connection, key: str) -> bool:
    """Tell whether this is the key in force."""
    found = db.execute("SELECT 1 FROM api_keys WHERE digest = ?", (_digest(key),)).fetchone()
    return found is not None


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
