"""The page for own photos: what it refuses, and what remains of it where the company takes none."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal.db import transaction
from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import own_photos
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor, sign_in_as, store_renditions


def build_picture(width: int, height: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((5100, 5000), "This photo has more than 25 megapixels. Use a smaller one."),
        ((300, 900), "This photo is too small. Use one with at least 400 × 400 pixels."),
    ],
)
def test_photo_of_an_unusable_size_is_refused_with_a_sentence_and_not_kept(
    visitor: Visitor, app: Flask, size: tuple[int, int], sentence: str
) -> None:
    context = app.extensions["portal"]
    file = (io.BytesIO(build_picture(*size)), "me.png")
    assert visitor.press("/headshots/own-photo", photo=file).status_code == 303
    with transaction() as session:
        photo_id = session.scalars(select(Photo.id)).one()
    own_photos.render_own_photo(photo_id, context)
    page = visitor.page("/headshots/own-photo")
    assert sentence in page.text
    assert "Use this photo" not in page.text
    assert list(context.storage.list("uploads/")) == []


@pytest.fixture
def visitor_without_uploads(make_app: Callable[..., Flask]) -> Visitor:
    """A person of a company that takes no own photos."""
    app = make_app(own_photos="off")
    with app.app_context():
        person: Person = factories.make_person(name="Ada Lovelace")
        factories.make_consent(person)
        return sign_in_as(app, person)


@pytest.mark.parametrize("path", ["/headshots/not-now", "/headshots/another", "/headshots"])
def test_company_that_takes_none_offers_none(visitor_without_uploads: Visitor, path: str) -> None:
    visitor = visitor_without_uploads
    with visitor.client.application.app_context():
        factories.make_finished_shoot(visitor.person, 1)
    assert "/headshots/own-photo" not in visitor.get(path).text
    assert visitor.get("/headshots/own-photo").status_code == 404
    file = (io.BytesIO(build_picture(500, 500)), "me.png")
    assert visitor.press("/headshots/own-photo", photo=file).status_code == 403


def test_photo_from_before_the_setting_can_be_seen_and_deleted(visitor_without_uploads: Visitor) -> None:
    visitor = visitor_without_uploads
    with visitor.client.application.app_context():
        photo = Photo(person_id=visitor.person.id, position=0, created_at=NOW, copied_at=NOW, width=96, height=120)
        with transaction() as session:
            session.add(photo)
        store_renditions(photo, 1)
    assert "/headshots/own-photo" in [each.get("href") for each in visitor.page("/headshots/data").all("a")]
    shown = visitor.page("/headshots/own-photo")
    assert [each.get("alt") for each in shown.all("img")] == ["Your photo"]
    assert "You can’t add photos of your own any longer." in shown.text
    assert not [each for each in shown.all("input") if each.get("type") == "file"]
    visitor.press(f"/headshots/own-photo/{photo.id}/delete")
    assert visitor.get("/headshots/own-photo").status_code == 404
