"""People with a finished photo session, for tests of what is deleted of it."""

from __future__ import annotations

from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import gallery
from tests.factories import NOW, USE, make_consent, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample


def make_participant(worked_example: WorkedExample, *, chooses: bool = True) -> tuple[Person, list[Photo]]:
    """A person with a finished session, two photos as files and the first of them chosen."""
    person = make_person()
    make_consent(person)
    shoot, photos = make_finished_shoot(person)
    for (key,) in worked_example.query("SELECT storage_key FROM renditions"):
        worked_example.portal.storage.put(key, b"face", "image/webp")
    worked_example.provider.add(person.email, "active", id=shoot.provider_id)
    if chooses:
        gallery.choose_photo(person, photos[0].id, agreement=USE, now=NOW)
        worked_example.query("DELETE FROM procrastinate_jobs")
    return person, photos


def count_rows(worked_example: WorkedExample, table: str) -> int:
    [(found,)] = worked_example.query(f"SELECT count(*) FROM {table}")
    return int(found)
