"""What lies on the gallery's table for one address: the large photo, its neighbours, the one it is compared with."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from portal.models.photos import Photo
from portal.services.gallery import Gallery

_THUMBNAIL_WIDTH = 88
_USUAL_SHAPE = (4, 5)


class LightTable:
    """A gallery as one page shows it.

    Args:
        opened: the gallery; it has at least one photo.
        photo: the id in the address of the photo shown large; anything unknown shows the choice or the first.
        compare: the id of the photo kept beside it; anything unknown, or the same photo, compares nothing.
    """

    def __init__(self, opened: Gallery, *, photo: str | None, compare: str | None) -> None:
        self._photos = opened.photos
        self.numbers = {each.id: number for number, each in enumerate(opened.photos, start=1)}
        self.chosen_id = opened.choice.photo_id if opened.choice else None
        self.studio_number = self.numbers.get(opened.studio_choice.photo_id) if opened.studio_choice else None
        self.current = self._find(photo) or self._find(str(self.chosen_id)) or opened.photos[0]
        pinned = self._find(compare)
        self.pinned = pinned if pinned is not self.current else None

    @property
    def before(self) -> Photo:
        """The photo on the left of the current one; before the first comes the last."""
        return self._photos[self.numbers[self.current.id] - 2]

    @property
    def after(self) -> Photo:
        """The photo on the right of the current one; after the last comes the first."""
        return self._photos[self.numbers[self.current.id] % len(self._photos)]

    @property
    def keep(self) -> str:
        """What an address needs to go on comparing."""
        return f"&compare={self.pinned.id}" if self.pinned else ""

    @cached_property
    def heights(self) -> dict[UUID, int]:
        """Pixels of height of each thumbnail, so that nothing moves when the pictures arrive."""
        return {photo.id: _height(photo) for photo in self._photos}

    def _find(self, photo_id: str | None) -> Photo | None:
        return next((photo for photo in self._photos if str(photo.id) == photo_id), None)


def _height(photo: Photo) -> int:
    width, height = (photo.width, photo.height) if photo.width and photo.height else _USUAL_SHAPE
    return round(_THUMBNAIL_WIDTH * height / width)
