"""Requests of people for another photo session, which may cost a credit and so needs an admin's leave."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db


class AttemptRequest(Base):
    """One request; a person has at most one that no session has followed.

    Attributes:
        granted_at: when an admin allowed it; None until then.
        granted_by: the admin, None once their account is deleted.
        used_at: when the session it allowed was requested.
    """

    __tablename__ = "attempt_requests"
    __table_args__ = (
        Index("uq_attempt_requests_open", "person_id", unique=True, postgresql_where=text("used_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    requested_at: Mapped[datetime]
    granted_at: Mapped[datetime | None]
    granted_by: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    used_at: Mapped[datetime | None]


def find_open(person_id: UUID) -> AttemptRequest | None:
    """Return the person's request that no session has followed yet, granted or not."""
    query = select(AttemptRequest).where(AttemptRequest.person_id == person_id, AttemptRequest.used_at.is_(None))
    return db.session.scalar(query.execution_options(populate_existing=True))


def create_request(person_id: UUID, now: datetime) -> AttemptRequest:
    """Add a request in the caller's transaction."""
    request = AttemptRequest(person_id=person_id, requested_at=now)
    db.session.add(request)
    db.session.flush()
    return request
