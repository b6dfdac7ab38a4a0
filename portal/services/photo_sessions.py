"""A person's finished photo sessions as my page lists them, and the ZIP file of all their photos."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.domain.retention import UNCHOSEN_PHOTOS
from portal.domain.retention_periods import RetentionPeriods
from portal.models import archives, photos, shoots
from portal.models.archives import Archive, ArchiveKind
from portal.models.people import Person


@dataclass(frozen=True)
class FinishedSession:
    """One earlier session whose photos can still be seen.

    Attributes:
        requested_at: when the person started it.
        photo_count: photos that can be seen.
        first_photo_id: where the gallery shows it.
        kept_until: when the photos that are not chosen are deleted.
    """

    requested_at: datetime
    photo_count: int
    first_photo_id: UUID
    kept_until: datetime


def list_earlier(person: Person, periods: RetentionPeriods) -> list[FinishedSession]:
    """Return the sessions before the present one whose photos can still be seen, the newest first."""
    present = shoots.find_latest(person.id)
    found = []
    for shoot in shoots.list_by_person(person.id):
        if shoot.copied_at is None or (present is not None and shoot.id == present.id):
            continue
        listed = photos.list_viewable(shoot.id)
        if listed:
            kept_until = shoot.copied_at + periods[UNCHOSEN_PHOTOS]
            found.append(FinishedSession(shoot.requested_at, len(listed), listed[0].id, kept_until))
    return found


def find_photo_archive(person: Person, now: datetime) -> Archive | None:
    """Return the newest ZIP file of all photos of the person that has not expired."""
    return archives.find_latest(person.id, ArchiveKind.PHOTOS, now)
