"""Notes of admins about a person, or about an expected person who has not signed in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, delete, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, db
from portal.models.people import Person
from portal.models.roster import RosterEntry


class PersonNote(Base):
    """One note.

    Attributes:
        person_id: whom it is about; None for an expected person, whom ``roster_entry_id`` names.
        author_id: the admin who wrote it, None once their account is deleted.
    """

    __tablename__ = "person_notes"
    __table_args__ = (
        CheckConstraint("person_id IS NOT NULL OR roster_entry_id IS NOT NULL", name="ck_person_notes_subject"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    roster_entry_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("roster_entries.id", ondelete="CASCADE"), index=True
    )
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"), index=True)
    text: Mapped[str]
    written_at: Mapped[datetime]


def list_notes(listed_id: UUID) -> list[tuple[PersonNote, str | None]]:
    """List the notes about a row of the list, each with its author's name, the newest first.

    Args:
        listed_id: a person, or an entry of the roster; a person's notes include those from before the first sign-in.
    """
    entries = select(RosterEntry.id).where(or_(RosterEntry.person_id == listed_id, RosterEntry.id == listed_id))
    query = (
        select(PersonNote, Person.name)
        .outerjoin(Person, Person.id == PersonNote.author_id)
        .where(or_(PersonNote.person_id == listed_id, PersonNote.roster_entry_id.in_(entries)))
        .order_by(PersonNote.written_at.desc(), PersonNote.id)
    )
    return [(note, name) for note, name in db.session.execute(query)]


def find_note(note_id: UUID) -> PersonNote | None:
    """Return a note, None if there is none."""
    return db.session.get(PersonNote, note_id)


def delete_note(note_id: UUID) -> None:
    """Delete a note."""
    db.session.execute(delete(PersonNote).where(PersonNote.id == note_id))
