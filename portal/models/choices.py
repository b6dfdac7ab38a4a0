"""Choices: every time a person picked a headshot, here or in the studio; the latest act counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.photos import Photo
from portal.models.shoots import Shoot


class Choice(Base):
    """One act of choosing. ``origin`` is ``portal`` or ``studio``; ``key`` makes repeats harmless."""

    __tablename__ = "choices"
    __table_args__ = (UniqueConstraint("shoot_id", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    shoot_id: Mapped[UUID] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"), index=True)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"))
    origin: Mapped[str]
    key: Mapped[str]
    acted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


def find_current(shoot_id: UUID) -> Choice | None:
    """Return the person's latest act of choosing a photo that is still there, wherever it happened."""
    return db.session.scalar(_select_latest(shoot_id))


def find_latest_from(shoot_id: UUID, origin: str) -> Choice | None:
    """Return the latest such act from one place."""
    return db.session.scalar(_select_latest(shoot_id).where(Choice.origin == origin))


def _select_latest(shoot_id: UUID) -> Select[Choice]:
    return (
        select(Choice)
        .join(Photo, Photo.id == Choice.photo_id)
        .where(Choice.shoot_id == shoot_id, Photo.removed_at.is_(None), Photo.refused.is_(None))
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
    )


def find_by_key(shoot_id: UUID, key: str) -> Choice | None:
    """Return the act already recorded under this key."""
    return db.session.scalar(select(Choice).where(Choice.shoot_id == shoot_id, Choice.key == key))


def create_choice(
    shoot_id: UUID, photo_id: UUID, *, origin: str, key: str, acted_at: datetime, now: datetime
) -> Choice:
    """Add one act in the caller's transaction."""
    choice = Choice(shoot_id=shoot_id, photo_id=photo_id, origin=origin, key=key, acted_at=acted_at, recorded_at=now)
    db.session.add(choice)
    db.session.flush()
    return choice


def list_unchosen_photo_ids(before: datetime, limit: int = 200) -> list[UUID]:
    """Return copied photos of shoots finished before this moment that are not the person's present choice."""
    latest = (
        select(Choice.photo_id)
        .where(Choice.shoot_id == Shoot.id)
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
        .correlate(Shoot)
        .scalar_subquery()
    )
    query = (
        select(Photo.id)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(Shoot.copied_at < before, Photo.removed_at.is_(None), Photo.id.is_distinct_from(latest))
        .limit(limit)
    )
    return list(db.session.scalars(query))
