"""The one request budget all processes share, and the log of the calls made from it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import Double, Identity, delete, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db

# Part of the provider's limit that is used at all, and the burst, as parts of a minute's worth. A bucket lets
# its burst and a minute's refill through in the worst minute: 0.8 + 0.13 stays under the limit.
USED = 0.8
BURST = 0.13
# However small the limit, this many calls may follow each other at once.
SMALLEST_BURST = 3
# Background work leaves this part of the burst to people who wait in front of a screen.
KEPT_FOR_PEOPLE = 0.5


class ProviderBudget(Base):
    """The bucket: one row."""

    __tablename__ = "provider_budget"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    limit_per_minute: Mapped[int]
    tokens: Mapped[float] = mapped_column(Double)
    filled_at: Mapped[datetime]
    closed_until: Mapped[datetime | None]


class ProviderCall(Base):
    """One call that went out: what and how it ended; no ids, no bodies."""

    __tablename__ = "provider_calls"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    method: Mapped[str]
    path_template: Mapped[str]
    status: Mapped[int | None]
    duration_ms: Mapped[float] = mapped_column(Double)
    budget_left: Mapped[int | None]


_OPEN = text(
    """
    INSERT INTO provider_budget (id, limit_per_minute, tokens, filled_at)
    VALUES (1, :limit, GREATEST(CAST(:limit AS double precision) * :burst, :smallest), :now)
    ON CONFLICT (id) DO UPDATE SET limit_per_minute = EXCLUDED.limit_per_minute
    """
)

# One statement under the row's lock: refill by the time passed, take one if there is one to take.
_TAKE = text(
    """
    WITH bucket AS (
        SELECT id, limit_per_minute, GREATEST(limit_per_minute * :burst, :smallest) AS capacity,
               LEAST(GREATEST(limit_per_minute * :burst, :smallest),
                     tokens + GREATEST(0, EXTRACT(EPOCH FROM CAST(:now AS timestamptz) - filled_at))
                              * limit_per_minute * :used / 60) AS tokens,
               GREATEST(filled_at, :now) AS filled_at,
               closed_until
        FROM provider_budget WHERE id = 1 FOR UPDATE
    ), decision AS (
        SELECT *, tokens >= 1 + :kept * (capacity - 1)
                  AND (closed_until IS NULL OR closed_until <= :now) AS granted
        FROM bucket
    )
    UPDATE provider_budget AS b
    SET tokens = d.tokens - CASE WHEN d.granted THEN 1 ELSE 0 END, filled_at = d.filled_at
    FROM decision AS d WHERE b.id = d.id
    RETURNING d.granted, d.tokens, d.limit_per_minute, d.capacity, d.closed_until
    """
)

_FOLLOW = text("UPDATE provider_budget SET limit_per_minute = :limit WHERE id = 1 AND limit_per_minute <> :limit")
_CLOSE = text("UPDATE provider_budget SET closed_until = :until WHERE id = 1")
_RECORD = text(
    """
    INSERT INTO provider_calls (at, method, path_template, status, duration_ms, budget_left)
    VALUES (:at, :method, :path_template, :status, :duration_ms, :budget_left)
    """
)


def open_bucket(limit_per_minute: int, now: datetime) -> None:
    """Make sure the bucket exists and follows the configured limit."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_OPEN, {"limit": limit_per_minute, "burst": BURST, "smallest": SMALLEST_BURST, "now": now})


def take(priority: Literal["interactive", "background"], now: datetime, limit_per_minute: int) -> tuple[bool, float]:
    """Take leave for one call, on a connection of its own: a caller's rollback must not give it back.

    Returns:
        Whether it was granted, and then the calls left in the burst, or else the seconds to wait.
    """
    kept = 0.0 if priority == "interactive" else KEPT_FOR_PEOPLE
    values = {"now": now, "used": USED, "burst": BURST, "smallest": SMALLEST_BURST, "kept": kept}
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_TAKE, values).one_or_none()
        if row is None:
            open_bucket(limit_per_minute, now)
            row = connection.execute(_TAKE, values).one()
    granted, tokens, limit, capacity, closed_until = row
    if granted:
        return True, float(tokens) - 1
    if closed_until is not None and closed_until > now:
        return False, float((closed_until - now).total_seconds())
    missing = 1 + kept * (capacity - 1) - tokens
    return False, max(float(missing) / (limit * USED / 60), 0.05)


def follow(limit_per_minute: int) -> None:
    """Let the bucket follow another limit from now on."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_FOLLOW, {"limit": limit_per_minute})


def close_until(until: datetime) -> None:
    """Let nobody call before ``until``: the provider's own count says that the minute is used up."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_CLOSE, {"until": until})


def record(
    *,
    at: datetime,
    method: str,
    path_template: str,
    status: int | None,
    duration_ms: float,
    budget_left: int | None,
) -> None:
    """Write down one call."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(
            _RECORD,
            {
                "at": at,
                "method": method,
                "path_template": path_template,
                "status": status,
                "duration_ms": duration_ms,
                "budget_left": budget_left,
            },
        )


def forget_calls(before: datetime) -> int:
    """Delete the calls made before this moment."""
    query = delete(ProviderCall).where(ProviderCall.at < before).returning(ProviderCall.id)
    return len(db.session.scalars(query).all())
