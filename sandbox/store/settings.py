"""Named JSON values that outlive a restart: switches, webhook address, clock offset, signing secrets."""

from __future__ import annotations

import json
from typing import Any

from sandbox.store.database import Connection


def get(db: Connection, name: str) -> Any:
    """Return the value, or None if it was never set."""
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else json.loads(row["value"])


def put(db: Connection, name: str, value: Any) -> None:
    """Set the value; None forgets it."""
    if value is None:
        db.execute("DELETE FROM settings WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))
