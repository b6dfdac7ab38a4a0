"""Notes about people: written and deleted by admins, each with an audit entry that does not hold the text."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import BadInput, NotFound
from portal.models import audit, people, person_notes, roster
from portal.models.people import Person
from portal.models.person_notes import PersonNote

MAX_CHARS = 2000


def create_note(listed_id: UUID, text: str, *, note_id: UUID | None, actor: Person, now: datetime) -> None:
    """Store a note about a person, or about an expected person; a second call with its id changes nothing.

    Raises:
        BadInput: there is no id, or the text is empty or too long.
        NotFound: no person and no entry has this id.
    """
    content = text.replace("\0", "").strip()
    with transaction() as session:
        person = people.find_person(listed_id)
        entry = None if person is not None else roster.find_entry(listed_id)
        if person is None and entry is None:
            raise NotFound
        if note_id is None or not content or len(content) > MAX_CHARS:
            raise BadInput
        if person_notes.find_note(note_id) is not None:
            return
        note = PersonNote(id=note_id, author_id=actor.id, text=content, written_at=now)
        note.person_id, note.roster_entry_id = (person.id, None) if person is not None else (None, listed_id)
        session.add(note)
        audit.create_entry("note.written", at=now, actor_id=actor.id, subject_id=note.person_id)


def delete_note(listed_id: UUID, note_id: UUID, *, actor: Person, now: datetime) -> None:
    """Delete a note about this person.

    Raises:
        NotFound: there is none with this id about this person, such as after a second press.
    """
    with transaction():
        found = {note.id: note for note, _author in person_notes.list_notes(listed_id)}
        if note_id not in found:
            raise NotFound
        person_notes.delete_note(note_id)
        audit.create_entry("note.deleted", at=now, actor_id=actor.id, subject_id=found[note_id].person_id)
