"""How often each caller came, counted for all processes together; callers are keyed digests, never addresses."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from sqlalchemy import Double, delete
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db, execute_best_effort


class RateLimit(Base):
    """One caller's bucket for one limit.

    Attributes:
        tokens: calls that were left at ``filled_at``.
        granted: how many calls the last one who asked was given.
    """

    __tablename__ = "rate_limits"
    __table_args__ = {"prefixes": ["UNLOGGED"], "postgresql_with": {"fillfactor": "50"}}  # noqa: RUF012 - read by name

    name: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column("caller", primary_key=True)
    tokens: Mapped[float] = mapped_column(Double)
    granted: Mapped[int]
    filled_at: Mapped[datetime]


# One row under its own lock, one statement: nothing to deadlock with. A clock that was set back by more than
# machines differ starts the bucket anew, since it would otherwise stay as it is until that moment comes again.
_TAKE: LiteralString = """
    INSERT INTO rate_limits AS b (name, caller, tokens, granted, filled_at)
    VALUES (%(name)s, %(caller)s, %(capacity)s - %(wanted)s, %(wanted)s, %(now)s)
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
        LATERAL (SELECT LEAST(%(wanted)s, floor(filled.tokens)) AS calls) AS given
    )
    RETURNING granted
"""


def acquire_calls(name: str, subject: str, *, per_minute: int, requested: int, now: datetime) -> int:
    """Take up to ``wanted`` calls out of a caller's bucket and return how many there were, perhaps none.

    The bucket holds a minute's worth and is refilled evenly. Gives up after a fraction of a second.

    Raises:
        portal.db.DATABASE_ERRORS: it cannot be counted at the moment.
    """
    values = {"name": name, "caller": subject, "capacity": float(per_minute), "wanted": requested, "now": now}
    row = execute_best_effort(_TAKE, values)
    assert row is not None  # noqa: S101 - an upsert returns its row
    return int(row[0])


def delete_unused(before: datetime) -> int:
    """Delete the buckets nobody has used since this moment; they are full again anyway."""
    query = delete(RateLimit).where(RateLimit.filled_at < before).returning(RateLimit.name)
    return len(db.session.scalars(query).all())
