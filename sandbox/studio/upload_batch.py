"""Stores several uploaded files and returns a result for each."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Protocol

from sandbox.studio.upload import MAX_BYTES, UploadRefused, normalize_photo
from sandbox.studio_store import StudioStore

MAX_PHOTOS = 20
_MAX_NAME_LENGTH = 48


class IncomingFile(Protocol):
    """An uploaded file of the web framework."""

    filename: str | None

    @property
    def stream(self) -> IO[bytes]:
        """The content."""
        ...


@dataclass(frozen=True)
class UploadResult:
    """The result for one file. `reason` is "added" or why it was refused, `sentence` is for the person."""

    name: str
    reason: str
    sentence: str

    @property
    def is_added(self) -> bool:
        """Whether the photo was added to the session."""
        return self.reason == "added"


def store_uploads(store: StudioStore, model_id: str, files: Iterable[IncomingFile]) -> list[UploadResult]:
    """Store each usable photo and return a result for each file, in order.

    Raises:
        AlreadyCompleted: onboarding is completed.
        UnknownStudioItem: the session does not exist.
    """
    digests = {_hash_photo(store.read_upload(model_id, info.id)) for info in store.list_uploads(model_id)}
    results = []
    for file in files:
        name = clean_filename(file.filename)
        try:
            photo = _check_upload(file, digests)
        except UploadRefused as refusal:
            results.append(UploadResult(name, refusal.reason, f"“{name}” {refusal.sentence}"))
            continue
        store.add_upload(model_id, photo, name)
        digests.add(_hash_photo(photo))
        results.append(UploadResult(name, "added", f"“{name}” added."))
    return results


def _check_upload(file: IncomingFile, digests: set[str]) -> bytes:
    if len(digests) >= MAX_PHOTOS:
        raise UploadRefused("too_many", f"was left out: {MAX_PHOTOS} photos is the most. Remove one to make room.")
    # One byte over the limit is enough to detect it.
    photo = normalize_photo(file.stream.read(MAX_BYTES + 1))
    if _hash_photo(photo) in digests:
        raise UploadRefused("duplicate", "is already in your session. Choose a different photo.")
    return photo


def clean_filename(filename: str | None) -> str:
    """Return the last path segment, printable, at most 48 characters; "photo" if it is empty."""
    last = PurePosixPath((filename or "").replace("\\", "/")).name
    clean = "".join(char for char in unicodedata.normalize("NFC", last) if char.isprintable()).strip()
    if len(clean) > _MAX_NAME_LENGTH:
        clean = f"{clean[: _MAX_NAME_LENGTH - 12]}…{clean[-11:]}"
    return clean or "photo"


def _hash_photo(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()
