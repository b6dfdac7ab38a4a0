"""The gallery without any script: looking, comparing, choosing; and its weight."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from uuid import uuid4

from portal.models.people import Person
from portal.models.photos import Photo
from tests import factories
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, said

# One congestion window of ten packets.
FIRST_FLIGHT = 14_600


def thumbnails(page: Document) -> list[str]:
    return [each.get("href", "") for each in page.by_id("film").iter() if each.get("href")]


def large(page: Document) -> list[str]:
    """What the visible large pictures are called."""
    return [
        next(image.get("alt", "") for image in figure.iter() if image.get("alt"))
        for figure in page.all("figure")
        if "hidden" not in figure.attrib
    ]


def test_all_photos_lie_in_the_strip_and_the_first_is_large(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page("/headshots/gallery")
    assert page.heading == "Choose your headshot"
    assert thumbnails(page) == [f"?photo={photo.id}" for photo in finished]
    assert large(page) == ["Photo 1 of 4"]


def test_a_link_shows_a_photo_large(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page(f"/headshots/gallery?photo={finished[2].id}")
    assert large(page) == ["Photo 3 of 4"]
    assert page.by_id("next").get("href") == f"?photo={finished[3].id}"
    assert page.by_id("previous").get("href") == f"?photo={finished[1].id}"


def test_two_photos_side_by_side(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page(f"/headshots/gallery?photo={finished[2].id}&compare={finished[0].id}")
    assert large(page) == ["Photo 1 of 4", "Photo 3 of 4"]
    assert thumbnails(page)[3] == f"?photo={finished[3].id}&compare={finished[0].id}"
    assert page.link("Stop comparing") == f"?photo={finished[2].id}"


def test_an_address_from_another_page_shows_the_first(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page(f"/headshots/gallery?photo={uuid4()}&compare=nonsense")
    assert large(page) == ["Photo 1 of 4"]


def test_photo_is_chosen_and_changed_with_one_click(visitor: Visitor, finished: list[Photo]) -> None:
    for photo in (finished[3], finished[1]):
        assert visitor.press("/headshots/choice", photo=photo.id).location == "/headshots"
    page = visitor.page("/headshots/gallery")
    assert large(page) == ["Photo 2 of 4"]
    shown = [figure for figure in page.all("figure") if "hidden" not in figure.attrib]
    assert "Your headshot" in said(shown[0])


def test_photo_of_another_person_cannot_be_chosen(
    visitor: Visitor, finished: list[Photo], sign_in: Callable[[Person], Visitor]
) -> None:
    other = sign_in(factories.make_person())
    assert other.press("/headshots/choice", photo=finished[0].id).status_code == 404
    assert visitor.press("/headshots/choice", photo="nonsense").status_code == 400


def test_before_there_are_photos_the_page_explains_it(visitor: Visitor) -> None:
    page = visitor.page("/headshots/gallery")
    assert page.heading == "There is nothing to look at yet"
    assert page.primary == ["See how far they are"]


def test_two_hundred_photos_fit_the_first_flight(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    factories.make_finished(visitor.person, 200)
    response = visitor.get("/headshots/gallery")
    page = Document(response.text)
    assert len(thumbnails(page)) == 200
    assert len(gzip.compress(response.data, 6)) <= FIRST_FLIGHT
    images = [each for each in page.by_id("film").iter() if each.get("src")]
    assert all(each.get("width") and each.get("height") for each in images)
    assert sum(each.get("loading") == "lazy" for each in images) >= 190
