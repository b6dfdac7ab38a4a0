"""Stores the renditions of a photo: files into the storage first, then rows with what was learned about the picture."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import db
from portal.domain.crops import Crop
from portal.failpoints import failpoint
from portal.images.renditions import RenderedPhoto
from portal.models.photos import Photo, Rendition
from portal.storage import Storage, build_object_key


@dataclass(frozen=True)
class StoredFile:
    """One rendition in the storage. ``width`` and ``height`` are pixels, ``size`` bytes."""

    name: str
    content_type: str
    width: int
    height: int
    size: int
    sha256: str
    key: str


@dataclass(frozen=True)
class StoredPhoto:
    """A photo whose files are in the storage; holds none of their bytes."""

    files: tuple[StoredFile, ...]
    width: int
    height: int
    source_type: str | None
    similarity_hash: int | None
    face_crop: Crop | None


def store_files(photo_id: UUID, rendered: RenderedPhoto, storage: Storage) -> StoredPhoto:
    """Store every file of a rendered photo. Storing again changes nothing: keys contain the content's digest.

    Raises:
        StorageError: the files cannot be stored now.
    """
    stored = []
    for file in rendered.files:
        spec, sha256 = file.spec, file.sha256
        key = build_object_key("photos", photo_id, spec.slot, sha256, spec.format.extension)
        storage.put(key, file.content, spec.format.content_type)
        failpoint("copy.after_put")
        stored.append(
            StoredFile(spec.name, spec.format.content_type, file.width, file.height, len(file.content), sha256, key)
        )
    return StoredPhoto(
        files=tuple(stored),
        width=rendered.width,
        height=rendered.height,
        source_type=rendered.provenance.source_type,
        similarity_hash=rendered.similarity_hash,
        face_crop=rendered.face_crop,
    )


def create_rows(photo: Photo, stored: StoredPhoto, *, now: datetime) -> None:
    """Add the rendition rows of a photo whose files are stored, and complete the photo, in the caller's transaction."""
    for file in stored.files:
        db.session.add(
            Rendition(
                photo_id=photo.id,
                name=file.name,
                content_type=file.content_type,
                width=file.width,
                height=file.height,
                size=file.size,
                sha256=file.sha256,
                storage_key=file.key,
            )
        )
    photo.width, photo.height = stored.width, stored.height
    photo.provenance = stored.source_type
    photo.similarity_hash = stored.similarity_hash
    if stored.face_crop is not None:
        photo.face_x, photo.face_y = stored.face_crop.center_x, stored.face_crop.center_y
        photo.face_size = stored.face_crop.size
    photo.copied_at = now
