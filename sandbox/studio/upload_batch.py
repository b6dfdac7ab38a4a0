"""Several files in, one receipt each: normalised and kept, or refused in a sentence; never renders pages."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Protocol

from sandbox.studio.upload import MAX_BYTES, Refused, normalise
from sandbox.studio_store import StudioStore

MAX_PHOTOS = 20
_LONGEST_NAME = 48


class IncomingFile(Protocol):
    """A file as the web framework hands it over."""

    filename: str | None

    @property
    def stream(self) -> IO[bytes]:
        """The bytes, from their start."""
        ...


@dataclass(frozen=True)
class Receipt:
    """What became of one file: *reason* is "added" or why not, *sentence* is for the person who sent it."""

    name: str
    reason: str
    sentence: str

    @property
    def added(self) -> bool:
        """Whether the photo is now part of the session."""
        return self.reason == "added"


def receive(store: StudioStore, model_id: str, files: Iterable[IncomingFile]) -> list[Receipt]:
    """Keep every usable photo of *files* for the session, and answer for each file in order.

    Raises:
        AlreadyCompleted: the session takes no more photos.
        UnknownStudioItem: the session is gone.
    """
    kept = {_digest(store.read_upload(model_id, info.id)) for info in store.list_uploads(model_id)}
    receipts = []
    for file in files:
        name = shown_name(file.filename)
        try:
            photo = _accept(file, kept)
        except Refused as refusal:
            receipts.append(Receipt(name, refusal.reason, f"“{name}” {refusal.sentence}"))
            continue
        store.add_upload(model_id, photo, name)
        kept.add(_digest(photo))
        receipts.append(Receipt(name, "added", f"“{name}” added."))
    return receipts


def _accept(file: IncomingFile, kept: set[str]) -> bytes:
    if len(kept) >= MAX_PHOTOS:
        raise Refused("too_many", f"was left out: {MAX_PHOTOS} photos is the most. Remove one to make room.")
    # One byte more than allowed is enough to know, whatever length was announced.
    photo = normalise(file.stream.read(MAX_BYTES + 1))
    if _digest(photo) in kept:
        raise Refused("duplicate", "is already in your session. Choose a different photo.")
    return photo


def shown_name(filename: str | None) -> str:
    """The last part of *filename*, printable, at most 48 characters; "photo" when nothing is left."""
    last = PurePosixPath((filename or "").replace("\\", "/")).name
    clean = "".join(sign for sign in unicodedata.normalize("NFC", last) if sign.isprintable()).strip()
    if len(clean) > _LONGEST_NAME:
        clean = f"{clean[: _LONGEST_NAME - 12]}…{clean[-11:]}"
    return clean or "photo"


def _digest(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()
