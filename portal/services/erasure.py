"""Erasure: everything of a person goes, here at once and at the provider until it confirms; nothing brings it back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from portal.db import release, transaction
from portal.domain.errors import NotFound
from portal.domain.secretbox import SecretBox
from portal.failpoints import failpoint
from portal.models import audit, consents, deliveries, erasures, people, photos, queue, sessions, shoots, waiting_room
from portal.models.erasures import Erasure
from portal.models.shoots import Shoot
from portal.provider import ProviderClient
from portal.provider.errors import NotFound as UnknownToProvider
from portal.services import shoot_creation
from portal.storage import Storage

log = logging.getLogger(__name__)

ERASE_TASK = "people.erase"
# How long work on their photos that was under way is waited for before it is looked at again.
PAUSE = timedelta(seconds=10)


class StillAtWork(Exception):
    """A job about a session of the erased person is running and may still write something.

    Attributes:
        until: when it is worth looking again, UTC.
    """

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__()


class NotGoneYet(Exception):
    """The provider took the order to delete and still shows the session."""


@dataclass(frozen=True)
class Eraser:
    """What erasing needs of the outside."""

    provider: ProviderClient
    storage: Storage
    secretbox: SecretBox
    clock: Callable[[], datetime]


def order(person_id: UUID, *, secretbox: SecretBox, now: datetime, actor_id: UUID | None = None) -> UUID:
    """Shut a person out, stop everything that is under way for them and queue their erasure; once is enough.

    Args:
        person_id: who is erased.
        secretbox: seals the address while it is still needed to find a session at the provider.
        now: the present, UTC.
        actor_id: who wants it; None from the command line.

    Returns:
        The erasure's id, its receipt.

    Raises:
        NotFound: there is no such person.
    """
    with transaction() as session:
        # Sessions before the person, as everywhere; then those that began in between.
        shoots.lock_by_person(person_id)
        person = people.lock_person(person_id)
        if person is None:
            raise NotFound
        if (standing := erasures.open_for(person_id)) is not None:
            _queue(standing.id)
            return standing.id
        theirs = shoots.lock_by_person(person_id)
        _close(theirs, now)
        erasure = Erasure(
            id=uuid4(),
            person_id=person_id,
            requested_at=now,
            shoot_ids=[shoot.id for shoot in theirs],
            photo_ids=photos.list_ids_by_person(person_id),
            provider_ids=[shoot.provider_id for shoot in theirs if shoot.provider_id is not None],
            email=secretbox.seal(person.email) if any(_may_have_been_made(shoot) for shoot in theirs) else None,
            consents=_proof(person_id),
        )
        session.add(erasure)
        erasures.bury(erasure.provider_ids, now)
        person.deactivated_at = person.deactivated_at or now
        sessions.delete_of_person(person_id)
        audit.add("person.erasure_ordered", at=now, actor_id=actor_id, subject_id=person_id)
        people.publish_version(person_id)
        _queue(erasure.id)
        return erasure.id


def _may_have_been_made(shoot: Shoot) -> bool:
    """Whether a session may exist at the provider whose answer never reached us."""
    return shoot.provider_id is None and shoot.attempts > 0


def _proof(person_id: UUID) -> list[dict[str, str | None]]:
    return [
        {
            "policy_version": each.policy_version,
            "text_sha256": each.text_sha256,
            "provider": each.provider,
            "given_at": each.given_at.isoformat(),
            "withdrawn_at": each.withdrawn_at.isoformat() if each.withdrawn_at else None,
        }
        for each in consents.of_person(person_id)
    ]


def _close(theirs: list[Shoot], now: datetime) -> None:
    for shoot in theirs:
        shoot.closed_at = shoot.closed_at or now


def _queue(erasure_id: UUID) -> None:
    queue.defer(ERASE_TASK, once=f"erase:{erasure_id}", erasure_id=str(erasure_id))


def carry_out(erasure_id: UUID, eraser: Eraser) -> None:
    """Do what is left of an erasure. Can be stopped anywhere and run again.

    Raises:
        StillAtWork: something is still being written; come back.
        NotGoneYet, ProviderError, StorageError: worth another try; what is deleted stays deleted.
    """
    erasure = _read(erasure_id)
    if erasure is None or erasure.finished_at is not None:
        return
    if erasure.local_at is None:
        erase_here(erasure_id, storage=eraser.storage, now=eraser.clock())
    _wait_for_running(erasure, eraser.clock())
    _find_lost_session(erasure, eraser)
    _erase_there(erasure_id, eraser)
    # Once more: a copy that was under way may have put files after the first time.
    _delete_files(erasure, eraser.storage)
    failpoint("erase.before_finish")
    now = eraser.clock()
    with transaction():
        found = erasures.lock(erasure_id)
        if found is not None and found.finished_at is None:
            found.finished_at, found.email = now, None
            audit.add("person.erased", at=now, subject_id=found.person_id)


def erase_here(erasure_id: UUID, *, storage: Storage, now: datetime) -> None:
    """Delete everything of the person that is with us: files, then rows.

    Raises:
        StorageError: files could not be deleted; run it again.
    """
    erasure = _read(erasure_id)
    if erasure is None or erasure.local_at is not None:
        return
    _delete_files(erasure, storage)
    failpoint("erase.after_files")
    with transaction():
        found = erasures.lock(erasure_id)
        if found is None or found.local_at is not None:
            return
        for provider_id in found.provider_ids:
            # A webhook about it that is being applied right now is waited for; later ones find the tombstone.
            deliveries.lock_model_id(provider_id)
        erasures.forget_deliveries(found.provider_ids)
        shoots.lock_by_person(found.person_id)
        erasures.delete_person(found.person_id)
        found.local_at = now
    failpoint("erase.after_rows")


def _read(erasure_id: UUID) -> Erasure | None:
    with transaction():
        found = erasures.by_id(erasure_id)
    release()
    return found


def _delete_files(erasure: Erasure, storage: Storage) -> None:
    for photo_id in erasure.photo_ids:
        storage.delete_all(f"photos/{photo_id}/")


def _wait_for_running(erasure: Erasure, now: datetime) -> None:
    with transaction():
        busy = any(queue.is_running(shoot_id=str(shoot_id)) for shoot_id in erasure.shoot_ids)
        # A turn says of nobody whom it serves; one that had begun with this person has ended when its lease has.
        is_served = erasure.email is not None and now < erasure.requested_at + shoot_creation.ATTEMPT_LEASE
        busy = busy or (is_served and queue.is_any_running(waiting_room.TURN_TASK))
    release()
    if busy:
        raise StillAtWork(now + PAUSE)


def _find_lost_session(erasure: Erasure, eraser: Eraser) -> None:
    if erasure.email is None:
        return
    found = eraser.provider.find_model_by_email(eraser.secretbox.open(erasure.email))
    with transaction():
        known = erasures.lock(erasure.id)
        if known is None:
            return
        known.email = None
        if found is not None:
            known.provider_ids = [*known.provider_ids, found.id]
            erasures.bury([found.id], eraser.clock())
            erasures.forget_deliveries([found.id])
    failpoint("erase.after_look")


def _erase_there(erasure_id: UUID, eraser: Eraser) -> None:
    erasure = _read(erasure_id)
    for provider_id in erasure.provider_ids if erasure else ():
        eraser.provider.delete_model(provider_id)
        failpoint("erase.after_delete")
        if not _is_gone(provider_id, eraser.provider):
            raise NotGoneYet
        with transaction():
            known = erasures.lock(erasure_id)
            if known is not None:
                known.provider_ids = [each for each in known.provider_ids if each != provider_id]


def _is_gone(provider_id: str, provider: ProviderClient) -> bool:
    try:
        return provider.get_model(provider_id).is_deleted
    except UnknownToProvider:
        return True


def pick_up(*, before: datetime) -> None:
    """Queue again every erasure that was asked for before this moment and is not finished."""
    with transaction():
        for erasure_id in erasures.unfinished(before=before):
            _queue(erasure_id)
