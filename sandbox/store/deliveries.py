"""Webhook deliveries and their attempts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.store.database import Connection, Row

_UPDATABLE_COLUMNS = frozenset({"state", "due_at", "tries", "held", "signed_at"})


HELD_UNTIL_NEXT = 1
"""Held until a later delivery of the same model was sent, or until its time."""

HELD_UNTIL_TIME = 2
"""Held until its time."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event to send. `state` is waiting, delivered, lost, dropped or unaddressed."""

    seq: int
    id: str
    model_id: str
    event: str
    body: str
    created_at: str
    state: str
    due_at: str | None
    tries: int
    hold_kind: bool
    signed_at: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `outcome` is acknowledged, refused, timeout or unreachable."""

    delivery_id: str
    at: str
    url: str
    http_status: int | None
    outcome: str
    fault: str | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """A rendered event."""

    id: str
    model_id: str
    event: str
    body: str
    created_at: str


def create_delivery(db: Connection, new: NewDelivery) -> None:
    """Insert a delivery that is due immediately."""
    db.execute(
        "INSERT INTO deliveries (id, model_id, event, body, created_at, state, due_at)"
        " VALUES (?, ?, ?, ?, ?, 'waiting', ?)",
        (new.id, new.model_id, new.event, new.body, new.created_at, new.created_at),
    )


def update_delivery(db: Connection, delivery_id: str, **columns: Any) -> None:
    """Update columns of one delivery."""
    unknown = columns.keys() - _UPDATABLE_COLUMNS
    if unknown:
        raise TypeError(f"not updatable columns: {sorted(unknown)}")
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    values = {**columns, "delivery_id": delivery_id}
    db.execute(f"UPDATE deliveries SET {sets} WHERE id = :delivery_id", values)  # noqa: S608  # nosec B608  # columns of a fixed set, values bound


def list_due(db: Connection, now: str, limit: int) -> list[Delivery]:
    """List due deliveries in the order of their events."""
    rows = db.execute("SELECT * FROM deliveries WHERE due_at <= ? ORDER BY seq LIMIT ?", (now, limit))
    return [_build_delivery(row) for row in rows]


def find_next_due_at(db: Connection) -> str | None:
    """Return the time of the next due delivery."""
    found: str | None = db.execute("SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL").fetchone()[0]
    return found


def find_delivery(db: Connection, delivery_id: str) -> Delivery | None:
    """Find one delivery."""
    row = db.execute("SELECT * FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    return None if row is None else _build_delivery(row)


def list_newest(db: Connection, limit: int) -> list[Delivery]:
    """List the newest deliveries, newest first."""
    rows = db.execute("SELECT * FROM deliveries ORDER BY seq DESC LIMIT ?", (limit,))
    return [_build_delivery(row) for row in rows]


def list_scheduled(db: Connection) -> list[tuple[str, str]]:
    """List (id, due_at) of all deliveries that are not finished."""
    rows = db.execute("SELECT id, due_at FROM deliveries WHERE due_at IS NOT NULL")
    return [(row["id"], row["due_at"]) for row in rows]


def release_held_deliveries(db: Connection, delivery: Delivery, now: str) -> None:
    """Make older deliveries of the same model due that were held until this one was sent."""
    db.execute(
        "UPDATE deliveries SET due_at = :now"
        " WHERE model_id = :model_id AND held = :held AND tries = 0 AND due_at > :now AND seq < :seq",
        {"now": now, "model_id": delivery.model_id, "held": HELD_UNTIL_NEXT, "seq": delivery.seq},
    )


def create_attempt(db: Connection, attempt: Attempt) -> None:
    """Insert one attempt."""
    db.execute(
        "INSERT INTO attempts (delivery_id, at, url, http_status, outcome, fault, milliseconds)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            attempt.delivery_id,
            attempt.at,
            attempt.url,
            attempt.http_status,
            attempt.outcome,
            attempt.fault,
            attempt.milliseconds,
        ),
    )


def list_attempts(db: Connection, delivery_id: str) -> list[Attempt]:
    """List the attempts of one delivery, oldest first."""
    rows = db.execute("SELECT * FROM attempts WHERE delivery_id = ? ORDER BY seq", (delivery_id,))
    return [
        Attempt(
            row["delivery_id"],
            row["at"],
            row["url"],
            row["http_status"],
            row["outcome"],
            row["fault"],
            row["milliseconds"],
        )
        for row in rows
    ]


def _build_delivery(row: Row) -> Delivery:
    return Delivery(
        row["seq"],
        row["id"],
        row["model_id"],
        row["event"],
        row["body"],
        row["created_at"],
        row["state"],
        row["due_at"],
        row["tries"],
        bool(row["held"]),
        row["signed_at"],
    )
