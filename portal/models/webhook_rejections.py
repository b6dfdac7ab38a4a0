"""Webhooks whose signature was refused: counts by hour and reason, nothing of their content."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db, execute_best_effort


class WebhookRejection(Base):
    """How many webhooks were refused for a reason within one hour; ``hour`` is its beginning, UTC."""

    __tablename__ = "webhook_rejections"

    hour: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


_COUNT: LiteralString = """
    INSERT INTO webhook_rejections (hour, reason, count) VALUES (%(hour)s, %(reason)s, 1)
    ON CONFLICT (hour, reason) DO UPDATE SET count = webhook_rejections.count + 1 RETURNING count
"""


def count_rejection(reason: str, *, now: datetime) -> None:
    """Count one refused webhook, independent of any transaction and within half a second.

    Raises:
        One of ``DATABASE_ERRORS``: it could not be counted.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    execute_best_effort(_COUNT, {"hour": hour, "reason": reason})


def delete_old(before: datetime) -> int:
    """Delete the counts of hours before a time; return their number."""
    query = delete(WebhookRejection).where(WebhookRejection.hour < before).returning(WebhookRejection.hour)
    return len(db.session.scalars(query).all())
