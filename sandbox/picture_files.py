"""Pictures as files in the data folder: uploads as they came, gallery photos in three sizes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

SIZES = ("main", "thumbnail", "original")


class Picture(Protocol):
    """One generated picture as JPEG bytes in the three sizes the API serves."""

    @property
    def main(self) -> bytes:
        """The usual size."""
        ...

    @property
    def thumbnail(self) -> bytes:
        """A small one."""
        ...

    @property
    def original(self) -> bytes:
        """The largest."""
        ...


class PictureFiles:
    """Reads and writes picture files; ids are the sandbox's own, never a person's input."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write_upload(self, model_id: str, upload_id: str, data: bytes) -> None:
        """Keep one upload."""
        _write(self._upload(model_id, upload_id), data)

    def read_upload(self, model_id: str, upload_id: str) -> bytes:
        """Return one upload."""
        return self._upload(model_id, upload_id).read_bytes()

    def remove_upload(self, model_id: str, upload_id: str) -> None:
        """Forget one upload."""
        self._upload(model_id, upload_id).unlink(missing_ok=True)

    def write_photo(self, model_id: str, photo_id: str, picture: Picture) -> None:
        """Keep one generated photo."""
        for size, data in zip(SIZES, (picture.main, picture.thumbnail, picture.original), strict=True):
            _write(self.photo(model_id, photo_id, size), data)

    def photo(self, model_id: str, photo_id: str, size: str) -> Path:
        """Return where a photo lies, whether it exists or not."""
        return self._folder / "photos" / model_id / f"{photo_id}-{size}.jpg"

    def remove_model(self, model_id: str) -> None:
        """Forget every picture of a model."""
        for kind in ("uploads", "photos"):
            shutil.rmtree(self._folder / kind / model_id, ignore_errors=True)

    def remove_photo(self, model_id: str, photo_id: str) -> None:
        """Forget one generated photo."""
        for size in SIZES:
            self.photo(model_id, photo_id, size).unlink(missing_ok=True)

    def remove_everything(self) -> None:
        """Forget every picture."""
        for kind in ("uploads", "photos"):
            shutil.rmtree(self._folder / kind, ignore_errors=True)

    def _upload(self, model_id: str, upload_id: str) -> Path:
        return self._folder / "uploads" / model_id / f"{upload_id}.jpg"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
