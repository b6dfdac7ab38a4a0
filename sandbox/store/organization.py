"""The one organisation and its balance; credits are kept in quarters so that no float ever counts them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sandbox.store.database import Connection

QUARTER = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Organization:
    """Who the API key belongs to."""

    uid: str
    name: str
    website: str
    credits: Decimal


def find(db: Connection) -> Organization | None:
    """Return the organisation, None in a fresh database."""
    row = db.execute("SELECT * FROM organization").fetchone()
    if row is None:
        return None
    return Organization(row["uid"], row["name"], row["website"], row["credit_quarters"] * QUARTER)


def get(db: Connection) -> Organization:
    """Return the organisation.

    Raises:
        LookupError: the database was never seeded.
    """
    found = find(db)
    if found is None:
        raise LookupError("the sandbox has no organisation")
    return found


def create(db: Connection, uid: str, name: str, website: str) -> None:
    """Add the organisation, without credits."""
    db.execute("INSERT INTO organization VALUES (?, ?, ?, 0)", (uid, name, website))


def rename(db: Connection, name: str) -> None:
    """Give the organisation another name."""
    db.execute("UPDATE organization SET name = ?", (name,))


def set_credits(db: Connection, credits: Decimal) -> None:
    """Set the balance, in steps of a quarter."""
    db.execute("UPDATE organization SET credit_quarters = ?", (int(credits / QUARTER),))


def charge(db: Connection, credits: Decimal) -> bool:
    """Take credits; False (and nothing taken) when there are too few."""
    quarters = int(credits / QUARTER)
    taken = db.execute(
        "UPDATE organization SET credit_quarters = credit_quarters - ? WHERE credit_quarters >= ?",
        (quarters, quarters),
    )
    return taken.rowcount == 1
