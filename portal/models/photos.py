"""Photos and their renditions: generated pictures of a shoot, own photos of a person, and the stored copies."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    delete,
    exists,
    false,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Base, db
from portal.domain.crops import Crop, build_automatic_crop
from portal.models import people
from portal.models.shoots import Shoot


class Photo(Base):
    """One picture: generated in a shoot, or the person's own.

    Attributes:
        shoot_id: the shoot it was generated in; None for an own photo.
        person_id: whose own photo it is; None for a generated one, whose owner is the shoot's.
        refused: reason it was given up; None while it may still be copied.
        failure: reason of the last failed attempt, which is repeated.
        failing_since: first of the failed attempts in a row.
        removed_by: ``provider`` for one no longer listed, which comes back when it is listed again; ``retention`` or
            ``erasure``.
        is_liked: rated or picked in the studio; a rating taken back there does not clear it.
        similarity_hash: difference hash as a signed 64-bit number; None until it is computed.
        upload_key: where an own photo lies as it was uploaded, until its renditions are made.
        face_x: with ``face_y`` and ``face_size`` the automatic crop around the detected face; None without one.
        crop_x: with ``crop_y`` and ``crop_size`` the crop the person set; None until then.
    """

    __tablename__ = "photos"
    __table_args__ = (
        UniqueConstraint("shoot_id", "provider_id"),
        CheckConstraint("(shoot_id IS NULL) <> (person_id IS NULL)", name="owner"),
        Index("ix_photos_removed", "id", postgresql_where=text("removed_at IS NOT NULL")),
        Index("ix_photos_missing", "shoot_id", postgresql_where=text("copied_at IS NULL AND removed_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    shoot_id: Mapped[UUID | None] = mapped_column(ForeignKey("shoots.id", ondelete="CASCADE"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    provider_id: Mapped[str | None]
    position: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    provenance: Mapped[str | None]
    copied_at: Mapped[datetime | None]
    refused: Mapped[str | None]
    failure: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]
    is_liked: Mapped[bool] = mapped_column(default=False, server_default=false())
    similarity_hash: Mapped[int | None]
    upload_key: Mapped[str | None]
    face_x: Mapped[float | None] = mapped_column(Double)
    face_y: Mapped[float | None] = mapped_column(Double)
    face_size: Mapped[float | None] = mapped_column(Double)
    crop_x: Mapped[float | None] = mapped_column(Double)
    crop_y: Mapped[float | None] = mapped_column(Double)
    crop_size: Mapped[float | None] = mapped_column(Double)
    created_at: Mapped[datetime]
    renditions: Mapped[list[Rendition]] = relationship(back_populates="photo", lazy="raise")

    @property
    def is_own(self) -> bool:
        """Whether the person took it elsewhere; own photos carry no AI label."""
        return self.shoot_id is None

    @property
    def crop(self) -> Crop:
        """The square it is shown with: the person's, else the automatic one around the face, else the center rule."""
        if self.crop_x is not None and self.crop_y is not None and self.crop_size is not None:
            return Crop(self.crop_x, self.crop_y, self.crop_size)
        return self.automatic_crop

    @property
    def automatic_crop(self) -> Crop:
        """The square around the detected face, else by the center rule."""
        if self.face_x is not None and self.face_y is not None and self.face_size is not None:
            return Crop(self.face_x, self.face_y, self.face_size)
        return build_automatic_crop(self.width or 1, self.height or 1, None)


class Rendition(Base):
    """One stored size and format of a photo; the bytes are in the storage under ``storage_key``."""

    __tablename__ = "renditions"
    __table_args__ = (UniqueConstraint("photo_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"))
    name: Mapped[str]
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str]
    storage_key: Mapped[str] = mapped_column(unique=True)
    photo: Mapped[Photo] = relationship(back_populates="renditions", lazy="raise")


AVAILABLE = and_(Photo.copied_at.is_not(None), Photo.removed_at.is_(None))
"""Condition of every query about photos that can be shown."""


def list_by_shoot(shoot_id: UUID) -> list[Photo]:
    """Return every photo the provider has named for this shoot, in its order."""
    return list(db.session.scalars(select(Photo).where(Photo.shoot_id == shoot_id).order_by(Photo.position, Photo.id)))


def list_viewable(shoot_id: UUID) -> list[Photo]:
    """Return the photos of a shoot that are copied and not removed, in order."""
    return list(
        db.session.scalars(
            select(Photo).where(Photo.shoot_id == shoot_id, AVAILABLE).order_by(Photo.position, Photo.id)
        )
    )


def count_copied(shoot_id: UUID) -> int:
    """Return how many photos of the shoot are in our storage."""
    query = select(func.count()).where(
        Photo.shoot_id == shoot_id, Photo.copied_at.is_not(None), Photo.removed_at.is_(None)
    )
    return db.session.scalar(query) or 0


def count_stored_bytes(shoot_id: UUID) -> int:
    """Return how much of the storage the shoot's photos take, removed ones included until their files are gone."""
    query = select(func.sum(Rendition.size)).join(Photo, Photo.id == Rendition.photo_id)
    return int(db.session.scalar(query.where(Photo.shoot_id == shoot_id)) or 0)


def _owner_id() -> ColumnElement[UUID]:
    return func.coalesce(Photo.person_id, Shoot.person_id)


def find_for_person(photo_id: UUID, person_id: UUID) -> Photo | None:
    """Return this photo if it is one of the person's and can be seen."""
    return db.session.scalar(
        select(Photo)
        .outerjoin(Shoot, Shoot.id == Photo.shoot_id)
        .where(
            Photo.id == photo_id,
            _owner_id() == person_id,
            Photo.copied_at.is_not(None),
            Photo.removed_at.is_(None),
        )
    )


