"""The studio's storage protocol, implemented on the sandbox's database and files."""

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
    """StudioStore of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def get_brand(self) -> StudioBrand:
        """Return the names shown on the pages."""
        with self._sandbox.read() as db:
            name = organization.get_organization(db).name
        return StudioBrand(self._sandbox.brand.key, self._sandbox.brand.name, name)

    def is_framing_refused(self) -> bool:
        """Return the value of the switch."""
        return self._sandbox.switches.frame_refused

    def is_cookie_required(self) -> bool:
        """Return the value of the switch."""
        return self._sandbox.switches.studio_needs_cookies

    def find_by_token(self, token: str) -> StudioModel | None:
        """Return the session of a signed URL."""
        with self._sandbox.read() as db:
            model = models.find_by_token(db, token)
            if model is None:
                return None
            count = photos.count_photos(db, model.id)
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
            expected_ready_at=self._estimate_ready_at(model),
        )

    def set_profile(self, model_id: str, title: str, trigger: str) -> None:
        """Store name and trigger."""
        with self._open_model(model_id) as db:
            models.update_model(db, model_id, title=title, trigger_word=trigger)

    def add_upload(self, model_id: str, upload: bytes, filename: str) -> UploadInfo:
        """Store one JPEG."""
        with Image.open(io.BytesIO(upload), formats=["JPEG"]) as image:
            width, height = image.size
        with self._open_onboarding_model(model_id) as db:
            size = (width, height)
            upload_id = uploads.create_upload(db, model_id, filename, size, self._sandbox.now())
            self._sandbox.pictures.write_upload(model_id, upload_id, upload)
        return UploadInfo(upload_id, width, height, filename)

    def list_uploads(self, model_id: str) -> list[UploadInfo]:
        """List uploads, oldest first."""
        with self._sandbox.read() as db:
            return [UploadInfo(u.id, u.width, u.height, u.filename) for u in uploads.list_uploads(db, model_id)]

    def read_upload(self, model_id: str, upload_id: str) -> bytes:
        """Return the bytes of one upload."""
        with self._sandbox.read() as db:
            if not uploads.has_upload(db, model_id, upload_id):
                raise UnknownStudioItem(upload_id)
        try:
            return self._sandbox.pictures.read_upload(model_id, upload_id)
        except FileNotFoundError as exc:
            raise UnknownStudioItem(upload_id) from exc

    def remove_upload(self, model_id: str, upload_id: str) -> None:
        """Delete one upload."""
        with self._open_onboarding_model(model_id) as db:
            if not uploads.delete_upload(db, model_id, upload_id):
                raise UnknownStudioItem(upload_id)
        self._sandbox.pictures.remove_upload(model_id, upload_id)

    def complete_onboarding(self, model_id: str) -> None:
        """Charge the credit and start processing."""
        try:
            with self._open_model(model_id) as db:
                lifecycle.complete_onboarding(self._sandbox, db, model_id)
        except NoCreditsError as exc:
            raise OutOfCredits from exc
        except WrongStatusError as exc:
            raise AlreadyCompleted from exc

    def list_photos(self, model_id: str) -> list[StudioPhoto]:
        """List the photos with new URLs."""
        with self._sandbox.read() as db:
            found, _ = photos.list_photos(db, model_id)
        shown = []
        for photo in found:
            urls, _ = photo_urls.build_photo_urls(self._sandbox, photo, include_all=True)
            shown.append(StudioPhoto(photo.id, photo.liked_status, urls["thumbnail"], urls["main"]))
        return shown

    def set_liked(self, model_id: str, photo_id: str, liked_status: str) -> None:
        """Set the rating of one photo."""
        with self._open_model(model_id) as db:
            if photos.find_photo(db, model_id, photo_id) is None:
                raise UnknownStudioItem(photo_id)
            photos.set_liked_status(db, model_id, photo_id, liked_status)

    def select_favorite(self, model_id: str, photo_id: str) -> None:
        """Set the favorite."""
        try:
            with self._open_model(model_id) as db:
                lifecycle.select_favorite(self._sandbox, db, model_id, photo_id)
        except UnknownPhotoError as exc:
            raise UnknownStudioItem(photo_id) from exc

    def clear_favorite(self, model_id: str) -> None:
        """Clear the favorite."""
        with self._open_model(model_id) as db:
            models.update_model(db, model_id, favorite_photo_id=None)

    def _estimate_ready_at(self, model: Model) -> datetime | None:
        if model.status not in lifecycle.IN_PROGRESS or model.next_at is None:
            return None
        steps = lifecycle.IN_PROGRESS[lifecycle.IN_PROGRESS.index(model.status) + 1 :]
        left = sum(lifecycle.get_step_seconds(self._sandbox, model, step) or 0 for step in steps)
        return parse_iso(model.next_at) + timedelta(seconds=left / self._sandbox.switches.speed)

    @contextmanager
    def _open_model(self, model_id: str) -> Iterator[Connection]:
        with self._sandbox.write() as db:
            try:
                lifecycle.get_undeleted_model(db, model_id)
            except UnknownModelError as exc:
                raise UnknownStudioItem(model_id) from exc
            yield db

    @contextmanager
    def _open_onboarding_model(self, model_id: str) -> Iterator[Connection]:
        with self._open_model(model_id) as db:
            if lifecycle.get_undeleted_model(db, model_id).status != "onboarding":
                raise AlreadyCompleted
            yield db
