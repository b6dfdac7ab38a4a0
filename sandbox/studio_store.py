"""The storage protocol of the studio pages and its value types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class OutOfCredits(Exception):
    """The organization has too few credits for another session."""


class AlreadyCompleted(Exception):
    """Onboarding is already completed."""


class UnknownStudioItem(LookupError):
    """The model, upload or photo does not exist."""


@dataclass(frozen=True, slots=True)
class StudioBrand:
    """The names shown in the studio: brand key, brand name and organization name."""

    key: str
    name: str
    organization_name: str


@dataclass(frozen=True, slots=True)
class StudioModel:
    """One session, as shown to its owner.

    `status` is one of onboarding, waiting, pending, generatingHeadshots, active, failed, deleted.
    `title` and `trigger` are "" until they are entered. `expected_ready_at` is an estimate in UTC while
    photos are generated, else None. With `session_expired`, only "this link has expired" may be shown.
    """

    id: str
    title: str
    trigger: str
    status: str
    is_development: bool
    created_at: datetime
    photo_count: int
    favorite_photo_id: str | None
    session_expired: bool
    expected_ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UploadInfo:
    """One uploaded photo; width and height in pixels."""

    id: str
    width: int
    height: int
    filename: str = ""


@dataclass(frozen=True, slots=True)
class StudioPhoto:
    """One generated photo with new signed URLs. `liked_status` is none, liked or loved."""

    id: str
    liked_status: str
    thumbnail_url: str
    main_url: str


class StudioStore(Protocol):
    """Storage operations of the studio pages. Each may raise UnknownStudioItem."""

    def get_brand(self) -> StudioBrand:
        """Return the names shown on the pages."""
        ...

    def is_framing_refused(self) -> bool:
        """Return whether the pages forbid being framed."""
        ...

    def is_cookie_required(self) -> bool:
        """Return whether the pages require their cookie to be sent back."""
        ...

    def find_by_token(self, token: str) -> StudioModel | None:
        """Return the session of a token, or None if the token was never issued.

        A deleted session has status "deleted", an expired link `session_expired`.
        """
        ...

    def set_profile(self, model_id: str, title: str, trigger: str) -> None:
        """Store the person's display name and trigger ("male" or "female")."""
        ...

    def add_upload(self, model_id: str, upload: bytes, filename: str) -> UploadInfo:
        """Store one normalized JPEG.

        Raises:
            AlreadyCompleted: onboarding is completed.
        """
        ...

    def list_uploads(self, model_id: str) -> list[UploadInfo]:
        """List uploads, oldest first."""
        ...

    def read_upload(self, model_id: str, upload_id: str) -> bytes:
        """Return the JPEG bytes of one upload."""
        ...

    def remove_upload(self, model_id: str, upload_id: str) -> None:
        """Delete one upload.

        Raises:
            AlreadyCompleted: onboarding is completed.
        """
        ...

    def complete_onboarding(self, model_id: str) -> None:
        """Charge the credit and start processing. Records events.

        Raises:
            OutOfCredits: nothing has changed; the request can be repeated later.
            AlreadyCompleted: a repeated request; nothing has changed.
        """
        ...

    def list_photos(self, model_id: str) -> list[StudioPhoto]:
        """List the generated photos in gallery order. Empty until the session is active."""
        ...

    def set_liked(self, model_id: str, photo_id: str, liked_status: str) -> None:
        """Set the rating to none, liked or loved. Records no event."""
        ...

    def select_favorite(self, model_id: str, photo_id: str) -> None:
        """Set the favorite. Records an event for every change."""
        ...

    def clear_favorite(self, model_id: str) -> None:
        """Clear the favorite. Records no event."""
        ...
