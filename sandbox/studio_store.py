"""What the hosted studio may ask of the sandbox: a protocol and its values; never SQL and never HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class OutOfCredits(Exception):
    """The organisation has too few credits for one more session."""


class AlreadyCompleted(Exception):
    """Onboarding was completed before; the session is past its upload step."""


class UnknownStudioItem(LookupError):
    """The model, upload or photo named does not exist (any more)."""


@dataclass(frozen=True, slots=True)
class StudioBrand:
    """How the studio introduces itself: provider's brand key, brand name, organisation's name."""

    key: str
    name: str
    organization_name: str


@dataclass(frozen=True, slots=True)
class StudioModel:
    """One session as its owner sees it.

    `status` is one of onboarding, waiting, pending, generatingHeadshots, active, failed, deleted.
    `title` and `trigger` are "" until the person has told them. `expected_ready_at` is a guess in UTC while
    pictures are being made, else None. `session_expired` means: show "this link has expired" only.
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
    """One generated picture with fresh signed addresses; `liked_status` is none, liked or loved."""

    id: str
    liked_status: str
    thumbnail_url: str
    main_url: str


class StudioStore(Protocol):
    """Everything the studio pages can do; any model id may raise UnknownStudioItem."""

    def brand(self) -> StudioBrand:
        """Return the names the pages show."""
        ...

    def refuses_frames(self) -> bool:
        """Return whether browsers are told not to show the pages inside another site's."""
        ...

    def needs_cookies(self) -> bool:
        """Return whether the pages only go on where their own cookie comes back."""
        ...

    def find_by_token(self, token: str) -> StudioModel | None:
        """Return the session the signed URL belongs to; None for a token never issued.

        A deleted session comes back with status "deleted", a dead link with `session_expired`.
        """
        ...

    def set_profile(self, model_id: str, title: str, trigger: str) -> None:
        """Remember the person's display name and trigger ("male" or "female")."""
        ...

    def add_upload(self, model_id: str, upload: bytes, filename: str) -> UploadInfo:
        """Keep one normalised JPEG.

        Raises:
            AlreadyCompleted: onboarding is over.
        """
        ...

    def list_uploads(self, model_id: str) -> list[UploadInfo]:
        """Return uploads, oldest first."""
        ...

    def read_upload(self, model_id: str, upload_id: str) -> bytes:
        """Return the JPEG bytes of one upload."""
        ...

    def remove_upload(self, model_id: str, upload_id: str) -> None:
        """Forget one upload.

        Raises:
            AlreadyCompleted: onboarding is over.
        """
        ...

    def complete_onboarding(self, model_id: str) -> None:
        """Consume the credit and start the work; events fire.

        Raises:
            OutOfCredits: nothing has changed, the person can try again later.
            AlreadyCompleted: a second press; nothing has changed.
        """
        ...

    def list_photos(self, model_id: str) -> list[StudioPhoto]:
        """Return the generated pictures in gallery order; empty before the session is active."""
        ...

    def set_liked(self, model_id: str, photo_id: str, liked_status: str) -> None:
        """Rate one picture none, liked or loved; no event announces it."""
        ...

    def select_favorite(self, model_id: str, photo_id: str) -> None:
        """Make this picture the one favourite; an event announces every change."""
        ...

    def clear_favorite(self, model_id: str) -> None:
        """Have no favourite; silent."""
        ...
