"""Repeats the recorded erasures after the database was restored from a backup."""

from __future__ import annotations

from portal.db import transaction
from portal.domain.erasure import ErasureScope
from portal.models import audit, consents, erasures, people, photos, shoots
from portal.services import erasure, erasure_records, erasure_run
from portal.services.app_context import AppContext
from portal.services.erasure_records import ErasureRecord


def replay_erasures(context: AppContext) -> tuple[int, int]:
    """Repeat every erasure whose data the restored database holds again. Running it again changes nothing.

    Returns:
        How many records were read, and how many erasures were repeated.

    Raises:
        StorageError: the records or files cannot be reached; run it again.
    """
    read = repeated = 0
    for record in erasure_records.iterate_records(context.storage):
        read += 1
        if not erasure_records.restore_tombstones(record, context.clock()):
            continue
        if record.scope is ErasureScope.EVERYTHING:
            is_new = _find_row(record) is None
            erasure_id = erasure.request_erasure(
                record.person_id, context, erasure_id=record.erasure_id if is_new else None
            )
            erasure_run.erase_local_data(erasure_id, storage=context.storage, now=context.clock())
            repeated += 1
        else:
            repeated += _repeat_withdrawal(record, context)
    return read, repeated


def _find_row(record: ErasureRecord) -> object:
    with transaction():
        return erasures.find_by_id(record.erasure_id)


def _repeat_withdrawal(record: ErasureRecord, context: AppContext) -> bool:
    """Withdraw and delete what had been withdrawn and deleted; what the person agreed to afterwards stays."""
    now = context.clock()
    with transaction():
        returned = [shoot for shoot in shoots.lock_by_person(record.person_id) if shoot.id in record.shoot_ids]
        person = people.lock_person(record.person_id)
        listed = set(photos.list_ids_by_person(record.person_id)) & {*record.photo_ids}
        active = [each for each in consents.list_active(record.person_id) if each.given_at <= record.requested_at]
        if record.scope is ErasureScope.SESSION:
            # Deleting one session withdrew nothing.
            active = []
        if person is None or not (listed or active or any(shoot.provider_id for shoot in returned)):
            return False
        for consent in active:
            consent.withdrawn_at = now
        if active:
            audit.create_entry("consent.withdrawn", at=now, subject_id=person.id, reason="restored")
        created = erasure.create_erasure(
            person, record.scope, context, kept_photo_id=record.kept_photo_id, only_shoot_ids=record.shoot_ids
        )
        erasure_id = created.id
    erasure_run.erase_local_data(erasure_id, storage=context.storage, now=now)
    return True
