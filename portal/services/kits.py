"""Kits: the files of a chosen headshot, rendered by the worker again whenever the choice or the crop changes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain import job_types
from portal.domain.ai_policy import AiPolicy, list_offered
from portal.domain.crops import Crop
from portal.domain.errors import NotFound
from portal.domain.kit_files import SPEC_VERSION, KitFileSpec
from portal.domain.renditions import ORIGINAL
from portal.failpoints import failpoint
from portal.images import kit as kit_images
from portal.images.decode import decode_with_provenance
from portal.images.provenance import build_generated_provenance
from portal.models import archives, choices, kits, people, photos, queue
from portal.models.archives import Archive, ArchiveKind
from portal.models.kits import Kit, KitFile, KitState
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.services.app_context import AppContext
from portal.storage import build_object_key

log = logging.getLogger(__name__)


def update_kit(person_id: UUID, *, now: datetime) -> Kit | None:
    """Make the person's kit follow their choice and crop, in the caller's transaction.

    An unchanged choice and crop keep the kit; without a choice there is none. Safe to call after every change.

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
    _close_current(current, now)
    kit = kits.create_kit(person_id, photo.id, digest=digest, crop=photo.crop, now=now)
    queue.enqueue_job(job_types.RENDER_KIT, kit_id=str(kit.id))
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
    source = f"{original.sha256}:{crop.center_x!r}:{crop.center_y!r}:{crop.size!r}:{SPEC_VERSION}"
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


def get_kit_detail(person: Person, policy: Mapping[str, AiPolicy], *, now: datetime) -> KitDetail:
    """Return the person's kit with its files and ZIP, as far as they are made."""
    choice = choices.find_current(person.id)
    photo = photos.find_for_person(choice.photo_id, person.id) if choice is not None else None
    kit = kits.find_current(person.id)
    archive = archives.find_latest(person.id, ArchiveKind.KIT, now)
    if archive is not None and kit is not None and archive.created_at < kit.created_at:
        archive = None
    offered = list_offered(policy, is_generated=photo is not None and not photo.is_own)
    return KitDetail(photo, kit, kits.list_files(kit.id) if kit is not None else {}, offered, archive)


def get_kit_file(person: Person, key: str, policy: Mapping[str, AiPolicy]) -> KitFile:
    """Return one rendered file of the person's current kit.

    Raises:
        NotFound: there is no kit, no such file for this photo, or it is not rendered yet.
    """
    kit = kits.find_current(person.id)
    file = kits.list_files(kit.id).get(key) if kit is not None else None
    if kit is None or file is None or key not in list_offered_keys(kit, policy):
        raise NotFound
    return file


def list_offered_keys(kit: Kit, policy: Mapping[str, AiPolicy]) -> set[str]:
    """Return the keys of the files that the policy offers of a kit."""
    photo = photos.find_for_person(kit.photo_id, kit.person_id)
    is_generated = photo is None or not photo.is_own
    return {spec.key for spec in list_offered(policy, is_generated=is_generated)}


def render_kit(kit_id: UUID, context: AppContext) -> None:
    """Render and store every missing file of a kit. Can be stopped anywhere and run again.

    Raises:
        StorageError: worth another try; stored files stay.
    """
    source = _read_render_source(kit_id, context.settings.ai_policy)
    if source is None:
        return
    storage_key, is_generated, crop, missing = source
    decoded = decode_with_provenance(context.storage.get(storage_key))
    provenance = build_generated_provenance(decoded.provenance) if is_generated else decoded.provenance
    for spec in missing:
        _store_file(kit_id, kit_images.render_kit_file(decoded.image, crop, spec, provenance), context)
        failpoint("kit.after_file")
    with transaction():
        kit = kits.lock_kit(kit_id)
        if kit is not None and kit.state == KitState.PENDING:
            kit.state = KitState.READY
            kit.finished_at = context.clock()
            people.publish_version(kit.person_id)


def _read_render_source(
    kit_id: UUID, policy: Mapping[str, AiPolicy]
) -> tuple[str, bool, Crop, list[KitFileSpec]] | None:
    with transaction():
        kit = kits.find_kit(kit_id)
        if kit is None or kit.superseded_at is not None or kit.state != KitState.PENDING:
            return None
        photo = photos.find_for_person(kit.photo_id, kit.person_id)
        original = photos.find_rendition_for_person(kit.photo_id, ORIGINAL.name, kit.person_id)
        if photo is None or original is None:
            return None
        stored = kits.list_files(kit_id)
        offered = list_offered(policy, is_generated=not photo.is_own)
        missing = [spec for spec in offered if spec.key not in stored]
        return original.storage_key, not photo.is_own, Crop(kit.crop_x, kit.crop_y, kit.crop_size), missing


def _store_file(kit_id: UUID, rendered: kit_images.KitFile, context: AppContext) -> None:
    spec = rendered.spec
    key = build_object_key("kits", kit_id, spec.key, rendered.sha256, spec.extension)
    context.storage.put(key, rendered.content, spec.content_type)
    failpoint("kit.after_put")
    with transaction() as session:
        kit = kits.lock_kit(kit_id)
        if kit is None or kit.superseded_at is not None or spec.key in kits.list_files(kit_id):
            return
        session.add(
            KitFile(
                kit_id=kit_id,
                key=spec.key,
                content_type=spec.content_type,
                width=rendered.width,
                height=rendered.height,
                size=len(rendered.content),
                sha256=rendered.sha256,
                storage_key=key,
            )
        )
        kit.done += 1
        people.publish_version(kit.person_id)


def record_failure(kit_id: UUID, *, reason: str, now: datetime) -> None:
    """Record that a kit cannot be rendered, after the last try; the next change of choice or crop tries again."""
    with transaction():
        kit = kits.lock_kit(kit_id)
        if kit is not None and kit.state == KitState.PENDING:
            kit.state = KitState.FAILED
            kit.finished_at = now
            people.publish_version(kit.person_id)
    log.error("kit.failed", extra={"kit": str(kit_id), "reason": reason})


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
