"""The state of the gallery page for one URL: the current photo, its neighbors, the photo compared with it."""

from __future__ import annotations

from functools import cached_property
from uuid import UUID

from portal.models.photo_marks import Mark
from portal.models.photos import Photo
from portal.services.gallery import Gallery

_THUMBNAIL_WIDTH = 88
_USUAL_SHAPE = (4, 5)
_FILTERS = {"shortlist": Mark.SHORTLIST, "skipped": Mark.SKIP}


class GalleryView:
    """The gallery as one page shows it.

    Args:
        opened: the gallery, with at least one photo.
        photo: id of the current photo; an unknown id shows the chosen photo, else the first.
        compare: id of the photo shown beside it; an unknown id, or the current one, turns comparing off.
        filter_name: ``shortlist`` or ``skipped`` shows these photos alone; every other name shows all.
    """

    def __init__(
        self, opened: Gallery, *, photo: str | None, compare: str | None, filter_name: str | None = None
    ) -> None:
        self.marks = opened.marks
        self.filter = filter_name if filter_name in _FILTERS else "all"
        self.counts = {name: len(_select_photos(opened, name)) for name in ("all", *_FILTERS)}
        self.photos = _select_photos(opened, self.filter)
        self._photos = self.photos or opened.photos
        self.numbers = {each.id: number for number, each in enumerate(opened.photos, start=1)}
        self.chosen_id = opened.chosen_id
        self.studio_number = self.numbers.get(opened.studio_photo_id) if opened.studio_photo_id else None
        self.current = self._find(photo) or self._find(str(self.chosen_id)) or self._photos[0]
        pinned = self._find(compare)
        self.pinned = pinned if pinned is not self.current else None

    @property
    def previous(self) -> Photo:
        """The photo before the current one; before the first comes the last."""
        return self._photos[self._photos.index(self.current) - 1]

    @property
    def next(self) -> Photo:
        """The photo after the current one; after the last comes the first."""
        return self._photos[(self._photos.index(self.current) + 1) % len(self._photos)]

    @property
    def compare_query(self) -> str:
        """The part of a query string that keeps the filter and comparing."""
        kept = f"&filter={self.filter}" if self.filter != "all" else ""
        return f"{kept}&compare={self.pinned.id}" if self.pinned else kept

    @cached_property
    def thumbnail_heights(self) -> dict[UUID, int]:
        """Height of each thumbnail in pixels, so that the layout does not shift while pictures load."""
        return {photo.id: _height(photo) for photo in self._photos}

    def _find(self, photo_id: str | None) -> Photo | None:
        return next((photo for photo in self._photos if str(photo.id) == photo_id), None)


def _select_photos(opened: Gallery, name: str) -> list[Photo]:
    mark = _FILTERS.get(name)
    return opened.photos if mark is None else [each for each in opened.photos if opened.marks.get(each.id) is mark]


def _height(photo: Photo) -> int:
    width, height = (photo.width, photo.height) if photo.width and photo.height else _USUAL_SHAPE
    return round(_THUMBNAIL_WIDTH * height / width)
