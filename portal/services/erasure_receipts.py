"""Deletes receipts of erasures at the end of their retention period: the stored record, the row and the tombstones."""

from __future__ import annotations

from datetime import datetime

from portal.db import transaction
from portal.domain.retention import ERASURE_RECEIPTS
from portal.models import erasures, expiry
from portal.services.erasure_records import build_record_key
from portal.storage import Storage

RECEIPTS_AT_ONCE = 100


def delete_old(storage: Storage, before: datetime) -> int:
    """Delete the receipts of erasures finished before this time, files first; return how many.

    Raises:
        StorageError: worth another attempt.
    """
    deleted = 0
    while True:
        with transaction():
            found = expiry.list_due_ids(ERASURE_RECEIPTS, before, RECEIPTS_AT_ONCE)
        for erasure_id in found:
            storage.delete(build_record_key(erasure_id))
        with transaction():
            erasures.delete_receipts(found)
            erasures.delete_tombstones(before)
        deleted += len(found)
        if len(found) < RECEIPTS_AT_ONCE:
            return deleted
