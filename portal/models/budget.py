"""The request budget that all processes share."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, Double, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db

# Shares of the provider's limit per minute: the refill rate and the burst. In the worst minute a bucket lets its burst
# and a minute's refill through: 0.8 + 0.13 stays under the limit.
USED_SHARE = 0.8
BURST_SHARE = 0.13
# Smallest burst, for small limits.
MIN_BURST = 3
# Share of the burst that background work leaves to interactive calls.
INTERACTIVE_SHARE = 0.5
# Share of the refill that background work receives even while people wait, so that running sessions progress.
BACKGROUND_SHARE = 0.1
# Pause of the queue after the first outage and the longest pause, in seconds; it doubles with each outage in a row.
FIRST_PAUSE_S = 1.0
MAX_PAUSE_S = 30.0


class ProviderBudget(Base):
    """The token bucket, one row.

    Attributes:
        tokens: calls that may be made immediately, including ``reserve``.
        reserve: tokens for background work only.
        closed_until: no call is made before this time, because the provider's own count is used up.
        queue_paused_until: no session is created before this time, because the provider does not respond.
        queue_failures: outages in a row met while creating sessions.
    """

    __tablename__ = "provider_budget"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    limit_per_minute: Mapped[int]
    tokens: Mapped[float] = mapped_column(Double)
    filled_at: Mapped[datetime]
    closed_until: Mapped[datetime | None]
    reserve: Mapped[float] = mapped_column(Double, default=0.0)
    queue_paused_until: Mapped[datetime | None] = mapped_column("line_rests_until")
    queue_failures: Mapped[int] = mapped_column("line_failures", default=0)


_UPSERT_BUCKET = text(
    """
    INSERT INTO provider_budget (id, limit_per_minute, tokens, filled_at)
    VALUES (1, :limit, GREATEST(CAST(:limit AS double precision) * :burst, :smallest), :now)
    ON CONFLICT (id) DO UPDATE SET limit_per_minute = EXCLUDED.limit_per_minute
    """
)

# One statement under the row's lock: refill for the elapsed time, then take one token if available. Interactive calls
# may take all but the reserve; background work takes tokens above a share of the burst, or else from the reserve.
_ACQUIRE = text(
    """
    WITH bucket AS (
        SELECT *, GREATEST(limit_per_minute * :burst, :smallest) AS capacity,
               GREATEST(0, EXTRACT(EPOCH FROM CAST(:now AS timestamptz) - filled_at))
               * limit_per_minute * :used / 60 AS gained
        FROM provider_budget WHERE id = 1 FOR UPDATE
    ), filled AS (
        SELECT id, limit_per_minute, capacity, closed_until, GREATEST(filled_at, :now) AS filled_at,
               LEAST(capacity, tokens + gained) AS tokens,
               LEAST(GREATEST(1, capacity * :share), reserve + gained * :share, tokens + gained) AS reserve
        FROM bucket
    ), decision AS (
        SELECT *, (closed_until IS NULL OR closed_until <= :now)
                  AND CASE WHEN :background THEN tokens >= 1 + :kept * (capacity - 1) OR LEAST(tokens, reserve) >= 1
                      ELSE tokens - reserve >= 1 END AS granted
        FROM filled
    )
    UPDATE provider_budget AS b
    SET tokens = d.tokens - CASE WHEN d.granted THEN 1 ELSE 0 END,
        reserve = GREATEST(0, d.reserve - CASE WHEN d.granted AND :background THEN 1 ELSE 0 END),
        filled_at = d.filled_at
    FROM decision AS d WHERE b.id = d.id
    RETURNING d.granted, d.tokens, d.reserve, d.limit_per_minute, d.capacity, d.closed_until
    """
)

_UPDATE_LIMIT = text("UPDATE provider_budget SET limit_per_minute = :limit WHERE id = 1 AND limit_per_minute <> :limit")
_CLOSE = text("UPDATE provider_budget SET closed_until = :until WHERE id = 1")
# Of several attempts that fail at the same time only the first lengthens the pause.
_PAUSE = text(
    """
    UPDATE provider_budget
    SET line_failures = line_failures + 1,
        line_rests_until = CAST(:now AS timestamptz)
                           + LEAST(:max_pause, :first * power(2, LEAST(line_failures, 10))) * interval '1 second'
    WHERE id = 1 AND (line_rests_until IS NULL OR line_rests_until <= :now)
    """
)
_PAUSE_UNTIL = text("UPDATE provider_budget SET line_rests_until = :until WHERE id = 1")
_RESUME = text(
    "UPDATE provider_budget SET line_failures = 0, line_rests_until = NULL "
    "WHERE id = 1 AND (line_failures > 0 OR line_rests_until IS NOT NULL)"
)


def _upsert_bucket(connection: Connection, limit_per_minute: int, now: datetime) -> None:
    connection.execute(
        _UPSERT_BUCKET, {"limit": limit_per_minute, "burst": BURST_SHARE, "smallest": MIN_BURST, "now": now}
    )


def acquire_call(
    priority: Literal["interactive", "background"], now: datetime, limit_per_minute: int
) -> tuple[bool, float]:
    """Take one token on a separate connection: a rollback of the calling transaction must not return it.

    Returns:
        True and the number of tokens left, or False and the seconds to wait.
    """
    is_background = priority == "background"
    values = {
        "now": now,
        "used": USED_SHARE,
        "burst": BURST_SHARE,
        "smallest": MIN_BURST,
        "kept": INTERACTIVE_SHARE,
        "share": BACKGROUND_SHARE,
        "background": is_background,
    }
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        row = connection.execute(_ACQUIRE, values).one_or_none()
        if row is None:
            # On the same connection: callers that hold one and wait for another would exhaust the pool.
            _upsert_bucket(connection, limit_per_minute, now)
            row = connection.execute(_ACQUIRE, values).one()
    granted, tokens, reserve, limit, capacity, closed_until = row
    if granted:
        return True, float(tokens) - 1
    if closed_until is not None and closed_until > now:
        return False, float((closed_until - now).total_seconds())
    a_second = limit * USED_SHARE / 60
    waits = [float(1 + reserve - tokens) / a_second]
    if is_background:
        above = float(1 + INTERACTIVE_SHARE * (capacity - 1) - tokens) / a_second
        waits = [above, float(1 - reserve) / (a_second * BACKGROUND_SHARE)]
    return False, max(min(waits), 0.05)


def compute_reserve(limit_per_minute: int) -> float:
    """Return the capacity of the reserve for background work, in calls."""
    return max(1.0, max(limit_per_minute * BURST_SHARE, MIN_BURST) * BACKGROUND_SHARE)


def update_limit(limit_per_minute: int) -> None:
    """Set the bucket's limit."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_UPDATE_LIMIT, {"limit": limit_per_minute})


def close_bucket_until(until: datetime) -> None:
    """Block all calls until ``until``, because the provider's own count for this minute is used up."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_CLOSE, {"until": until})


def pause_queue(now: datetime) -> datetime:
    """Pause the queue, longer after each outage in a row; return the end of the pause."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_PAUSE, {"now": now, "first": FIRST_PAUSE_S, "max_pause": MAX_PAUSE_S})
        until: datetime | None = connection.scalar(text("SELECT line_rests_until FROM provider_budget WHERE id = 1"))
    return until or now + timedelta(seconds=FIRST_PAUSE_S)


def pause_queue_until(until: datetime) -> None:
    """Pause the queue until this time."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(_PAUSE_UNTIL, {"until": until})


def resume_queue() -> None:
    """End the queue's pause, in the caller's transaction, because the provider responds."""
    db.session.execute(_RESUME)
