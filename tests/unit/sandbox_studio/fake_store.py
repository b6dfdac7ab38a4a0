"""An in-memory StudioStore with one session in it; rules as the protocol states them, nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sandbox.studio_store import (
    AlreadyCompleted,
    OutOfCredits,
    StudioBrand,
    StudioModel,
    StudioPhoto,
    UnknownStudioItem,
    UploadInfo,
)

TOKEN = "tok-open"


class FakeStore:
    """One session behind TOKEN, with credits and an album the test fills."""

    def __init__(self) -> None:
        self.model = StudioModel(
            id="m1",
            title="",
            trigger="",
            status="onboarding",
            is_development=False,
            created_at=datetime(2026, 1, 2, tzinfo=UTC),
            photo_count=0,
            favorite_photo_id=None,
            session_expired=False,
        )
        self.credits = 1
        self.frames_refused = False
        self.cookies_required = False
        self.uploads: dict[str, bytes] = {}
        self.infos: dict[str, UploadInfo] = {}
        self.album: dict[str, StudioPhoto] = {}

    def change(self, **fields: object) -> None:
        self.model = replace(self.model, **fields)  # type: ignore[arg-type]

    def fill_album(self, count: int, address: str = "/cdn/{id}-{size}.jpg") -> None:
        for number in range(1, count + 1):
            name = f"p{number}"
            small, main = (address.format(id=name, size=size) for size in ("thumbnail", "main"))
            self.album[name] = StudioPhoto(name, "none", small, main)
        self.change(status="active", photo_count=count)

    def get_brand(self) -> StudioBrand:
        return StudioBrand("profilebakery", "Profile Bakery", "Northwind")

    def is_framing_refused(self) -> bool:
        return self.frames_refused

    def is_cookie_required(self) -> bool:
        return self.cookies_required

    def find_by_token(self, token: str) -> StudioModel | None:
        return self.model if token == TOKEN else None

    def set_profile(self, model_id: str, title: str, trigger: str) -> None:
        self._check_model(model_id)
        self.change(title=title, trigger=trigger)

    def add_upload(self, model_id: str, upload: bytes, filename: str) -> UploadInfo:
        self._check_onboarding(model_id)
        info = UploadInfo(f"u{len(self.infos) + 1}", 800, 1000, filename)
        self.uploads[info.id], self.infos[info.id] = upload, info
        return info

    def list_uploads(self, model_id: str) -> list[UploadInfo]:
        self._check_model(model_id)
        return [self.infos[name] for name in self.uploads]

    def read_upload(self, model_id: str, upload_id: str) -> bytes:
        self._check_model(model_id)
        if upload_id not in self.uploads:
            raise UnknownStudioItem(upload_id)
        return self.uploads[upload_id]

    def remove_upload(self, model_id: str, upload_id: str) -> None:
        self._check_onboarding(model_id)
        self.read_upload(model_id, upload_id)
        del self.uploads[upload_id]

    def complete_onboarding(self, model_id: str) -> None:
        self._check_onboarding(model_id)
        if not self.credits:
            raise OutOfCredits
        self.credits -= 1
        self.change(status="waiting")

    def list_photos(self, model_id: str) -> list[StudioPhoto]:
        self._check_model(model_id)
        return list(self.album.values())

    def set_liked(self, model_id: str, photo_id: str, liked_status: str) -> None:
        self._check_model(model_id)
        self.album[photo_id] = replace(self.album[photo_id], liked_status=liked_status)

    def select_favorite(self, model_id: str, photo_id: str) -> None:
        self._check_model(model_id)
        self.change(favorite_photo_id=photo_id)

    def clear_favorite(self, model_id: str) -> None:
        self._check_model(model_id)
        self.change(favorite_photo_id=None)

    def _check_model(self, model_id: str) -> None:
        if model_id != self.model.id:
            raise UnknownStudioItem(model_id)

    def _check_onboarding(self, model_id: str) -> None:
        self._check_model(model_id)
        if self.model.status != "onboarding":
            raise AlreadyCompleted
