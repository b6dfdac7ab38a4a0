"""The state of the gallery pages for one URL: the current photo, its neighbors, the filter, and a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from urllib.parse import urlencode
from uuid import UUID

from portal.models.photo_marks import Mark
from portal.models.photos import Photo
from portal.services.gallery import Gallery

MAX_COMPARED = 4
# Thumbnails on the first screen of a phone 390 pixels wide.
NEARBY = 6
# Width at which the large picture is drawn, for `sizes`; {share} is the share of the window's height that its width
# has. Phones get 640 pixels on the densest screens too, 1.7 for each point: zooming fetches the larger file.
LARGE_SIZES = "(max-width: 599px) 48vw, (max-width: 899px) 85vw, min(58vw, {share}vh)"
_LARGE_HEIGHT_SHARE = 88
_THUMBNAIL_WIDTH = 88
_USUAL_SHAPE = (4, 5)
_FILTERS = {"shortlist": Mark.SHORTLIST, "skipped": Mark.SKIP}


class GalleryView:
    """The gallery as one page shows it.

    Args:
        opened: the gallery, with at least one photo.
        photo: id of the current photo; an unknown id shows the chosen photo, else the first.
        filter_name: ``shortlist`` or ``skipped`` shows these photos alone; every other name shows all.
        is_grid: whether all photos are shown instead of a large one.
    """

    def __init__(
        self, opened: Gallery, *, photo: str | None, filter_name: str | None = None, is_grid: bool = False
    ) -> None:
        self.marks = opened.marks
        self._all = opened.photos
        self.filter = filter_name if filter_name in _FILTERS else "all"
        self.is_grid = is_grid
        self.counts = {name: len(_select_photos(opened, name)) for name in ("all", *_FILTERS)}
        self.shown = _select_photos(opened, self.filter)
        self._turned = self.shown or opened.photos
        self.shortlist = _select_photos(opened, "shortlist")
        self.numbers = {each.id: number for number, each in enumerate(opened.photos, start=1)}
        self.chosen_id = opened.chosen_id
        self.studio_number = self.numbers.get(opened.studio_photo_id) if opened.studio_photo_id else None
        self.current = self._find(photo) or self._find(str(self.chosen_id)) or self._turned[0]

    @property
    def has_generated(self) -> bool:
        """Whether the pictures in the filter include any that was made by AI."""
        return any(not photo.is_own for photo in self.shown)

    @property
    def has_own(self) -> bool:
        """Whether the pictures in the filter include an own photo."""
        return any(photo.is_own for photo in self.shown)

    @property
    def previous(self) -> Photo:
        """The photo before the current one; before the first comes the last."""
        return self._turned[self._turned.index(self.current) - 1]

    @property
    def next(self) -> Photo:
        """The photo after the current one; after the last comes the first."""
        return self._turned[(self._turned.index(self.current) + 1) % len(self._turned)]

    @cached_property
    def nearby_ids(self) -> frozenset[UUID]:
        """Ids of the photos whose thumbnails are fetched with the page: around the current one, in the filter."""
        at = self._turned.index(self.current)
        first = max(0, min(at - NEARBY // 2, len(self._turned) - NEARBY))
        return frozenset(photo.id for photo in self._turned[first : first + NEARBY])

    @property
    def sizes_pattern(self) -> str:
        """``sizes`` of the large picture for any photo: ``{share}`` depends on its shape."""
        return LARGE_SIZES

    @property
    def large_sizes(self) -> str:
        """``sizes`` of the large picture for the current photo."""
        width, height = _shape(self.current)
        return LARGE_SIZES.format(share=round(_LARGE_HEIGHT_SHARE * width / height))

    @property
    def filter_query(self) -> str:
        """The part of a query string that keeps the filter."""
        return f"&filter={self.filter}" if self.filter != "all" else ""

    @property
    def compared(self) -> list[Photo]:
        """The photos to compare next: up to four of the shortlist, else the current photo and the one after it."""
        listed = self.shortlist[:MAX_COMPARED]
        return listed if len(listed) > 1 else list(dict.fromkeys((self.current, self.next)))

    @property
    def compare_query(self) -> str:
        """The query string of the page that compares these photos."""
        return build_compare_query([photo.id for photo in self.compared])

    @cached_property
    def thumbnail_heights(self) -> dict[UUID, int]:
        """Height of each thumbnail in pixels, so that the layout does not shift while pictures load."""
        return {photo.id: _height(photo) for photo in self._all}

    def _find(self, photo_id: str | None) -> Photo | None:
        return next((photo for photo in self._turned if str(photo.id) == photo_id), None)


class ComparisonView:
    """Up to four photos of one gallery side by side.

    Args:
        opened: the gallery.
        photo_ids: ids as they stand in the address; unknown ones, repeats and all after the fourth are left out.
    """

    def __init__(self, opened: Gallery, photo_ids: Sequence[str]) -> None:
        by_id = {str(photo.id): photo for photo in opened.photos}
        self.photos = [by_id[each] for each in dict.fromkeys(photo_ids) if each in by_id][:MAX_COMPARED]
        self.numbers = {each.id: number for number, each in enumerate(opened.photos, start=1)}
        self.chosen_id = opened.chosen_id

    def query_without(self, photo: Photo) -> str:
        """Return the query string of this comparison without one photo."""
        return build_compare_query([each.id for each in self.photos if each is not photo])


def build_compare_query(photo_ids: Sequence[UUID]) -> str:
    """Return the query string of the page that compares these photos."""
    return "?" + urlencode([("compare", str(photo_id)) for photo_id in photo_ids])


def _select_photos(opened: Gallery, name: str) -> list[Photo]:
    mark = _FILTERS.get(name)
    return opened.photos if mark is None else [each for each in opened.photos if opened.marks.get(each.id) is mark]


def _shape(photo: Photo) -> tuple[int, int]:
    return (photo.width, photo.height) if photo.width and photo.height else _USUAL_SHAPE


def _height(photo: Photo) -> int:
    width, height = _shape(photo)
    return round(_THUMBNAIL_WIDTH * height / width)
