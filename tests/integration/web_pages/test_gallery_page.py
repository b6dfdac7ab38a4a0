"""The gallery without any script: looking, comparing, choosing; and its weight."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import update

from portal.db import transaction
from portal.models.people import Person
from portal.models.photos import Photo
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text

# One congestion window of ten packets.
FIRST_FLIGHT = 14_600
JSON = {"Accept": "application/json"}


def list_thumbnails(page: Document) -> list[str]:
    found = [each for each in page.by_id("film").iter() if each.tag.endswith("}li") and "hidden" not in each.attrib]
    return [link.get("href", "") for each in found for link in each.iter() if link.get("href")]


def get_large_picture(page: Document) -> str:
    """Return the name of the large picture."""
    return next(image.get("alt", "") for image in page.by_id("pan").iter() if image.get("alt"))


def list_compared(page: Document) -> list[str]:
    """Return the names of the photos side by side."""
    return [section.get("aria-label", "") for section in page.all("section")]


def test_all_photos_are_in_the_strip_and_the_first_is_large(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page("/headshots/gallery")
    assert page.heading == "Choose your headshot"
    assert list_thumbnails(page) == [f"?photo={photo.id}" for photo in finished]
    assert get_large_picture(page) == "Photo 1 of 4"


def test_a_link_shows_a_photo_large(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page(f"/headshots/gallery?photo={finished[2].id}")
    assert get_large_picture(page) == "Photo 3 of 4"
    assert page.by_id("next").get("href") == f"?photo={finished[3].id}"
    assert page.by_id("previous").get("href") == f"?photo={finished[1].id}"


def test_photos_side_by_side_are_removed_one_by_one(visitor: Visitor, finished: list[Photo]) -> None:
    ids = [photo.id for photo in finished[:3]]
    page = visitor.page("/headshots/gallery?" + "&".join(f"compare={photo_id}" for photo_id in ids))
    assert list_compared(page) == ["Photo 1", "Photo 2", "Photo 3"]
    page = visitor.page("/headshots/gallery" + page.link_labeled("Remove photo 2"))
    assert list_compared(page) == ["Photo 1", "Photo 3"]


def test_filter_shows_the_shortlist_alone(visitor: Visitor, finished: list[Photo]) -> None:
    visitor.press("/headshots/marks", marked=finished[2].id, mark="shortlist")
    page = visitor.page("/headshots/gallery?filter=shortlist")
    assert list_thumbnails(page) == [f"?photo={finished[2].id}&filter=shortlist"]
    assert get_large_picture(page) == "Photo 3 of 4"


def test_photo_liked_in_the_studio_is_marked_and_is_no_choice(visitor: Visitor, finished: list[Photo]) -> None:
    with transaction() as session:
        session.execute(update(Photo).where(Photo.id == finished[1].id).values(is_liked=True))
    page = visitor.page(f"/headshots/gallery?photo={finished[1].id}")
    assert page.link_labeled("Photo 2, marked in the studio")
    assert "hidden" not in page.by_id("liked").attrib
    assert get_text(page.by_id("liked")) == "Marked in the studio"
    assert "hidden" in page.by_id("chosen").attrib
    other = visitor.page(f"/headshots/gallery?photo={finished[2].id}")
    assert "hidden" in other.by_id("liked").attrib


def test_choice_by_script_returns_its_undo(visitor: Visitor, finished: list[Photo]) -> None:
    first, second = [choose_by_script(visitor, photo) for photo in finished[:2]]
    assert [first["chosen"], second["chosen"]] == [str(photo.id) for photo in finished[:2]]
    undone = visitor.press(second["undo"], headers=JSON)
    assert undone.get_json() == {"chosen": first["chosen"]}
    assert visitor.press(first["undo"], headers=JSON).get_json() == {"chosen": None}
    assert visitor.press(first["undo"]).location == "/headshots/gallery"


def choose_by_script(visitor: Visitor, photo: Photo) -> dict[str, str]:
    response: dict[str, str] = visitor.press("/headshots/choice", headers=JSON, photo=photo.id).get_json()
    return response


def test_an_address_from_another_page_shows_the_first(visitor: Visitor, finished: list[Photo]) -> None:
    page = visitor.page(f"/headshots/gallery?photo={uuid4()}&compare=nonsense&filter=odd&view=odd")
    assert get_large_picture(page) == "Photo 1 of 4"


def test_photo_is_chosen_and_changed_with_one_click(visitor: Visitor, finished: list[Photo]) -> None:
    for photo in (finished[3], finished[1]):
        assert visitor.press("/headshots/choice", photo=photo.id).location == "/headshots"
    page = visitor.page("/headshots/gallery")
    assert get_large_picture(page) == "Photo 2 of 4"
    assert "hidden" not in page.by_id("chosen").attrib
    assert "Your headshot" in get_text(page.by_id("chosen"))


def test_earlier_session_is_listed_viewed_and_chosen_from(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    before = NOW - timedelta(days=20)
    _, earlier = factories.make_finished_shoot(visitor.person, 2, now=before, closed_at=NOW, provider_id="m0")
    _, latest = factories.make_finished_shoot(visitor.person, 3, provider_id="m1")
    page = visitor.page("/headshots")
    assert page.heading == "Your headshots are ready"
    assert "Earlier sessions" in page.text
    assert "2 headshots, kept until" in page.text
    shown = visitor.page(page.link("October 13, 2026"))
    assert len(list_thumbnails(shown)) == len(earlier) + len(latest)
    assert visitor.press("/headshots/choice", photo=earlier[1].id).location == "/headshots"
    assert visitor.page("/headshots").heading == "You’re all set"


def test_photo_of_another_person_cannot_be_chosen(
    visitor: Visitor, finished: list[Photo], sign_in: Callable[[Person], Visitor]
) -> None:
    other = sign_in(factories.make_person())
    assert other.press("/headshots/choice", photo=finished[0].id).status_code == 404
    assert visitor.press("/headshots/choice", photo="nonsense").status_code == 400


def test_page_without_photos_explains_it(visitor: Visitor) -> None:
    page = visitor.page("/headshots/gallery")
    assert page.heading == "There is nothing to look at yet"
    assert page.primary == ["See how far they are"]


def test_page_of_two_hundred_photos_fits_the_initial_congestion_window(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_finished_shoot(visitor.person, 200)
    response = visitor.get("/headshots/gallery")
    page = Document(response.text)
    assert len(list_thumbnails(page)) == 200
    assert len(gzip.compress(response.data, 6)) <= FIRST_FLIGHT
    images = [each for each in page.by_id("film").iter() if each.get("src")]
    assert all(each.get("width") and each.get("height") for each in images)
    assert sum(each.get("loading") == "lazy" for each in images) >= 190
