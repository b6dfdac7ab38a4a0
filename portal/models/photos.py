"""Photos and their renditions: what was generated, and the copies of it we hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, db
from portal.models.shoots import Shoot


class Photo(Base):
    """One generated picture of a shoot."""

    __tablename__ = "photos"
    __table_args__ = (UniqueConstraint("shoot_id", "provider_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    shoot_id: Mapped[UUID] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"), index=True)
    provider_id: Mapped[str]
    position: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    provenance: Mapped[str | None]
    copied_at: Mapped[datetime | None]
    refused: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    renditions: Mapped[list[Rendition]] = relationship(back_populates="photo", lazy="raise")


class Rendition(Base):
    """One stored size and format of a photo; the bytes are in the storage under ``storage_key``."""

    __tablename__ = "renditions"
    __table_args__ = (UniqueConstraint("photo_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str]
    storage_key: Mapped[str] = mapped_column(unique=True)
    photo: Mapped[Photo] = relationship(back_populates="renditions", lazy="raise")


def list_by_shoot(shoot_id: UUID) -> list[Photo]:
    """Return every photo the provider has named for this shoot, in its order."""
    return list(db.session.scalars(select(Photo).where(Photo.shoot_id == shoot_id).order_by(Photo.position, Photo.id)))


def list_viewable(shoot_id: UUID) -> list[Photo]:
    """Return the photos of a shoot that are copied and not removed, in order."""
    return list(
        db.session.scalars(
            select(Photo)
            .where(Photo.shoot_id == shoot_id, Photo.copied_at.is_not(None), Photo.removed_at.is_(None))
            .order_by(Photo.position, Photo.id)
        )
    )


def count_copied(shoot_id: UUID) -> int:
    """Return how many photos of the shoot are in our storage."""
    query = select(func.count()).where(
        Photo.shoot_id == shoot_id, Photo.copied_at.is_not(None), Photo.removed_at.is_(None)
    )
    return db.session.scalar(query) or 0


def sum_stored_bytes(shoot_id: UUID) -> int:
    """Return how much of the storage the shoot's photos take, removed ones included until their files are gone."""
    query = select(func.sum(Rendition.size)).join(Photo, Photo.id == Rendition.photo_id)
    return int(db.session.scalar(query.where(Photo.shoot_id == shoot_id)) or 0)


def find_for_person(photo_id: UUID, person_id: UUID) -> Photo | None:
    """Return this photo if it is the person's own and can be seen."""
    return db.session.scalar(
        select(Photo)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(
            Photo.id == photo_id,
            Shoot.person_id == person_id,
            Photo.copied_at.is_not(None),
            Photo.removed_at.is_(None),
        )
    )


def find_rendition_for_person(photo_id: UUID, name: str, person_id: UUID) -> Rendition | None:
    """Return one rendition of a photo if the photo is the person's own."""
    return db.session.scalar(
        select(Rendition)
        .join(Photo, Photo.id == Rendition.photo_id)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(
            Photo.id == photo_id,
            Rendition.name == name,
            Shoot.person_id == person_id,
            Photo.removed_at.is_(None),
        )
    )


def find_owner_id(photo_id: UUID) -> UUID | None:
    """Return whose photo this is, None when there is no such photo."""
    query = select(Shoot.person_id).join(Photo, Photo.shoot_id == Shoot.id).where(Photo.id == photo_id)
    return db.session.scalar(query)


def find_by_provider_id(shoot_id: UUID, provider_id: str) -> Photo | None:
    """Return the photo of a shoot the provider knows by this id."""
    return db.session.scalar(select(Photo).where(Photo.shoot_id == shoot_id, Photo.provider_id == provider_id))


def create_photo(shoot_id: UUID, provider_id: str, *, position: int, now: datetime) -> Photo:
    """Add a photo the provider has named, in the caller's transaction."""
    photo = Photo(shoot_id=shoot_id, provider_id=provider_id, position=position, created_at=now)
    db.session.add(photo)
    db.session.flush()
    return photo


def lock_photo(photo_id: UUID) -> Photo | None:
    """Return the photo freshly read, holding other writers until the transaction ends."""
    return db.session.scalar(
        select(Photo).where(Photo.id == photo_id).with_for_update().execution_options(populate_existing=True)
    )


def list_stored_files() -> dict[str, tuple[UUID, str]]:
    """Return the photo and digest of every file that should be in the storage, by its key."""
    query = select(Rendition.storage_key, Rendition.photo_id, Rendition.sha256)
    return {key: (photo_id, sha256) for key, photo_id, sha256 in db.session.execute(query)}


def is_file_shown(key: str) -> bool:
    """Return whether this file is, at this moment, one of a photo that is not removed."""
    query = select(Photo.id).join(Rendition).where(Rendition.storage_key == key, Photo.removed_at.is_(None))
    return db.session.scalar(query) is not None


def list_ids_being_copied() -> set[str]:
    """Return the ids of photos known but not copied; files of theirs may exist before their rows do."""
    return {str(photo_id) for photo_id in db.session.scalars(select(Photo.id).where(Photo.copied_at.is_(None)))}


def list_ids_by_person(person_id: UUID) -> list[UUID]:
    """Return the ids of all photos of a person, removed ones included."""
    query = select(Photo.id).join(Shoot, Shoot.id == Photo.shoot_id).where(Shoot.person_id == person_id)
    return list(db.session.scalars(query))


def hide_photos(photo_ids: list[UUID], now: datetime) -> None:
    """Take photos out of every page, before their files go."""
    db.session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(removed_at=now))


def list_files_of_removed(before: datetime, limit: int = 200) -> list[tuple[UUID, str, UUID]]:
    """Return rendition, storage key and owner of files whose photos were removed before this moment."""
    query = (
        select(Rendition.id, Rendition.storage_key, Shoot.person_id)
        .join(Photo, Photo.id == Rendition.photo_id)
        .join(Shoot, Shoot.id == Photo.shoot_id)
        .where(Photo.removed_at < before)
        .limit(limit)
    )
    return [(rendition_id, key, owner_id) for rendition_id, key, owner_id in db.session.execute(query)]


def delete_renditions(rendition_ids: list[UUID]) -> None:
    """Delete the rows of files that are gone."""
    db.session.execute(delete(Rendition).where(Rendition.id.in_(rendition_ids)))