def find_rendition_for_person(photo_id: UUID, name: str, person_id: UUID) -> Rendition | None:
    """Return one rendition of a photo if the photo is one of the person's."""
    return db.session.scalar(
        select(Rendition)
        .join(Photo, Photo.id == Rendition.photo_id)
        .outerjoin(Shoot, Shoot.id == Photo.shoot_id)
        .where(
            Photo.id == photo_id,
            Rendition.name == name,
            _owner_id() == person_id,
            Photo.removed_at.is_(None),
        )
    )


def find_owner_id(photo_id: UUID) -> UUID | None:
    """Return whose photo this is, None when there is no such photo."""
    query = select(_owner_id()).select_from(Photo).outerjoin(Shoot, Shoot.id == Photo.shoot_id)
    return db.session.scalar(query.where(Photo.id == photo_id))


def find_by_provider_id(shoot_id: UUID, provider_id: str) -> Photo | None:
    """Return the photo of a shoot with this provider id."""
    return db.session.scalar(select(Photo).where(Photo.shoot_id == shoot_id, Photo.provider_id == provider_id))


def create_photo(shoot_id: UUID, provider_id: str, *, position: int, now: datetime) -> Photo:
    """Add a photo the provider has named, in the caller's transaction."""
    photo = Photo(shoot_id=shoot_id, provider_id=provider_id, position=position, created_at=now)
    db.session.add(photo)
    db.session.flush()
    return photo


def mark_liked(photo: Photo, *, is_liked: bool) -> bool:
    """Mark a photo as rated in the studio, in the caller's transaction; return whether that is new."""
    is_new = is_liked and not photo.is_liked
    photo.is_liked = photo.is_liked or is_liked
    return is_new


def find_photo(photo_id: UUID) -> Photo | None:
    """Return the photo with this id, of any person."""
    return db.session.get(Photo, photo_id)


def lock_photo(photo_id: UUID) -> Photo | None:
    """Return the photo freshly read, holding other writers until the transaction ends.

    The person of an own photo is locked first; photos of shoots are locked after their shoot.
    """
    people.lock_owner(select(Photo.person_id).where(Photo.id == photo_id).scalar_subquery())
    return db.session.scalar(
        select(Photo).where(Photo.id == photo_id).with_for_update().execution_options(populate_existing=True)
    )


def list_ids_by_person(person_id: UUID) -> list[UUID]:
    """Return the ids of all photos of a person, removed ones included."""
    query = select(Photo.id).outerjoin(Shoot, Shoot.id == Photo.shoot_id).where(_owner_id() == person_id)
    return list(db.session.scalars(query))


def list_own(person_id: UUID) -> list[Photo]:
    """Return the person's own photos that are not removed, the newest first."""
    query = select(Photo).where(Photo.person_id == person_id, Photo.removed_at.is_(None))
    return list(db.session.scalars(query.order_by(Photo.created_at.desc(), Photo.id)))


def list_originals(person_id: UUID, rendition_name: str) -> list[tuple[Photo, Rendition]]:
    """Return every photo of a person that can be seen with its rendition of this name, oldest shoot first."""
    query = (
        select(Photo, Rendition)
        .join(Rendition, Rendition.photo_id == Photo.id)
        .outerjoin(Shoot, Shoot.id == Photo.shoot_id)
        .where(_owner_id() == person_id, Rendition.name == rendition_name)
        .where(Photo.copied_at.is_not(None), Photo.removed_at.is_(None))
        .order_by(func.coalesce(Shoot.requested_at, Photo.created_at), Photo.position, Photo.id)
    )
    return [(photo, rendition) for photo, rendition in db.session.execute(query)]


def create_own(person_id: UUID, *, photo_id: UUID, upload_key: str, now: datetime) -> Photo:
    """Add an own photo whose renditions are still to be made, in the caller's transaction."""
    photo = Photo(id=photo_id, person_id=person_id, position=0, upload_key=upload_key, created_at=now)
    db.session.add(photo)
    db.session.flush()
    return photo


def has_renditions(photo_id: UUID) -> bool:
    """Return whether any rendition of a photo is stored."""
    return db.session.scalar(select(exists().where(Rendition.photo_id == photo_id))) or False


def hide_photos(photo_ids: list[UUID], now: datetime, *, by: str = "retention") -> None:
    """Remove photos from every page for good, before their files are deleted; ``by`` is the reason."""
    db.session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(removed_at=now, removed_by=by))


def list_removed_ids(before: datetime, *, after: UUID | None, limit: int) -> list[UUID]:
    """Return photos removed before this moment that still have files, in the order of their ids above ``after``."""
    has_files = exists().where(Rendition.photo_id == Photo.id)
    query = select(Photo.id).where(Photo.removed_at < before, has_files).order_by(Photo.id).limit(limit)
    if after is not None:
        query = query.where(Photo.id > after)
    return list(db.session.scalars(query))


def list_files(photo_ids: list[UUID]) -> list[tuple[UUID, str, UUID]]:
    """Return rendition, storage key and owner of every file of these photos."""
    query = (
        select(Rendition.id, Rendition.storage_key, _owner_id())
        .join(Photo, Photo.id == Rendition.photo_id)
        .outerjoin(Shoot, Shoot.id == Photo.shoot_id)
        .where(Rendition.photo_id.in_(photo_ids))
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def delete_all_renditions(photo_id: UUID) -> None:
    """Delete every rendition's row of one photo, which is then copied again."""
    db.session.execute(delete(Rendition).where(Rendition.photo_id == photo_id))


def delete_renditions(rendition_ids: list[UUID]) -> None:
    """Delete the rows of files that are gone."""
    db.session.execute(delete(Rendition).where(Rendition.id.in_(rendition_ids)))
