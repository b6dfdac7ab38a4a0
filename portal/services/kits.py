"""Kits: the files of a chosen headshot, replaced whenever the choice, the crop or the company's settings change."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types
from portal.domain.ai_policy import compute_settings_digest, is_marked, list_offered
from portal.domain.crops import Crop
from portal.domain.errors import NotFound
from portal.domain.job_types import JobType
from portal.domain.kit_files import KitFileSpec
from portal.domain.renditions import ORIGINAL
from portal.failpoints import failpoint
from portal.models import archives, choices, kits, photos, queue
from portal.models.archives import Archive, ArchiveKind
from portal.models.kits import Kit, KitFile, KitState
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.services.app_context import AppContext
from portal.settings import Settings

log = logging.getLogger(__name__)


def update_kit(person_id: UUID, *, now: datetime) -> Kit | None:
    """Make the person's kit follow their choice and crop, in the caller's transaction.

    An unchanged choice and crop keep the kit; without a choice there is none. Safe to call after every change. Changed
    settings are for :func:`portal.services.kit_rendering.refresh_outdated`.

    Returns:
        The current kit, whose files may still be rendered; None without a choice.
    """
    source = _find_source(person_id)
    current = kits.find_current(person_id)
    if source is None:
        _close_current(current, now)
        return None
    photo, original = source
    digest = _compute_digest(original, photo.crop)
    if current is not None and current.digest == digest and current.state != KitState.FAILED:
        return current
    return _replace(person_id, source, job_types.RENDER_KIT, now)


def replace_kit(person_id: UUID, *, now: datetime) -> None:
    """Have the person's kit rendered again, after those that people wait for, in the caller's transaction."""
    source = _find_source(person_id)
    current = kits.find_current(person_id)
    if current is not None and source is not None:
        _replace(person_id, source, job_types.RENDER_KIT_AGAIN, now)
    else:
        _close_current(current, now)


def _replace(person_id: UUID, source: tuple[Photo, Rendition], job_type: JobType, now: datetime) -> Kit:
    photo, original = source
    _close_current(kits.find_current(person_id), now)
    kit = kits.create_kit(person_id, photo.id, digest=_compute_digest(original, photo.crop), crop=photo.crop, now=now)
    queue.enqueue_job(job_type, kit_id=str(kit.id))
    return kit


def _find_source(person_id: UUID) -> tuple[Photo, Rendition] | None:
    choice = choices.find_current(person_id)
    photo = photos.find_for_person(choice.photo_id, person_id) if choice is not None else None
    original = photos.find_rendition_for_person(photo.id, ORIGINAL.name, person_id) if photo is not None else None
    return (photo, original) if photo is not None and original is not None else None


def _close_current(current: Kit | None, now: datetime) -> None:
    if current is not None:
        kits.close_current(current.person_id, now)
        queue.enqueue_job(job_types.DELETE_KITS)


def _compute_digest(original: Rendition, crop: Crop) -> str:
    source = f"{original.sha256}:{crop.center_x!r}:{crop.center_y!r}:{crop.size!r}"
    return hashlib.sha256(source.encode()).hexdigest()


@dataclass(frozen=True)
class KitDetail:
    """What a page shows of a person's kit.

    Attributes:
        photo: the chosen photo, None without a choice.
        kit: the current kit, None until one was requested.
        files: its rendered files by key.
        offered: the files there are, by the policy for generated pictures.
        archive: the newest ZIP of it that still holds what the kit holds.
    """

    photo: Photo | None
    kit: Kit | None
    files: dict[str, KitFile]
    offered: tuple[KitFileSpec, ...]
    archive: Archive | None


def get_kit_detail(person: Person, settings: Settings, *, now: datetime) -> KitDetail:
    """Return the person's kit with its files and ZIP, as far as they are made."""
    choice = choices.find_current(person.id)
    photo = photos.find_for_person(choice.photo_id, person.id) if choice is not None else None
    kit = kits.find_current(person.id)
    archive = archives.find_latest(person.id, ArchiveKind.KIT, now)
    if archive is not None and kit is not None and archive.created_at < kit.created_at:
        archive = None
    offered = list_offered(settings.ai_policy, is_generated=photo is not None and not photo.is_own)
    return KitDetail(photo, kit, _list_usable_files(kit, settings), offered, archive)


def _list_usable_files(kit: Kit | None, settings: Settings) -> dict[str, KitFile]:
    if kit is None:
        return {}
    usable = list_usable_keys(kit, settings)
    return {key: file for key, file in kits.list_files(kit.id).items() if key in usable}


def get_kit_file(person: Person, key: str, settings: Settings) -> KitFile:
    """Return one rendered file of the person's current kit.

    Raises:
        NotFound: there is no kit, no such file for this photo, or it is not rendered yet as the settings ask.
    """
    kit = kits.find_current(person.id)
    file = kits.list_files(kit.id).get(key) if kit is not None else None
    if kit is None or file is None or key not in list_usable_keys(kit, settings):
        raise NotFound
    return file


def list_usable_keys(kit: Kit, settings: Settings) -> set[str]:
    """Return the keys of the files that may be handed out of a kit.

    Left out are files that the policy does not offer of this photo, and files that should carry the visible mark while
    the kit was rendered with other settings: they are being replaced.
    """
    photo = photos.find_for_person(kit.photo_id, kit.person_id)
    is_generated = photo is None or not photo.is_own
    is_outdated = kit.settings_digest != get_settings_digest(settings)
    return {
        spec.key
        for spec in list_offered(settings.ai_policy, is_generated=is_generated)
        if not (is_outdated and is_marked(settings.ai_policy, spec.key, is_generated=is_generated))
    }


def get_settings_digest(settings: Settings) -> str:
    """Return the digest of the settings that decide what the files of a kit look like."""
    return compute_settings_digest(settings.ai_policy, settings.mail_locale)


def delete_superseded(context: AppContext) -> int:
    """Delete the files and rows of kits that are out of use; return how many. Can be stopped anywhere and run again.

    Raises:
        StorageError: worth another try.
    """
    deleted = 0
    while True:
        with transaction():
            kit_ids = kits.list_superseded()
        if not kit_ids:
            return deleted
        for kit_id in kit_ids:
            context.storage.delete_all(f"kits/{kit_id}/")
            failpoint("kit.after_delete")
            with transaction():
                kits.delete_kit(kit_id)
        deleted += len(kit_ids)
