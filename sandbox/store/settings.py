"""Named JSON values that survive a restart: switches, webhook URL, clock offset and secrets."""

from __future__ import annotations

import json
from typing import Any

from sandbox.store.database import Connection


def get_setting(db: Connection, name: str) -> Any:
    """Return the value, or None if it is not set."""
    row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else json.loads(row["value"])


def set_setting(db: Connection, name: str, value: Any) -> None:
    """Set the value. None deletes it."""
    if value is None:
        db.execute("DELETE FROM settings WHERE name = ?", (name,))
    else:
        db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, json.dumps(value)))
