"""The export of a person's data: their photos, every row about them, and the texts they agreed to."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.domain.renditions import ORIGINAL
from portal.models import consents, people, personal_rows
from portal.models.picture_accesses import PictureAccess
from portal.services import access_history, archive_contents
from portal.services.access_history import Access
from portal.services.app_context import AppContext
from portal.services.archives import ArchiveEntry

FORMAT_VERSION = 1
ACCESS_LIMIT = 10_000


def list_data_entries(person_id: UUID, context: AppContext) -> list[ArchiveEntry]:
    """Return everything kept about a person: photos, files of the kit, agreements and records."""
    return [
        ArchiveEntry("records.json", content=_encode(_build_records(person_id, context.clock()))),
        *_list_agreements(person_id),
        *archive_contents.list_photo_entries(person_id, context),
        *(
            ArchiveEntry(f"kit/{entry.name}", entry.storage_key)
            for entry in archive_contents.list_kit_entries(person_id, context)
        ),
    ]


def _build_records(person_id: UUID, now: datetime) -> dict[str, Any]:
    person = people.find_person(person_id)
    return {
        "format": FORMAT_VERSION,
        "made_at": now,
        "person": {"name": person.name, "email": person.email} if person is not None else None,
        "who_looked": [
            {"at": access.at, "who": name, **_describe_access(access)}
            for access, name in access_history.list_accesses(person_id, ACCESS_LIMIT)
        ],
        "records": dict(personal_rows.iterate_personal_rows(person_id)),
        "left_out": "Values that open something, such as session tokens and the studio link, are in no export. "
        f"Photos are in the folders generated and own, as {ORIGINAL.format.extension.upper()} at full size.",
    }


def _describe_access(access: Access) -> dict[str, Any]:
    if isinstance(access, PictureAccess):
        return {"action": f"headshot.{access.kind}", "detail": {"reason": access.reason}}
    return {"action": access.action, "detail": access.detail}


def _list_agreements(person_id: UUID) -> list[ArchiveEntry]:
    entries = []
    for number, each in enumerate(consents.list_by_person(person_id), start=1):
        head = f"Version {each.policy_version}, {each.locale}, agreed {each.given_at.isoformat()}\n{each.text_sha256}"
        name = f"agreements/{number:02d}-{each.policy_version}-{each.locale}.txt"
        entries.append(ArchiveEntry(name, content=f"{head}\n\n{each.text}\n".encode()))
    return entries


def _encode(records: dict[str, Any]) -> bytes:
    return json.dumps(records, default=_encode_value, ensure_ascii=False, indent=2).encode()


def _encode_value(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value)
