"""Kits: the files made from a person's chosen photo and crop; a person has one current kit."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Double, ForeignKey, Index, delete, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.domain.crops import Crop
from portal.models import people


class KitState(StrEnum):
    """How far the files of a kit are."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"


class Kit(Base):
    """The files of one choice, crop and version of the file table.

    Attributes:
        digest: of the photo's original and the crop; with equal settings, equal digests mean equal files.
        done: files rendered so far.
        settings_digest: of the settings its files are rendered with; None until the first file.
        superseded_at: since when another kit replaces it; its files are then deleted.
    """

    __tablename__ = "kits"
    __table_args__ = (
        Index("uq_kits_current", "person_id", unique=True, postgresql_where=text("superseded_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    photo_id: Mapped[UUID] = mapped_column(ForeignKey("photos.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str]
    crop_x: Mapped[float] = mapped_column(Double)
    crop_y: Mapped[float] = mapped_column(Double)
    crop_size: Mapped[float] = mapped_column(Double)
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    settings_digest: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    superseded_at: Mapped[datetime | None]


class KitFile(Base):
    """One stored file of a kit; the bytes are in the storage under ``storage_key``."""

    __tablename__ = "kit_files"

    kit_id: Mapped[UUID] = mapped_column(ForeignKey("kits.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    content_type: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    sha256: Mapped[str]
    storage_key: Mapped[str] = mapped_column(unique=True)


def find_current(person_id: UUID) -> Kit | None:
    """Return the person's kit, freshly read, whether its files are rendered or not."""
    query = select(Kit).where(Kit.person_id == person_id, Kit.superseded_at.is_(None))
    return db.session.scalar(query.execution_options(populate_existing=True))


def find_kit(kit_id: UUID) -> Kit | None:
    """Return a kit by its id, freshly read."""
    return db.session.get(Kit, kit_id, populate_existing=True)


def lock_kit(kit_id: UUID) -> Kit | None:
    """Return a kit freshly read, holding other writers of it and of its person until the transaction ends."""
    people.lock_owner(select(Kit.person_id).where(Kit.id == kit_id).scalar_subquery())
    query = select(Kit).where(Kit.id == kit_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def create_kit(person_id: UUID, photo_id: UUID, *, digest: str, crop: Crop, now: datetime) -> Kit:
    """Add a kit whose files are still to be rendered, in the caller's transaction."""
    kit = Kit(
        person_id=person_id,
        photo_id=photo_id,
        digest=digest,
        crop_x=crop.center_x,
        crop_y=crop.center_y,
        crop_size=crop.size,
        state=str(KitState.PENDING),
        created_at=now,
    )
    db.session.add(kit)
    db.session.flush()
    return kit


def close_current(person_id: UUID, now: datetime) -> None:
    """Take the person's current kit out of use; its files are deleted by the retention job."""
    db.session.execute(
        update(Kit).where(Kit.person_id == person_id, Kit.superseded_at.is_(None)).values(superseded_at=now)
    )


def list_files(kit_id: UUID) -> dict[str, KitFile]:
    """Return the rendered files of a kit by their key."""
    return {file.key: file for file in db.session.scalars(select(KitFile).where(KitFile.kit_id == kit_id))}


def list_outdated(settings_digest: str, *, limit: int) -> list[UUID]:
    """Return people whose current kit was rendered with other settings; kits still being rendered are left out."""
    query = select(Kit.person_id).where(
        Kit.superseded_at.is_(None),
        Kit.state != str(KitState.PENDING),
        Kit.settings_digest.is_distinct_from(settings_digest),
    )
    return list(db.session.scalars(query.order_by(Kit.created_at).limit(limit)))


def list_superseded(limit: int = 200) -> list[UUID]:
    """Return the ids of kits that are out of use."""
    return list(db.session.scalars(select(Kit.id).where(Kit.superseded_at.is_not(None)).limit(limit)))


def list_ids_by_person(person_id: UUID) -> list[UUID]:
    """Return the ids of every kit of a person."""
    return list(db.session.scalars(select(Kit.id).where(Kit.person_id == person_id)))


def delete_kit(kit_id: UUID) -> None:
    """Delete a kit's rows after its files."""
    db.session.execute(delete(Kit).where(Kit.id == kit_id))
