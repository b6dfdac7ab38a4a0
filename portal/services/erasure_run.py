"""Carries out an erasure step by step; stopped after any step, the next run continues with the one after it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types
from portal.domain.audiences import NamedPerson
from portal.domain.email_address import normalize_lenient
from portal.domain.erasure import ErasureStep
from portal.domain.errors import RetryLater
from portal.failpoints import failpoint
from portal.models import (
    archives,
    audit,
    campaign_searches,
    deliveries,
    erasures,
    kits,
    notifications,
    people,
    photo_deletion,
    photos,
    provider_records,
    queue,
    roster,
    roster_deletion,
    roster_imports,
    shoots,
)
from portal.models.campaigns import Campaign
from portal.models.erasures import Erasure
from portal.models.people import Person
from portal.models.roster_imports import RosterImport
from portal.provider import ProviderClient
from portal.provider.errors import NotFound as UnknownToProvider
from portal.services import erasure_records, exports, shoot_creation
from portal.services import roster_deletion as roster_entries
from portal.services.app_context import AppContext
from portal.storage import Storage

# How long to wait for a running job that may still write photos of the person.
RUNNING_JOB_DELAY = timedelta(seconds=10)
# How long to wait for a provider that accepted a deletion and still returns the session.
CONFIRMATION_DELAY = timedelta(minutes=1)


def run_erasure(erasure_id: UUID, context: AppContext) -> None:
    """Do the remaining steps of an erasure. Can be stopped anywhere and run again.

    Raises:
        RetryLater: a running job may still write data of the person, or the provider has not confirmed yet.
        ProviderError, StorageError: worth another attempt; what is deleted stays deleted.
    """
    erasure = _read(erasure_id)
    if erasure is None or erasure.finished_at is not None:
        return
    erase_local_data(erasure_id, storage=context.storage, now=context.clock())
    _check_no_job_running(erasure, context.clock())
    _find_lost_session(erasure, context)
    _erase_at_provider(erasure_id, context)
    # Again: a copy that was running may have stored files after the first deletion.
    if (found := _read(erasure_id)) is not None:
        _delete_files(found, context.storage)
    failpoint("erase.before_finish")
    _finish(erasure_id, context.clock())


def erase_local_data(erasure_id: UUID, *, storage: Storage, now: datetime) -> None:
    """Delete what the portal has: jobs, files, contents of webhooks, mails and rows, in this order.

    Raises:
        StorageError: files could not be deleted; run it again.
    """
    erasure = _read(erasure_id)
    if erasure is None or erasure.local_at is not None:
        return
    erasure_records.store_record(erasure, storage)
    _mark(erasure_id, ErasureStep.RECORDED, now)
    failpoint("erase.after_record")
    _delete_jobs(erasure, now)
    _delete_files(erasure, storage)
    exports.delete_expired(storage, now=now)
    _mark(erasure_id, ErasureStep.STORAGE, now)
    _mark(erasure_id, ErasureStep.FILES, now)
    failpoint("erase.after_files")
    _delete_messages(erasure, now)
    _delete_rows(erasure_id, now)
    failpoint("erase.after_rows")


def _read(erasure_id: UUID) -> Erasure | None:
    with transaction():
        return erasures.find_by_id(erasure_id)


def _mark(erasure_id: UUID, step: ErasureStep, now: datetime) -> None:
    with transaction():
        erasure = erasures.lock_erasure(erasure_id)
        if erasure is not None:
            erasure.mark_step(step, now)


def _delete_jobs(erasure: Erasure, now: datetime) -> None:
    with transaction():
        mails = notifications.list_ids_by_person(erasure.person_id, erasure.shoot_ids)
        queue.delete_waiting_jobs([*_list_job_subjects(erasure), *mails])
    _mark(erasure.id, ErasureStep.JOBS, now)
    failpoint("erase.after_jobs")


def _list_job_subjects(erasure: Erasure) -> list[UUID]:
    return [*erasure.shoot_ids, *erasure.photo_ids, *erasure.kit_ids, *erasure.archive_ids]


def _delete_files(erasure: Erasure, storage: Storage) -> None:
    for photo_id in erasure.photo_ids:
        storage.delete_all(f"photos/{photo_id}/")
        storage.delete_all(f"uploads/{photo_id}/")
    for kit_id in erasure.kit_ids:
        storage.delete_all(f"kits/{kit_id}/")
    for archive_id in erasure.archive_ids:
        storage.delete_all(f"archives/{archive_id}/")


def _delete_messages(erasure: Erasure, now: datetime) -> None:
    with transaction():
        found = erasures.lock_erasure(erasure.id)
        if found is None:
            return
        for provider_id in found.provider_ids:
            # A webhook that is being applied right now is waited for; later ones find the tombstone.
            deliveries.lock_model_id(provider_id)
        erasures.delete_delivery_contents(found.provider_ids)
        provider_records.delete_about(model_ids=found.provider_ids)
        found.mark_step(ErasureStep.DELIVERIES, now)
    failpoint("erase.after_deliveries")
    with transaction():
        notifications.delete_by_person(erasure.person_id, erasure.shoot_ids)
    _mark(erasure.id, ErasureStep.NOTIFICATIONS, now)
    failpoint("erase.after_notifications")


def _delete_rows(erasure_id: UUID, now: datetime) -> None:
    with transaction():
        erasure = erasures.lock_erasure(erasure_id)
        if erasure is None or erasure.local_at is not None:
            return
        # Imports before people, as when a list is applied.
        saved = roster_imports.lock_with_contents() if erasure.is_everything else []
        searching = campaign_searches.lock_searching() if erasure.is_everything else []
        shoots.lock_by_person(erasure.person_id)
        person = people.lock_person(erasure.person_id)
        if erasure.is_everything:
            _delete_by_address(person, saved, searching, now)
            _add_late_files(erasure)
            erasures.delete_person(erasure.person_id)
        else:
            _delete_pictures(erasure)
        erasure.local_at = now
        erasure.mark_step(ErasureStep.ROWS, now)


def _delete_by_address(
    person: Person | None, saved: list[RosterImport], searching: list[Campaign], now: datetime
) -> None:
    """Delete what names a person without a reference to them: entries, saved lists, searches, provider records."""
    entry = roster.find_by_person(person.id) if person is not None else None
    written = [each for each in (person and person.email, entry and entry.address) if each]
    addresses = {spelling for each in written for spelling in (each.strip().lower(), normalize_lenient(each))}
    if addresses and person is not None:
        # A list that was applied after the last sign-in has made an entry that is not joined to the person.
        unjoined = roster_deletion.list_unjoined_ids(addresses, except_person=person.id)
        roster_entries.delete_entries(unjoined, actor_id=None, now=now)
        roster_deletion.delete_from_lists(addresses, saved, now)
        provider_records.delete_about(emails=list(addresses))
        rows = [each for each in (person, entry) if each is not None]
        numbers = [each.employee_number for each in rows if each.employee_number]
        named = NamedPerson(addresses, [each.name for each in rows], numbers)
        campaign_searches.delete_naming(searching, [named])


def _add_late_files(erasure: Erasure) -> None:
    """Add the files of an upload or archive that a request stored while the erasure was being requested."""
    known = {*erasure.photo_ids, *erasure.kit_ids, *erasure.archive_ids}
    for attribute, listed in (
        ("photo_ids", photos.list_ids_by_person(erasure.person_id)),
        ("kit_ids", kits.list_ids_by_person(erasure.person_id)),
        ("archive_ids", archives.list_ids_by_person(erasure.person_id)),
    ):
        setattr(erasure, attribute, [*getattr(erasure, attribute), *(each for each in listed if each not in known)])


def _delete_pictures(erasure: Erasure) -> None:
    for kit_id in erasure.kit_ids:
        kits.delete_kit(kit_id)
    archives.delete_archives(erasure.archive_ids)
    kept = photo_deletion.find_shoot_id(erasure.kept_photo_id) if erasure.kept_photo_id is not None else None
    # The kept photo may be of another session, which stays as it is.
    kept = kept if kept in erasure.shoot_ids else None
    photo_deletion.delete_photos(erasure.photo_ids)
    shoots.delete_shoots([shoot_id for shoot_id in erasure.shoot_ids if shoot_id != kept])
    if kept is not None:
        # What is left of the shoot of the kept photo is no session at the provider any more.
        shoots.clear_provider_id(kept)
    people.publish_version(erasure.person_id)


def _check_no_job_running(erasure: Erasure, now: datetime) -> None:
    with transaction():
        busy = queue.has_running_job_about(_list_job_subjects(erasure))
        # A start job names no person; one that began with this person has ended when its lease has expired.
        is_served = erasure.email is not None and now < erasure.requested_at + shoot_creation.ATTEMPT_LEASE
        busy = busy or (is_served and queue.has_running_job_of_type(job_types.CREATE_SESSION))
    if busy:
        raise RetryLater(now + RUNNING_JOB_DELAY)


def _find_lost_session(erasure: Erasure, context: AppContext) -> None:
    if erasure.email is None:
        return
    found = context.provider.find_model_by_email(context.secretbox.open(erasure.email))
    with transaction():
        known = erasures.lock_erasure(erasure.id)
        if known is None:
            return
        known.email = None
        # A session that a shoot has is that of another account with the same address.
        if found is not None and shoots.find_by_provider_id(found.id) is None:
            known.provider_ids = [*known.provider_ids, found.id]
            erasures.add_tombstones([erasures.compute_session_digest(found.id)], context.clock())
            erasures.delete_delivery_contents([found.id])
            provider_records.delete_about(model_ids=[found.id])
        is_found = found is not None and found.id in known.provider_ids
    if is_found and (current := _read(erasure.id)) is not None:
        erasure_records.store_record(current, context.storage)
    failpoint("erase.after_look")


def _erase_at_provider(erasure_id: UUID, context: AppContext) -> None:
    erasure = _read(erasure_id)
    for provider_id in erasure.provider_ids if erasure else ():
        context.provider.delete_model(provider_id)
        failpoint("erase.after_delete")
        if not _is_gone(provider_id, context.provider):
            raise RetryLater(context.clock() + CONFIRMATION_DELAY)
        with transaction():
            erasures.confirm_deletion(provider_id)
    _mark(erasure_id, ErasureStep.PROVIDER, context.clock())


def _is_gone(provider_id: str, provider: ProviderClient) -> bool:
    try:
        return provider.get_model(provider_id).is_deleted
    except UnknownToProvider:
        return True


def _finish(erasure_id: UUID, now: datetime) -> None:
    with transaction():
        found = erasures.lock_erasure(erasure_id)
        if found is None or found.finished_at is not None:
            return
        found.finished_at, found.email = now, None
        count = len(found.photo_ids)
        if found.is_everything:
            audit.create_entry("person.erased", at=now, subject_id=found.person_id, photos=count)
        else:
            audit.create_entry("pictures.erased", at=now, subject_id=found.person_id, photos=count)
        people.publish_version(found.person_id)
