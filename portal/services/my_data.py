"""What is kept about a person, where and until when: the facts of the page "My data"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain import retention
from portal.domain.erasure import ErasureScope
from portal.domain.errors import NotFound
from portal.domain.retention_periods import RetentionPeriods
from portal.models import (
    archives,
    audit,
    choices,
    consents,
    erasures,
    person_notes,
    photos,
    roster,
    shoots,
)
from portal.models.archives import Archive, ArchiveKind
from portal.models.choices import Choice
from portal.models.consents import Consent
from portal.models.people import Person
from portal.models.person_notes import PersonNote
from portal.models.photos import Photo
from portal.models.shoots import Shoot
from portal.services import access_history
from portal.services import archives as archive_service
from portal.services.access_history import Access
from portal.services.app_context import AppContext
from portal.services.erasure import Receipt, build_receipt

ACCESS_LIMIT = 50


@dataclass(frozen=True)
class KeptShoot:
    """One photo session with what is kept of it.

    Attributes:
        photos: its headshots here, without the chosen one.
        until: when these are deleted; None while the photo session is not finished.
        uploads_until: when the studio deletes the photos the person took; None while it needs them.
        has_uploads: whether the studio may hold photos the person took.
        is_deleted: whether only the kept headshot is left of it, or it is being deleted.
    """

    shoot: Shoot
    photos: list[Photo]
    until: datetime | None
    uploads_until: datetime | None
    has_uploads: bool
    is_deleted: bool


@dataclass(frozen=True, kw_only=True)
class MyData:
    """Everything the page shows.

    Attributes:
        choice: the standing choice, None without one.
        chosen: the photo of it.
        own_photos: the person's own photos, without the chosen one.
        accesses: what other people did with the person's data, with the name of who did it, the newest first.
        has_more_accesses: whether older ones are left out; the export has them.
        agreements: what the person agreed to, withdrawn or not, the newest first.
        uses: the choices by which the person agreed to the use of a photo, the newest first.
        archive: the newest export that has not expired.
        notes: what admins noted about the person, each with the author's name, the newest first.
        deletions: receipts of photo sessions that were deleted, the newest first.
        is_listed: whether the person is on the roster.
    """

    shoots: list[KeptShoot]
    choice: Choice | None
    chosen: Photo | None
    own_photos: list[Photo]
    accesses: list[tuple[Access, str | None]]
    has_more_accesses: bool
    agreements: list[Consent]
    uses: list[Choice]
    archive: Archive | None
    notes: list[tuple[PersonNote, str | None]]
    deletions: list[Receipt]
    is_listed: bool


def get_my_data(person: Person, periods: RetentionPeriods, *, now: datetime) -> MyData:
    """Gather what is kept about this person from our own records; no outside call is made."""
    choice = choices.find_current(person.id)
    chosen_id = choice.photo_id if choice is not None else None
    requested = erasures.list_by_person(person.id)
    deleted = [each for each in requested if each.scope == ErasureScope.SESSION]
    erased_ids = {shoot_id for each in deleted for shoot_id in each.shoot_ids}
    # The provider has confirmed the deletion, with the photos the person took for them.
    gone_ids = {shoot_id for each in requested if each.finished_at is not None for shoot_id in each.shoot_ids}
    accesses = access_history.list_accesses(person.id, ACCESS_LIMIT + 1)
    shown = accesses[:ACCESS_LIMIT]
    return MyData(
        shoots=[
            _build_kept_shoot(
                shoot, chosen_id, periods, now, is_erased=shoot.id in erased_ids, is_gone=shoot.id in gone_ids
            )
            for shoot in shoots.list_by_person(person.id)
        ],
        choice=choice,
        chosen=photos.find_for_person(choice.photo_id, person.id) if choice is not None else None,
        own_photos=[photo for photo in photos.list_own(person.id) if photo.id != chosen_id],
        accesses=shown,
        has_more_accesses=len(accesses) > len(shown),
        agreements=consents.list_by_person(person.id)[::-1],
        uses=choices.list_use_agreements(person.id),
        archive=archives.find_latest(person.id, ArchiveKind.DATA, now),
        notes=person_notes.list_notes(person.id),
        deletions=[build_receipt(each) for each in deleted],
        is_listed=roster.find_by_person(person.id) is not None,
    )


def _build_kept_shoot(
    shoot: Shoot, chosen_id: UUID | None, periods: RetentionPeriods, now: datetime, *, is_erased: bool, is_gone: bool
) -> KeptShoot:
    upload_period, unchosen_period = periods[retention.STUDIO_UPLOADS], periods[retention.UNCHOSEN_PHOTOS]
    uploads_until = shoot.finished_at + upload_period if shoot.finished_at is not None else None
    return KeptShoot(
        shoot=shoot,
        photos=[photo for photo in photos.list_viewable(shoot.id) if photo.id != chosen_id],
        until=shoot.copied_at + unchosen_period if shoot.copied_at is not None else None,
        uploads_until=uploads_until,
        is_deleted=shoot.closed_at is not None and (shoot.provider_id is None or is_erased),
        has_uploads=not is_gone and shoot.opened_at is not None and (uploads_until is None or uploads_until > now),
    )


def get_agreement(person: Person, consent_id: UUID) -> Consent:
    """Return one agreement of this person, withdrawn or not.

    Raises:
        NotFound: there is none of this person with this id.
    """
    found = next((each for each in consents.list_by_person(person.id) if each.id == consent_id), None)
    if found is None:
        raise NotFound
    return found


def request_export(person: Person, *, file_name: str, context: AppContext) -> Archive:
    """Have the person's data collected in a ZIP file that can be downloaded once; a second request builds nothing."""
    archive = archive_service.request_archive(person, ArchiveKind.DATA, file_name=file_name, context=context)
    with transaction():
        audit.create_entry("data.export_requested", at=context.clock(), actor_id=person.id, subject_id=person.id)
    return archive
