"""Drawn portraits for the fictional people: a few pictures, each stored for many photos as links to the same files."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from portal.images.renditions import RenderedPhoto, render_photo
from portal.storage import build_object_key
from sandbox.placeholder_pictures import render_placeholder_gallery

COLUMNS = "id photo_id name content_type width height size sha256 storage_key"
_PICTURES = 6


def store_pictures(photo_ids: Sequence[uuid.UUID], folder: Path) -> list[tuple[Any, ...]]:
    """Store a picture for each photo in the folder of the portal's photos; return the renditions' rows.

    Each row has the columns of :data:`COLUMNS`. Links keep 2,000 people at the size of six, and each can be deleted.
    """
    pictures = [
        render_photo(drawn.original, is_generated=True)
        for drawn in render_placeholder_gallery(min(_PICTURES, len(photo_ids)))
    ]
    first: dict[str, Path] = {}
    return [
        row
        for number, photo_id in enumerate(photo_ids)
        for row in _store_picture(photo_id, pictures[number % len(pictures)], folder, first)
    ]


def _store_picture(
    photo_id: uuid.UUID, picture: RenderedPhoto, folder: Path, first: dict[str, Path]
) -> Iterator[tuple[Any, ...]]:
    for file in picture.files:
        spec, sha256 = file.spec, file.sha256
        key = build_object_key("photos", photo_id, spec.slot, sha256, spec.format.extension)
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        if sha256 in first:
            os.link(first[sha256], path)
        else:
            path.write_bytes(file.content)
            first[sha256] = path
        size = (file.width, file.height, len(file.content))
        yield (uuid.uuid4(), photo_id, spec.name, spec.format.content_type, *size, sha256, key)
