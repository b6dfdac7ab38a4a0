"""Teams of the organisation; names are unique, case counts."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from sandbox import ids
from sandbox.store.database import Connection


@dataclass(frozen=True, slots=True)
class Team:
    """A team."""

    id: str
    name: str


class DuplicateTeamError(Exception):
    """Another team has this name."""


def all_teams(db: Connection) -> list[Team]:
    """Return every team, oldest first."""
    return [Team(row["id"], row["name"]) for row in db.execute("SELECT id, name FROM teams ORDER BY seq")]


def exists(db: Connection, team_id: str) -> bool:
    """Tell whether there is such a team."""
    return db.execute("SELECT 1 FROM teams WHERE id = ?", (team_id,)).fetchone() is not None


def create(db: Connection, name: str) -> str:
    """Add a team and return its id.

    Raises:
        DuplicateTeamError: the name is taken.
    """
    team_id = ids.team_id()
    try:
        db.execute("INSERT INTO teams (id, name) VALUES (?, ?)", (team_id, name))
    except sqlite3.IntegrityError as exc:
        raise DuplicateTeamError from exc
    return team_id


def rename(db: Connection, team_id: str, name: str) -> None:
    """Give a team another name; its own name again is fine.

    Raises:
        DuplicateTeamError: the name is taken.
    """
    try:
        db.execute("UPDATE teams SET name = ? WHERE id = ?", (name, team_id))
    except sqlite3.IntegrityError as exc:
        raise DuplicateTeamError from exc


def delete(db: Connection, team_id: str) -> None:
    """Remove a team; its members stay, without a team."""
    db.execute("DELETE FROM teams WHERE id = ?", (team_id,))
