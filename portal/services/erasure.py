"""Erasure: deletes all data of a person, here at once and at the provider until it confirms."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain import job_types
from portal.domain.errors import NotFound, RetryLater
from portal.failpoints import failpoint
from portal.models import (
    archives,
    audit,
    consents,
    deliveries,
    erasures,
    kits,
    people,
    photos,
    queue,
    sessions,
    shoots,
)
from portal.models.erasures import Erasure
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.provider import ProviderClient
from portal.provider.errors import NotFound as UnknownToProvider
from portal.services import shoot_creation
from portal.services.app_context import AppContext
from portal.storage import Storage

log = logging.getLogger(__name__)

# How long to wait for a running job that may still write photos of the person.
RUNNING_JOB_DELAY = timedelta(seconds=10)
# How long to wait for a provider that accepted a deletion and still returns the session.
CONFIRMATION_DELAY = timedelta(minutes=1)


def request_erasure(person_id: UUID, context: AppContext, *, actor_id: UUID | None = None) -> UUID:
    """Deactivate a person, close their open work and enqueue their erasure; a second request changes nothing.

    Args:
        person_id: the person to erase.
        context: its secretbox seals the e-mail address while it is needed to find a session at the provider.
        actor_id: who requested it; None from the command line.

    Returns:
        The erasure's id, its receipt.

    Raises:
        NotFound: there is no such person.
    """
    now = context.clock()
    with transaction() as session:
        # The lock order everywhere is shoots, then the person; shoots created in between are locked below.
        shoots.lock_by_person(person_id)
        person = people.lock_person(person_id)
        if person is None:
            raise NotFound
        if (open_erasure := erasures.find_open(person_id)) is not None:
            _enqueue(open_erasure.id)
            return open_erasure.id
        owned = shoots.lock_by_person(person_id)
        _close_shoots(owned, now)
        erasure = _build_erasure(person, owned, context)
        session.add(erasure)
        erasures.add_tombstones(erasure.provider_ids, now)
        person.deactivated_at = person.deactivated_at or now
        sessions.delete_of_person(person_id)
        audit.create_entry("person.erasure_ordered", at=now, actor_id=actor_id, subject_id=person_id)
        people.publish_version(person_id)
        _enqueue(erasure.id)
        return erasure.id


def _build_erasure(person: Person, owned: list[Shoot], context: AppContext) -> Erasure:
    # After a lost response, the provider may have a session whose id is unknown here.
    may_be_lost = any(shoot.provider_id is None and shoot.attempts > 0 for shoot in owned)
    return Erasure(
        id=uuid4(),
        person_id=person.id,
        requested_at=context.clock(),
        shoot_ids=[shoot.id for shoot in owned],
        photo_ids=photos.list_ids_by_person(person.id),
        provider_ids=[shoot.provider_id for shoot in owned if shoot.provider_id is not None],
        email=context.secretbox.seal(person.email) if may_be_lost else None,
        consents=_build_consent_evidence(person.id),
    )


def _build_consent_evidence(person_id: UUID) -> list[dict[str, str | None]]:
    return [
        {
            "policy_version": each.policy_version,
            "text_sha256": each.text_sha256,
            "provider": each.provider,
            "given_at": each.given_at.isoformat(),
            "withdrawn_at": each.withdrawn_at.isoformat() if each.withdrawn_at else None,
        }
        for each in consents.list_by_person(person_id)
    ]


def _close_shoots(owned: list[Shoot], now: datetime) -> None:
    for shoot in owned:
        shoot.closed_at = shoot.closed_at or now


def _enqueue(erasure_id: UUID) -> None:
    queue.enqueue_job(job_types.ERASE_PERSON, erasure_id=str(erasure_id))


def run_erasure(erasure_id: UUID, context: AppContext) -> None:
    """Do the remaining steps of an erasure. Can be stopped anywhere and run again.

    Raises:
        RetryLater: a running job may still write data of the person, or the provider has not confirmed yet.
        ProviderError, StorageError: worth another attempt; what is deleted stays deleted.
    """
    erasure = _read(erasure_id)
    if erasure is None or erasure.finished_at is not None:
        return
    if erasure.local_at is None:
        erase_local_data(erasure_id, storage=context.storage, now=context.clock())
    _check_no_job_running(erasure, context.clock())
    _find_lost_session(erasure, context)
    _erase_at_provider(erasure_id, context)
    # Again: a copy that was running may have stored files after the first deletion.
    _delete_files(erasure, context.storage)
    failpoint("erase.before_finish")
    now = context.clock()
    with transaction():
        found = erasures.lock_erasure(erasure_id)
        if found is not None and found.finished_at is None:
            found.finished_at, found.email = now, None
            audit.create_entry("person.erased", at=now, subject_id=found.person_id)


def erase_local_data(erasure_id: UUID, *, storage: Storage, now: datetime) -> None:
    """Delete the person's files, then their rows.

    Raises:
        StorageError: files could not be deleted; run it again.
    """
    erasure = _read(erasure_id)
    if erasure is None or erasure.local_at is not None:
        return
    _delete_files(erasure, storage)
    failpoint("erase.after_files")
    with transaction():
        found = erasures.lock_erasure(erasure_id)
        if found is None or found.local_at is not None:
            return
        for provider_id in found.provider_ids:
            # Waits for a webhook about it that is being applied; later ones find the tombstone.
            deliveries.lock_model_id(provider_id)
        erasures.delete_delivery_contents(found.provider_ids)
        shoots.lock_by_person(found.person_id)
        erasures.delete_person(found.person_id)
        found.local_at = now
    failpoint("erase.after_rows")


def _read(erasure_id: UUID) -> Erasure | None:
    with transaction():
        return erasures.find_by_id(erasure_id)


def _delete_files(erasure: Erasure, storage: Storage) -> None:
    for photo_id in erasure.photo_ids:
        storage.delete_all(f"photos/{photo_id}/")
        storage.delete_all(f"uploads/{photo_id}/")
    # Rows of kits and archives stay until after their files, so a killed run finds them again.
    with transaction():
        kit_ids = kits.list_ids_by_person(erasure.person_id)
        archive_ids = archives.list_ids_by_person(erasure.person_id)
    for kit_id in kit_ids:
        storage.delete_all(f"kits/{kit_id}/")
    for archive_id in archive_ids:
        storage.delete_all(f"archives/{archive_id}/")


def _check_no_job_running(erasure: Erasure, now: datetime) -> None:
    with transaction():
        busy = any(queue.has_running_job(shoot_id=str(shoot_id)) for shoot_id in erasure.shoot_ids)
        # Start jobs do not name a person. One that had started with this person ends with its lease.
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
        if found is not None:
            known.provider_ids = [*known.provider_ids, found.id]
            erasures.add_tombstones([found.id], context.clock())
            erasures.delete_delivery_contents([found.id])
    failpoint("erase.after_look")


def _erase_at_provider(erasure_id: UUID, context: AppContext) -> None:
    erasure = _read(erasure_id)
    for provider_id in erasure.provider_ids if erasure else ():
        context.provider.delete_model(provider_id)
        failpoint("erase.after_delete")
        if not _is_gone(provider_id, context.provider):
            raise RetryLater(context.clock() + CONFIRMATION_DELAY)
        with transaction():
            known = erasures.lock_erasure(erasure_id)
            if known is not None:
                known.provider_ids = [each for each in known.provider_ids if each != provider_id]


def _is_gone(provider_id: str, provider: ProviderClient) -> bool:
    try:
        return provider.get_model(provider_id).is_deleted
    except UnknownToProvider:
        return True


def requeue_stale(*, before: datetime) -> None:
    """Enqueue again every unfinished erasure that was requested before this time."""
    with transaction():
        for erasure_id in erasures.list_unfinished(before=before):
            _enqueue(erasure_id)
