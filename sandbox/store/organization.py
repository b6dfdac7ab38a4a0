"""The organization and its balance. Credits are stored as integer quarters to avoid floats."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sandbox.store.database import Connection

QUARTER = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Organization:
    """The owner of the API key."""

    uid: str
    name: str
    website: str
    credits: Decimal


def find_organization(db: Connection) -> Organization | None:
    """Find the organization. None in a new database."""
    row = db.execute("SELECT * FROM organization").fetchone()
    if row is None:
        return None
    return Organization(row["uid"], row["name"], row["website"], row["credit_quarters"] * QUARTER)


def get_organization(db: Connection) -> Organization:
    """Return the organization.

    Raises:
        LookupError: the database is empty.
    """
    found = find_organization(db)
    if found is None:
        raise LookupError("the sandbox has no organization")
    return found


def create_organization(db: Connection, uid: str, name: str, website: str) -> None:
    """Insert the organization without credits."""
    db.execute("INSERT INTO organization VALUES (?, ?, ?, 0)", (uid, name, website))


def rename_organization(db: Connection, name: str) -> None:
    """Update the name of the organization."""
    db.execute("UPDATE organization SET name = ?", (name,))


def set_credits(db: Connection, credits: Decimal) -> None:
    """Set the balance, in steps of a quarter."""
    db.execute("UPDATE organization SET credit_quarters = ?", (int(credits / QUARTER),))


def charge_credits(db: Connection, credits: Decimal) -> bool:
    """Subtract credits. Return False, without a change, if there are too few."""
    quarters = int(credits / QUARTER)
    result = db.execute(
        "UPDATE organization SET credit_quarters = credit_quarters - ? WHERE credit_quarters >= ?",
        (quarters, quarters),
    )
    return result.rowcount == 1
