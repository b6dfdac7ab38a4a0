"""Renders the files of kits, in the worker: with the label, and with the visible mark where the settings ask for it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PIL import Image

from portal.db import transaction
from portal.domain.ai_policy import is_marked, list_offered
from portal.domain.crops import Crop
from portal.domain.kit_files import KitFileSpec
from portal.domain.renditions import ORIGINAL
from portal.failpoints import failpoint
from portal.images import kit as kit_images
from portal.images.decode import decode_with_provenance
from portal.images.faces import find_face
from portal.images.provenance import build_generated_provenance
from portal.images.visible_mark import MarkTexts, estimate_face
from portal.models import kits, people, photos
from portal.models.kits import KitFile, KitState
from portal.services.app_context import AppContext
from portal.services.kits import get_settings_digest, replace_kit
from portal.settings import Settings
from portal.storage import build_object_key

log = logging.getLogger(__name__)

_BATCH = 100


@dataclass(frozen=True)
class _Source:
    storage_key: str
    is_generated: bool
    crop: Crop
    missing: list[KitFileSpec]


def render_kit(kit_id: UUID, context: AppContext, texts: MarkTexts) -> None:
    """Render and store every missing file of a kit. Can be stopped anywhere and run again.

    Args:
        kit_id: the kit.
        context: the application context.
        texts: the visible mark in the company's language.

    Raises:
        StorageError: worth another try; stored files stay.
    """
    source = _read_source(kit_id, context.settings, context.clock())
    if source is None:
        return
    content = context.storage.get(source.storage_key)
    renderer = PhotoRenderer(content, source.crop, context.settings, texts, is_generated=source.is_generated)
    for spec in source.missing:
        _store_file(kit_id, renderer.render(spec), context)
        failpoint("kit.after_file")
    with transaction():
        kit = kits.lock_kit(kit_id)
        if kit is not None and kit.state == KitState.PENDING:
            kit.state = KitState.READY
            kit.finished_at = context.clock()
            people.publish_version(kit.person_id)


class PhotoRenderer:
    """Renders kit files of one photo as the settings ask."""

    def __init__(self, content: bytes, crop: Crop, settings: Settings, texts: MarkTexts, *, is_generated: bool) -> None:
        """Decode the stored original.

        Raises:
            PhotoRefused: it cannot be read.
        """
        self._decoded = decode_with_provenance(content)
        self._crop = crop
        self._policy = settings.ai_policy
        self._texts = texts
        self._is_generated = is_generated
        self._mark: kit_images.VisibleMark | None = None

    def render(self, spec: KitFileSpec) -> kit_images.KitFile:
        """Render one file."""
        provenance = self._decoded.provenance
        if self._is_generated:
            provenance = build_generated_provenance(provenance)
        mark = self._get_mark() if is_marked(self._policy, spec.key, is_generated=self._is_generated) else None
        return kit_images.render_kit_file(self._decoded.image, self._crop, spec, provenance, mark)

    def _get_mark(self) -> kit_images.VisibleMark:
        if self._mark is None:
            image: Image.Image = self._decoded.image
            face = find_face(image) or estimate_face(image.width, image.height)
            self._mark = kit_images.VisibleMark(self._texts, face)
        return self._mark


def _read_source(kit_id: UUID, settings: Settings, now: datetime) -> _Source | None:
    with transaction():
        kit = kits.lock_kit(kit_id)
        if kit is None or kit.superseded_at is not None or kit.state != KitState.PENDING:
            return None
        photo = photos.find_for_person(kit.photo_id, kit.person_id)
        original = photos.find_rendition_for_person(kit.photo_id, ORIGINAL.name, kit.person_id)
        if photo is None or original is None:
            return None
        stored = kits.list_files(kit_id)
        if stored and kit.settings_digest != get_settings_digest(settings):
            # The settings changed while it was rendered: all of its files have to follow them.
            replace_kit(kit.person_id, now=now)
            return None
        kit.settings_digest = get_settings_digest(settings)
        offered = list_offered(settings.ai_policy, is_generated=not photo.is_own)
        missing = [spec for spec in offered if spec.key not in stored]
        crop = Crop(kit.crop_x, kit.crop_y, kit.crop_size)
        return _Source(original.storage_key, not photo.is_own, crop, missing)


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


def refresh_outdated(context: AppContext) -> int:
    """Replace the kits that were rendered with other settings; return how many.

    Can be stopped anywhere and run again.
    """
    replaced = 0
    while True:
        with transaction():
            person_ids = kits.list_outdated(get_settings_digest(context.settings), limit=_BATCH)
        for person_id in person_ids:
            with transaction():
                people.lock_person(person_id)
                kit = kits.find_current(person_id)
                if kit is not None and kit.settings_digest != get_settings_digest(context.settings):
                    replace_kit(person_id, now=context.clock())
            failpoint("kit.after_refresh")
        replaced += len(person_ids)
        if len(person_ids) < _BATCH:
            return replaced
