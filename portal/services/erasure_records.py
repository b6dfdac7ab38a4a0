"""Tombstones outside the database: one file in the storage for each erasure, so that restoring a backup undoes none.

A file holds random ids and digests, no name, address or picture. It stays when the erasure is finished.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.db import transaction
from portal.domain.erasure import ErasureScope
from portal.models import erasures, people
from portal.models.erasures import Erasure
from portal.storage import Storage

log = logging.getLogger(__name__)

RECORD_AREA = "erasures/"


@dataclass(frozen=True, kw_only=True)
class ErasureRecord:
    """What is needed to erase the same data again.

    Attributes:
        sessions: digests of the provider's sessions, hex.
    """

    erasure_id: UUID
    person_id: UUID
    scope: ErasureScope
    requested_at: datetime
    shoot_ids: tuple[UUID, ...]
    photo_ids: tuple[UUID, ...]
    kept_photo_id: UUID | None
    sessions: tuple[str, ...]


def build_record_key(erasure_id: UUID) -> str:
    """Return where the record of an erasure is stored."""
    return f"{RECORD_AREA}{erasure_id}.json"


def store_record(erasure: Erasure, storage: Storage) -> None:
    """Write the record of an erasure; writing it again changes nothing.

    Raises:
        StorageError: worth another attempt.
    """
    key = build_record_key(erasure.id)
    # Sessions whose deletion was confirmed meanwhile are no longer in the row.
    earlier = _parse_record(json.loads(storage.get(key))).sessions if storage.exists(key) else ()
    current = [erasures.compute_session_digest(provider_id).hex() for provider_id in erasure.provider_ids]
    content = {
        "erasure": str(erasure.id),
        "person": str(erasure.person_id),
        "scope": erasure.scope,
        "requested_at": erasure.requested_at.isoformat(),
        "shoots": [str(shoot_id) for shoot_id in erasure.shoot_ids],
        "photos": [str(photo_id) for photo_id in erasure.photo_ids],
        "kept_photo": str(erasure.kept_photo_id) if erasure.kept_photo_id else None,
        "sessions": sorted({*earlier, *current}),
    }
    storage.put(key, json.dumps(content).encode(), "application/json")


def iterate_records(storage: Storage) -> Iterator[ErasureRecord]:
    """Yield every record of the storage, the oldest first; unreadable ones are logged and left out.

    Raises:
        StorageError: worth another attempt.
    """
    found = []
    for key in storage.list(RECORD_AREA):
        try:
            found.append(_parse_record(json.loads(storage.get(key))))
        except (ValueError, KeyError, TypeError):
            log.exception("erasure.record_unreadable", extra={"key": key})
    yield from sorted(found, key=lambda record: record.requested_at)


def _parse_record(content: dict[str, Any]) -> ErasureRecord:
    return ErasureRecord(
        erasure_id=UUID(content["erasure"]),
        person_id=UUID(content["person"]),
        scope=ErasureScope(content["scope"]),
        requested_at=datetime.fromisoformat(content["requested_at"]),
        shoot_ids=tuple(map(UUID, content["shoots"])),
        photo_ids=tuple(map(UUID, content["photos"])),
        kept_photo_id=UUID(content["kept_photo"]) if content["kept_photo"] else None,
        sessions=tuple(content["sessions"]),
    )


def restore_tombstones(record: ErasureRecord, now: datetime) -> bool:
    """Add the tombstones of one record again; return whether the person it names is in the database."""
    with transaction():
        erasures.add_tombstones(map(bytes.fromhex, record.sessions), now)
        return people.find_person(record.person_id) is not None
