"""Every page after a withdrawal, at once and before any job has run: nothing is shown, used or offered any more."""

from __future__ import annotations

import pytest

from portal.models import choices, shoots
from portal.models.photos import Photo
from portal.services import gallery
from tests.factories import NOW, USE
from tests.integration.web_pages.conftest import Visitor

WITHDRAWN = "You withdrew your agreement"
TO_MY_PAGE, TO_CONSENT = "/headshots", "/headshots/consent"


@pytest.fixture
def chosen(visitor: Visitor, finished: list[Photo]) -> Photo:
    gallery.choose_photo(visitor.person, finished[0].id, agreement=USE, now=NOW)
    return finished[0]


def withdraw_consent(visitor: Visitor, option: str) -> None:
    """Withdraw with one of the two options, in one step."""
    question = visitor.page("/headshots/withdraw")
    assert [each.get("value") for each in question.all("input") if each.get("name") == "scope"] == [
        "unchosen",
        "pictures",
    ]
    assert visitor.press("/headshots/withdraw", scope=option).location == TO_MY_PAGE


@pytest.mark.privacy("P06")
def test_withdrawing_everything_leaves_no_picture_on_any_page(visitor: Visitor, chosen: Photo) -> None:
    withdraw_consent(visitor, "pictures")
    assert choices.find_current(visitor.person.id) is None
    page = visitor.page("/headshots")
    assert page.heading == WITHDRAWN
    assert "No picture of you is used, and nothing goes to the studio." in page.text
    for path in ("/headshots", "/headshots/consent", "/headshots/data", "/headshots/own-photo", "/privacy", "/"):
        assert f"/photos/{chosen.id}" not in visitor.get(path).text, path
    for path in (f"/photos/{chosen.id}/640.webp", "/headshots/kit/full", "/headshots/crop"):
        assert visitor.get(path).status_code == 404, path
    for path in ("/headshots/gallery", "/headshots/another"):
        assert visitor.get(path).location == TO_MY_PAGE, path
    assert visitor.get("/headshots/studio").location == TO_CONSENT
    assert visitor.page("/headshots/withdraw").heading == "There’s nothing to withdraw"
    assert "withdrawn November 2, 2026" in visitor.page("/headshots/data").text


@pytest.mark.privacy("P06")
def test_withdrawing_with_a_kept_headshot_leaves_that_one_alone(
    visitor: Visitor, finished: list[Photo], chosen: Photo
) -> None:
    withdraw_consent(visitor, "unchosen")
    page = visitor.page("/headshots")
    assert page.heading == WITHDRAWN
    assert "Your headshot stays in use. Every other picture is deleted." in page.text
    assert visitor.get(f"/photos/{chosen.id}/640.webp").status_code == 200
    for photo in finished[1:]:
        assert visitor.get(f"/photos/{photo.id}/640.webp").status_code == 404
    for path in ("/headshots/gallery", "/headshots/another"):
        assert visitor.get(path).location == TO_MY_PAGE, path
    assert visitor.get("/headshots/studio").location == TO_CONSENT
    assert visitor.page("/headshots/withdraw").heading == "Delete your headshot too?"


@pytest.mark.parametrize("option", ["unchosen", "pictures"])
def test_pages_that_were_open_can_neither_choose_nor_start(
    visitor: Visitor, finished: list[Photo], chosen: Photo, option: str
) -> None:
    """A press on a page from before the withdrawal changes nothing."""
    withdraw_consent(visitor, option)
    assert visitor.press("/headshots/choice", photo=finished[1].id).status_code == 404
    current = choices.find_current(visitor.person.id)
    assert (current and current.photo_id) == (chosen.id if option == "unchosen" else None)
    assert visitor.press("/headshots/start").location == TO_CONSENT
    assert shoots.find_open(visitor.person.id) is None
