"""The state of the gallery pages for one address."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from portal.models.choices import Choice
from portal.models.photo_marks import Mark
from portal.models.photos import Photo
from portal.services.gallery import Gallery
from portal.web.pages.gallery_view import ComparisonView, GalleryView

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def build_photos(count: int) -> list[Photo]:
    return [Photo(id=UUID(int=number), width=800, height=1000) for number in range(1, count + 1)]


def build_choice(photo: Photo, origin: str) -> Choice:
    return Choice(photo_id=photo.id, origin=origin, acted_at=NOW)


def build_gallery(shown: list[Photo], *, marks: dict[UUID, Mark] | None = None, studio: UUID | None = None) -> Gallery:
    return Gallery(shown, marks or {}, None, studio)


def test_chosen_photo_is_shown_first() -> None:
    all_photos = build_photos(3)
    view = GalleryView(Gallery(all_photos, {}, build_choice(all_photos[1], "portal"), None), photo=None)
    assert view.current is all_photos[1]
    assert view.chosen_id == all_photos[1].id


def test_first_and_last_photo_are_neighbors() -> None:
    all_photos = build_photos(3)
    view = GalleryView(build_gallery(all_photos), photo=None)
    assert (view.previous, view.current, view.next) == (all_photos[2], all_photos[0], all_photos[1])
    assert GalleryView(build_gallery(all_photos), photo=str(all_photos[2].id)).next is all_photos[0]


def test_single_photo_is_its_own_neighbor() -> None:
    (only,) = build_photos(1)
    view = GalleryView(build_gallery([only]), photo=None)
    assert (view.previous, view.next, view.compared) == (only, only, [only])


def test_filter_shows_marked_photos_alone_and_counts_all() -> None:
    all_photos = build_photos(4)
    marks = {all_photos[1].id: Mark.SHORTLIST, all_photos[3].id: Mark.SKIP}
    view = GalleryView(build_gallery(all_photos, marks=marks), photo=None, filter_name="shortlist")
    assert view.shown == [all_photos[1]]
    assert view.counts == {"all": 4, "shortlist": 1, "skipped": 1}
    assert GalleryView(build_gallery(all_photos, marks=marks), photo=None, filter_name="nonsense").filter == "all"


def test_empty_filter_keeps_a_current_photo() -> None:
    all_photos = build_photos(2)
    view = GalleryView(build_gallery(all_photos), photo=None, filter_name="skipped")
    assert (view.shown, view.current) == ([], all_photos[0])


@pytest.mark.parametrize("shortlisted", [0, 1])
def test_neighbors_are_compared_while_the_shortlist_is_too_short(shortlisted: int) -> None:
    all_photos = build_photos(5)
    marks = dict.fromkeys([photo.id for photo in all_photos[3 : 3 + shortlisted]], Mark.SHORTLIST)
    view = GalleryView(build_gallery(all_photos, marks=marks), photo=str(all_photos[1].id))
    assert view.compared == all_photos[1:3]


def test_first_four_of_the_shortlist_are_compared() -> None:
    all_photos = build_photos(7)
    marks = dict.fromkeys([photo.id for photo in all_photos[1:]], Mark.SHORTLIST)
    view = GalleryView(build_gallery(all_photos, marks=marks), photo=None)
    assert view.compared == all_photos[1:5]
    assert view.compare_query == "?" + "&".join(f"compare={photo.id}" for photo in all_photos[1:5])


def test_comparison_ignores_unknown_and_repeated_photos() -> None:
    all_photos = build_photos(6)
    requested = [str(UUID(int=99)), "nonsense", "", *[str(photo.id) for photo in all_photos for _ in range(2)]]
    view = ComparisonView(build_gallery(all_photos), requested)
    assert view.photos == all_photos[:4]
    rest = [photo for photo in all_photos[:4] if photo is not all_photos[1]]
    assert view.query_without(all_photos[1]) == "?" + "&".join(f"compare={photo.id}" for photo in rest)


def test_favorite_of_the_studio_is_named_by_its_number() -> None:
    all_photos = build_photos(3)
    view = GalleryView(build_gallery(all_photos, studio=all_photos[2].id), photo=None)
    assert view.studio_number == 3
    gone = build_gallery(all_photos[:2], studio=all_photos[2].id)
    assert GalleryView(gone, photo=None).studio_number is None


def test_thumbnails_have_the_shape_of_their_photo() -> None:
    square, unknown = Photo(id=UUID(int=1), width=500, height=500), Photo(id=UUID(int=2))
    view = GalleryView(build_gallery([square, unknown]), photo=None)
    assert view.thumbnail_heights == {square.id: 88, unknown.id: 110}
