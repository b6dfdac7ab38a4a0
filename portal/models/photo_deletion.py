"""Queries of erasures and of the nightly deletion about photos."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import delete, func, select, update

from portal.db import db
from portal.models.photos import Photo
from portal.models.shoots import Shoot


def has_shown_photo(person_id: UUID) -> bool:
    """Return whether a photo of the person, own ones included, is not removed."""
    query = (
        select(Photo.id)
        .outerjoin(Shoot, Shoot.id == Photo.shoot_id)
        .where(func.coalesce(Photo.person_id, Shoot.person_id) == person_id)
    )
    return db.session.scalar(query.where(Photo.removed_at.is_(None)).limit(1)) is not None


def find_shoot_id(photo_id: UUID) -> UUID | None:
    """Return the shoot of a photo; None for an own photo and one that does not exist."""
    return db.session.scalar(select(Photo.shoot_id).where(Photo.id == photo_id))


def delete_photos(photo_ids: list[UUID]) -> None:
    """Delete the rows of photos with their renditions, choices, marks and kits, after their files."""
    query = delete(Photo).where(Photo.id.in_(photo_ids))
    db.session.execute(query.execution_options(synchronize_session=False))


def clear_face_data(photo_ids: list[UUID]) -> None:
    """Delete what was derived from the face on photos whose files are gone."""
    columns = ("similarity_hash", "face_x", "face_y", "face_size", "crop_x", "crop_y", "crop_size")
    db.session.execute(update(Photo).where(Photo.id.in_(photo_ids)).values(dict.fromkeys(columns)))
