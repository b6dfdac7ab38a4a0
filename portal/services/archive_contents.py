"""What goes into each kind of archive, with names a person understands."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from portal.domain.kit_files import KIT_FILES
from portal.domain.renditions import ORIGINAL
from portal.models import kits, photos
from portal.models.archives import ArchiveKind
from portal.services.app_context import AppContext
from portal.services.archives import ArchiveEntry, ListEntries
from portal.services.kits import list_usable_keys


def list_photo_entries(person_id: UUID, context: AppContext) -> list[ArchiveEntry]:
    """Return every photo of the person at full size, generated and own, in the order of the gallery."""
    del context
    entries = []
    for number, (photo, original) in enumerate(photos.list_originals(person_id, ORIGINAL.name), start=1):
        folder = "own" if photo.is_own else "generated"
        entries.append(ArchiveEntry(f"{folder}/photo-{number:03d}.{ORIGINAL.format.extension}", original.storage_key))
    return entries


def list_kit_entries(person_id: UUID, context: AppContext) -> list[ArchiveEntry]:
    """Return the rendered files of the person's current kit."""
    kit = kits.find_current(person_id)
    if kit is None:
        return []
    stored = kits.list_files(kit.id)
    offered = list_usable_keys(kit, context.settings)
    return [
        ArchiveEntry(f"headshot-{spec.key}.{spec.extension}", stored[spec.key].storage_key)
        for spec in KIT_FILES
        if spec.key in stored and spec.key in offered
    ]


LISTINGS: Mapping[ArchiveKind, ListEntries] = {
    ArchiveKind.PHOTOS: list_photo_entries,
    ArchiveKind.KIT: list_kit_entries,
}
"""The contents by kind."""
