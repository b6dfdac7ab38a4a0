"""Stores the renditions of a photo: files into the storage first, then rows with what was learned about the picture."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from portal.db import db
from portal.failpoints import failpoint
from portal.images.renditions import RenderedFile, RenderedPhoto
from portal.models.photos import Photo, Rendition
from portal.storage import Storage, build_object_key


def store_files(photo_id: UUID, rendered: RenderedPhoto, storage: Storage) -> None:
    """Store every file of a rendered photo. Storing again changes nothing: keys contain the content's digest.

    Raises:
        StorageError: the files cannot be stored now.
    """
    for file in rendered.files:
        storage.put(_build_key(photo_id, file), file.content, file.spec.format.content_type)
        failpoint("copy.after_put")


def create_rows(photo: Photo, rendered: RenderedPhoto, *, now: datetime) -> None:
    """Add the rendition rows of a photo whose files are stored, and complete the photo, in the caller's transaction."""
    for file in rendered.files:
        db.session.add(
            Rendition(
                photo_id=photo.id,
                name=file.spec.name,
                content_type=file.spec.format.content_type,
                width=file.width,
                height=file.height,
                size=len(file.content),
                sha256=file.sha256,
                storage_key=_build_key(photo.id, file),
            )
        )
    photo.width, photo.height = rendered.width, rendered.height
    photo.provenance = rendered.provenance.source_type
    photo.similarity_hash = rendered.similarity_hash
    if rendered.face_crop is not None:
        photo.face_x, photo.face_y = rendered.face_crop.center_x, rendered.face_crop.center_y
        photo.face_size = rendered.face_crop.size
    photo.copied_at = now


def _build_key(photo_id: UUID, file: RenderedFile) -> str:
    return build_object_key("photos", photo_id, file.spec.slot, file.sha256, file.spec.format.extension)
