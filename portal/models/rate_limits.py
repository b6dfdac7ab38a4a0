"""The rate limits' shared token buckets, one for each limit and client; clients are stored as keyed digests."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from sqlalchemy import Double, delete
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db, execute_best_effort


class RateLimit(Base):
    """One client's bucket for one limit.

    Attributes:
        tokens: calls left at ``filled_at``.
        granted: number of calls granted by the latest request.
    """

    __tablename__ = "rate_limits"
    __table_args__ = {"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": "50"}}  # noqa: RUF012 - read by name

    name: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column("caller", primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    granted: Mapped[int]
    filled_at: Mapped[datetime]


# One row under its own lock, one statement: it cannot deadlock. If a clock was set back by more than clocks usually
# differ, the bucket is refilled, since it would otherwise not change until that time is reached again.
_TAKE: LiteralString = """
    INSERT INTO rate_limits AS b (name, caller, tokens, granted, filled_at)
    VALUES (%(name)s, %(caller)s, %(capacity)s - %(requested)s, %(requested)s, %(now)s)
    ON CONFLICT (name, caller) DO UPDATE SET (tokens, granted, filled_at) = (
        SELECT filled.tokens - given.calls, given.calls, filled.at
        FROM (
            SELECT CASE WHEN is_ahead THEN %(capacity)s
                        ELSE LEAST(%(capacity)s, b.tokens + %(capacity)s / 60
                             * GREATEST(0, EXTRACT(EPOCH FROM %(now)s - b.filled_at)::double precision))
                   END AS tokens,
                   CASE WHEN is_ahead THEN %(now)s ELSE GREATEST(b.filled_at, %(now)s) END AS at
            FROM (SELECT b.filled_at > %(now)s + interval '1 minute' AS is_ahead) AS clock
        ) AS filled,
        LATERAL (SELECT LEAST(%(requested)s, floor(filled.tokens)) AS calls) AS given
    )
    RETURNING granted
"""


def acquire_calls(name: str, subject: str, *, per_minute: int, requested: int, now: datetime) -> int:
    """Take up to ``requested`` calls out of a client's bucket and return how many were granted, perhaps none.

    The bucket holds one minute's calls and is refilled evenly. Times out after a fraction of a second.

    Raises:
        portal.db.DATABASE_ERRORS: the database is not available.
    """
    values = {"name": name, "caller": subject, "capacity": float(per_minute), "requested": requested, "now": now}
    row = execute_best_effort(_TAKE, values)
    assert row is not None  # noqa: S101 - an upsert returns its row
    return int(row[0])


def delete_unused(before: datetime) -> int:
    """Delete the buckets that were not used since this time; they are full again."""
    query = delete(RateLimit).where(RateLimit.filled_at < before).returning(RateLimit.name)
    return len(db.session.scalars(query).all())
