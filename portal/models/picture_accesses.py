"""Accesses to people's pictures by others: who, when, how and why, for each person's own page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, insert, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.people import Person


class AccessKind(StrEnum):
    """How another person got at a picture."""

    EXPORTED = "exported"
    """It was put into an export."""
    DOWNLOADED = "downloaded"
    """An export with it was downloaded."""


class PictureAccess(Base):
    """One access to the pictures of one person; it goes with that person.

    Attributes:
        actor_id: who it was; None once that account is erased.
        reason: as that person stated it; empty where none is required.
        export_id: the export, whose own row lives for a month.
    """

    __tablename__ = "picture_accesses"
    __table_args__ = (Index("ix_picture_accesses_person_id_at", "person_id", "at"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str]
    reason: Mapped[str]
    export_id: Mapped[UUID | None] = mapped_column(index=True)
    at: Mapped[datetime]


def add_accesses(
    person_ids: Sequence[UUID],
    *,
    kind: AccessKind,
    actor_id: UUID,
    reason: str,
    export_id: UUID | None,
    now: datetime,
) -> None:
    """Record, in the caller's transaction, one access to the pictures of each of these people.

    People who were erased meanwhile are left out.
    """
    columns = ["person_id", "actor_id", "kind", "reason", "export_id", "at"]
    values = (literal(actor_id), literal(str(kind)), literal(reason), literal(export_id, Person.id.type), literal(now))
    rows = select(Person.id, *values).where(Person.id.in_(person_ids))
    db.session.execute(insert(PictureAccess).from_select(columns, rows))


def copy_accesses(export_id: UUID, *, before: AccessKind, kind: AccessKind, actor_id: UUID, now: datetime) -> None:
    """Record, in the caller's transaction, a further access to everyone in an export, for the same reason."""
    columns = ["person_id", "actor_id", "kind", "reason", "export_id", "at"]
    rows = select(
        PictureAccess.person_id,
        literal(actor_id),
        literal(str(kind)),
        PictureAccess.reason,
        PictureAccess.export_id,
        literal(now),
    ).where(PictureAccess.export_id == export_id, PictureAccess.kind == str(before))
    db.session.execute(insert(PictureAccess).from_select(columns, rows))


def list_accesses(person_id: UUID, limit: int) -> list[tuple[PictureAccess, str | None]]:
    """List the accesses of others to this person's pictures, the newest first, with the name of who it was."""
    query = (
        select(PictureAccess, Person.name)
        .outerjoin(Person, Person.id == PictureAccess.actor_id)
        .where(PictureAccess.person_id == person_id)
        .order_by(PictureAccess.at.desc(), PictureAccess.id.desc())
        .limit(limit)
    )
    return [(access, name) for access, name in db.session.execute(query)]
