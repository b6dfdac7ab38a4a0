"""What lies on the gallery's table for one address."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from portal.models.choices import Choice
from portal.models.photos import Photo
from portal.services.gallery import Gallery
from portal.web.pages.gallery_view import GalleryView

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def photos(count: int) -> list[Photo]:
    return [Photo(id=UUID(int=number), width=800, height=1000) for number in range(1, count + 1)]


def choice(photo: Photo, origin: str) -> Choice:
    return Choice(photo_id=photo.id, origin=origin, acted_at=NOW)


def test_the_choice_is_shown_first() -> None:
    all_photos = photos(3)
    table = GalleryView(Gallery(all_photos, {}, choice(all_photos[1], "portal"), None), photo=None, compare=None)
    assert table.current is all_photos[1]
    assert table.chosen_id == all_photos[1].id


def test_the_ends_meet() -> None:
    all_photos = photos(3)
    table = GalleryView(Gallery(all_photos, {}, None, None), photo=None, compare=None)
    assert (table.previous, table.current, table.next) == (all_photos[2], all_photos[0], all_photos[1])
    last = GalleryView(Gallery(all_photos, {}, None, None), photo=str(all_photos[2].id), compare=None)
    assert last.next is all_photos[0]


def test_one_photo_is_its_own_neighbour() -> None:
    (only,) = photos(1)
    table = GalleryView(Gallery([only], {}, None, None), photo=None, compare=str(only.id))
    assert (table.previous, table.next, table.pinned) == (only, only, None)


@pytest.mark.parametrize("compare", [None, "", "nonsense", str(UUID(int=1)), str(UUID(int=99))])
def test_nothing_is_compared_with_itself_or_with_nothing(compare: str | None) -> None:
    table = GalleryView(Gallery(photos(2), {}, None, None), photo=str(UUID(int=1)), compare=compare)
    assert table.pinned is None
    assert table.compare_query == ""


def test_the_studios_favorite_is_known_by_its_number() -> None:
    all_photos = photos(3)
    table = GalleryView(Gallery(all_photos, {}, None, all_photos[2].id), photo=None, compare=None)
    assert table.studio_number == 3
    gone = Gallery(all_photos[:2], {}, None, all_photos[2].id)
    assert GalleryView(gone, photo=None, compare=None).studio_number is None


def test_thumbnails_have_the_photos_shape() -> None:
    square, unknown = Photo(id=UUID(int=1), width=500, height=500), Photo(id=UUID(int=2))
    table = GalleryView(Gallery([square, unknown], {}, None, None), photo=None, compare=None)
    assert table.thumbnail_heights == {square.id: 88, unknown.id: 110}
