"""Webhook deliveries and their attempts: the outbox; how one is sent is the sender's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.store.database import Connection, Row

_CHANGEABLE = frozenset({"state", "due_at", "tries", "held", "signed_at"})


FOR_THE_NEXT = 1
"""Held back until a later delivery of the same model has passed, or its time comes."""

FOR_A_TIME = 2
"""Held back until its time comes."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way; state is waiting, delivered, lost, dropped or unaddressed."""

    seq: int
    id: str
    model_id: str
    event: str
    body: str
    created_at: str
    state: str
    due_at: str | None
    tries: int
    held: bool
    signed_at: int | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try; outcome is acknowledged, refused, timeout or unreachable; time in milliseconds."""

    delivery_id: str
    at: str
    url: str
    http_status: int | None
    outcome: str
    fault: str | None
    milliseconds: int


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """An event as it was rendered when it happened."""

    id: str
    model_id: str
    event: str
    body: str
    created_at: str


def insert(db: Connection, new: NewDelivery) -> None:
    """Put an event into the outbox, due at once."""
    db.execute(
        "INSERT INTO deliveries (id, model_id, event, body, created_at, state, due_at)"
        " VALUES (?, ?, ?, ?, ?, 'waiting', ?)",
        (new.id, new.model_id, new.event, new.body, new.created_at, new.created_at),
    )


def change(db: Connection, delivery_id: str, **columns: Any) -> None:
    """Set columns of one delivery."""
    unknown = columns.keys() - _CHANGEABLE
    if unknown:
        raise TypeError(f"not columns that change: {sorted(unknown)}")
    sets = ", ".join(f"{name} = :{name}" for name in columns)
    values = {**columns, "delivery_id": delivery_id}
    db.execute(f"UPDATE deliveries SET {sets} WHERE id = :delivery_id", values)  # noqa: S608  # nosec B608  # columns of a fixed set, values bound


def due(db: Connection, now: str, limit: int) -> list[Delivery]:
    """Return deliveries to try now, in the order of their events."""
    rows = db.execute("SELECT * FROM deliveries WHERE due_at <= ? ORDER BY seq LIMIT ?", (now, limit))
    return [_delivery(row) for row in rows]


def next_due(db: Connection) -> str | None:
    """Return when the next delivery is due."""
    found: str | None = db.execute("SELECT min(due_at) FROM deliveries WHERE due_at IS NOT NULL").fetchone()[0]
    return found


def by_id(db: Connection, delivery_id: str) -> Delivery | None:
    """Return one delivery."""
    row = db.execute("SELECT * FROM deliveries WHERE id = ?", (delivery_id,)).fetchone()
    return None if row is None else _delivery(row)


def newest(db: Connection, limit: int) -> list[Delivery]:
    """Return the newest deliveries, newest first."""
    rows = db.execute("SELECT * FROM deliveries ORDER BY seq DESC LIMIT ?", (limit,))
    return [_delivery(row) for row in rows]


def scheduled(db: Connection) -> list[tuple[str, str]]:
    """Return (id, due_at) of every delivery still to be tried."""
    rows = db.execute("SELECT id, due_at FROM deliveries WHERE due_at IS NOT NULL")
    return [(row["id"], row["due_at"]) for row in rows]


def release_held(db: Connection, delivery: Delivery, now: str) -> None:
    """Let go of older deliveries of the same model that were waiting for this one to pass."""
    db.execute(
        "UPDATE deliveries SET due_at = :now"
        " WHERE model_id = :model_id AND held = :held AND tries = 0 AND due_at > :now AND seq < :seq",
        {"now": now, "model_id": delivery.model_id, "held": FOR_THE_NEXT, "seq": delivery.seq},
    )


def add_attempt(db: Connection, attempt: Attempt) -> None:
    """Write one try into the log."""
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


def attempts_of(db: Connection, delivery_id: str) -> list[Attempt]:
    """Return the tries of one delivery, oldest first."""
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


def _delivery(row: Row) -> Delivery:
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
