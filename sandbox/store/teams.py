"""Teams of the organization. Names are unique and case-sensitive."""

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


def list_teams(db: Connection) -> list[Team]:
    """List all teams, oldest first."""
    return [Team(row["id"], row["name"]) for row in db.execute("SELECT id, name FROM teams ORDER BY seq")]


def has_team(db: Connection, team_id: str) -> bool:
    """Return whether a team with this id exists."""
    return db.execute("SELECT 1 FROM teams WHERE id = ?", (team_id,)).fetchone() is not None


def create_team(db: Connection, name: str) -> str:
    """Insert a team and return its id.

    Raises:
        DuplicateTeamError: the name is taken.
    """
    team_id = ids.generate_team_id()
    try:
        db.execute("INSERT INTO teams (id, name) VALUES (?, ?)", (team_id, name))
    except sqlite3.IntegrityError as exc:
        raise DuplicateTeamError from exc
    return team_id


def rename_team(db: Connection, team_id: str, name: str) -> None:
    """Update the name of a team. The current name is allowed.

    Raises:
        DuplicateTeamError: the name is taken.
    """
    try:
        db.execute("UPDATE teams SET name = ? WHERE id = ?", (name, team_id))
    except sqlite3.IntegrityError as exc:
        raise DuplicateTeamError from exc


def delete_team(db: Connection, team_id: str) -> None:
    """Delete a team. Its members stay without a team."""
    db.execute("DELETE FROM teams WHERE id = ?", (team_id,))
