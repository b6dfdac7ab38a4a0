"""The studio's protocol carried out on the sandbox's rows and files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from PIL import Image

from sandbox import lifecycle, photo_urls, sessions
from sandbox.clock import parse_iso
from sandbox.core import Sandbox
from sandbox.errors import NoCreditsError, UnknownModelError, UnknownPhotoError, WrongStatusError
from sandbox.store import models, organization, photos, uploads
from sandbox.store.database import Connection
from sandbox.store.models import Model
from sandbox.studio_store import (
    AlreadyCompleted,
    OutOfCredits,
    StudioBrand,
    StudioModel,
    StudioPhoto,
    UnknownStudioItem,
    UploadInfo,
)


class SandboxStudioStore:
    """StudioStore on one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def brand(self) -> StudioBrand:
        """Return the names the pages show."""
        with self._sandbox.read() as db:
            name = organization.get(db).name
        return StudioBrand(self._sandbox.brand.key, self._sandbox.brand.name, name)

    def refuses_frames(self) -> bool:
        """Return the switch for it."""
        return self._sandbox.switches.frame_refused

    def needs_cookies(self) -> bool:
        """Return the switch for it."""
        return self._sandbox.switches.studio_needs_cookies

    def find_by_token(self, token: str) -> StudioModel | None:
        """Return the session behind a signed URL."""
        with self._sandbox.read() as db:
            model = models.by_token(db, token)
            if model is None:
                return None
            count = photos.count(db, model.id)
        return StudioModel(
            id=model.id,
            title=model.title,
            trigger=model.trigger,
            status=model.status,
            is_development=model.is_development,
            created_at=parse_iso(model.created_at),
            photo_count=count,
            favorite_photo_id=model.favorite_photo_id,
            session_expired=sessions.is_expired(self._sandbox, model),
            expected_ready_at=self._expected(model),
        )

    def set_profile(self, model_id: str, title: str, trigger: str) -> None:
        """Remember name and trigger."""
        with self._changing(model_id) as db:
            models.change(db, model_id, title=title, trigger_word=trigger)

    def add_upload(self, model_id: str, upload: bytes, filename: str) -> UploadInfo:
        """Keep one JPEG."""
        with Image.open(io.BytesIO(upload), formats=["JPEG"]) as image:
            width, height = image.size
        with self._onboarding(model_id) as db:
            size = (width, height)
            upload_id = uploads.insert(db, model_id, filename, size, self._sandbox.now())
            self._sandbox.pictures.write_upload(model_id, upload_id, upload)
        return UploadInfo(upload_id, width, height, filename)

    def list_uploads(self, model_id: str) -> list[UploadInfo]:
        """Return uploads, oldest first."""
        with self._sandbox.read() as db:
            return [UploadInfo(u.id, u.width, u.height, u.filename) for u in uploads.of_model(db, model_id)]

    def read_upload(self, model_id: str, upload_id: str) -> bytes:
        """Return one upload's bytes."""
        with self._sandbox.read() as db:
            if not uploads.exists(db, model_id, upload_id):
                raise UnknownStudioItem(upload_id)
        try:
            return self._sandbox.pictures.read_upload(model_id, upload_id)
        except FileNotFoundError as exc:
            raise UnknownStudioItem(upload_id) from exc

    def remove_upload(self, model_id: str, upload_id: str) -> None:
        """Forget one upload."""
        with self._onboarding(model_id) as db:
            if not uploads.delete(db, model_id, upload_id):
                raise UnknownStudioItem(upload_id)
        self._sandbox.pictures.remove_upload(model_id, upload_id)

    def complete_onboarding(self, model_id: str) -> None:
        """Take the credit and start."""
        try:
            with self._changing(model_id) as db:
                lifecycle.complete_onboarding(self._sandbox, db, model_id)
        except NoCreditsError as exc:
            raise OutOfCredits from exc
        except WrongStatusError as exc:
            raise AlreadyCompleted from exc

    def list_photos(self, model_id: str) -> list[StudioPhoto]:
        """Return the pictures with fresh addresses."""
        with self._sandbox.read() as db:
            found, _ = photos.of_model(db, model_id)
        shown = []
        for photo in found:
            urls, _ = photo_urls.photo_urls(self._sandbox, photo, include_all=True)
            shown.append(StudioPhoto(photo.id, photo.liked_status, urls["thumbnail"], urls["main"]))
        return shown

    def set_liked(self, model_id: str, photo_id: str, liked_status: str) -> None:
        """Rate one picture."""
        with self._changing(model_id) as db:
            if photos.by_id(db, model_id, photo_id) is None:
                raise UnknownStudioItem(photo_id)
            photos.set_liked(db, model_id, photo_id, liked_status)

    def select_favorite(self, model_id: str, photo_id: str) -> None:
        """Choose the favourite."""
        try:
            with self._changing(model_id) as db:
                lifecycle.select_favorite(self._sandbox, db, model_id, photo_id)
        except UnknownPhotoError as exc:
            raise UnknownStudioItem(photo_id) from exc

    def clear_favorite(self, model_id: str) -> None:
        """Have no favourite."""
        with self._changing(model_id) as db:
            models.change(db, model_id, favorite_photo_id=None)

    def _expected(self, model: Model) -> datetime | None:
        if model.status not in lifecycle.WORKING or model.next_at is None:
            return None
        steps = lifecycle.WORKING[lifecycle.WORKING.index(model.status) + 1 :]
        left = sum(lifecycle.step_seconds(self._sandbox, model, step) or 0 for step in steps)
        return parse_iso(model.next_at) + timedelta(seconds=left / self._sandbox.switches.speed)

    @contextmanager
    def _changing(self, model_id: str) -> Iterator[Connection]:
        with self._sandbox.write() as db:
            try:
                lifecycle.alive(db, model_id)
            except UnknownModelError as exc:
                raise UnknownStudioItem(model_id) from exc
            yield db

    @contextmanager
    def _onboarding(self, model_id: str) -> Iterator[Connection]:
        with self._changing(model_id) as db:
            if lifecycle.alive(db, model_id).status != "onboarding":
                raise AlreadyCompleted
            yield db
