"""Choices: every time a person picked a headshot, here or in the studio; the latest act counts."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, Select, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.photos import Photo
from portal.models.shoots import Shoot


class Choice(Base):
    """One act of choosing a photo.

    Attributes:
        person_id: who chose.
        shoot_id: the shoot of the photo; None for an own photo.
        origin: ``portal`` or ``studio``.
        key: makes repeats harmless.
        withdrawn_at: when the person took the choice back, and with it the agreement to the use of the photo.
        use_text: what the person agreed to by choosing, word for word; None for a pick in the studio.
    """

    __tablename__ = "choices"
    __table_args__ = (
        UniqueConstraint("shoot_id", "key"),
        Index("ix_choices_person_id_acted_at", "person_id", "acted_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    shoot_id: Mapped[UUID | None] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"), index=True)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"))
    origin: Mapped[str]
    key: Mapped[str]
    acted_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    use_text: Mapped[str | None]
    use_text_sha256: Mapped[str | None]
    use_locale: Mapped[str | None]
    use_policy_version: Mapped[str | None]


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
        .where(
            Choice.shoot_id == shoot_id,
            Choice.withdrawn_at.is_(None),
            Photo.removed_at.is_(None),
            Photo.refused.is_(None),
        )
        .order_by(Choice.acted_at.desc(), Choice.recorded_at.desc())
        .limit(1)
    )


def find_by_key(shoot_id: UUID, key: str) -> Choice | None:
    """Return the act already recorded under this key."""
    return db.session.scalar(select(Choice).where(Choice.shoot_id == shoot_id, Choice.key == key))


def create_choice(person_id: UUID, photo: Photo, *, origin: str, key: str, acted_at: datetime, now: datetime) -> Choice:
    """Add one act in the caller's transaction."""
    choice = Choice(
        person_id=person_id,
        shoot_id=photo.shoot_id,
        photo_id=photo.id,
        origin=origin,
        key=key,
        acted_at=acted_at,
        recorded_at=now,
    )
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
