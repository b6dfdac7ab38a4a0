"""Every generated picture on every page has the AI mark beside it, and no own photo has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pytest
from flask import Flask

from portal.models.photos import Photo
from portal.services import gallery
from tests import factories
from tests.factories import NOW, USE
from tests.integration.web_pages.conftest import Visitor, make_own_photo, sign_in_as, store_renditions
from tests.integration.web_pages.html_document import Document, get_text

MARK = "AI-generated"
# What a picture and its mark have to share at least; the gallery has one mark for its strip, and one for the large one.
PLACES = ("li", "section", "aside", "header", "main")
STATES = ("ready", "generated chosen", "own chosen", "withdrawn", "another session")


@pytest.fixture(params=STATES)
def member(request: pytest.FixtureRequest, app: Flask, context: None) -> tuple[Visitor, Photo, Photo]:
    """An admin who takes part, with a generated picture and an own photo."""
    visitor = sign_in_as(app, factories.make_person(name="Ada Lovelace", role="admin"))
    factories.make_consent(visitor.person)
    is_closed = request.param == "another session"
    _shoot, photos = factories.make_finished_shoot(visitor.person, 3, closed_at=NOW if is_closed else None)
    for number, photo in enumerate(photos):
        store_renditions(photo, number)
    own = make_own_photo(visitor)
    if request.param != "ready":
        chosen = own if request.param == "own chosen" else photos[0]
        gallery.choose_photo(visitor.person, chosen.id, agreement=USE, now=NOW)
    if request.param == "withdrawn":
        assert visitor.press("/headshots/withdraw", scope="unchosen").status_code == 303
    if is_closed:
        factories.make_shoot(visitor.person, provider_status="pending", now=NOW)
    return visitor, photos[0], own


def list_paths(app: Flask, *photos: Photo) -> list[str]:
    """List every address without an id, and those of a photo."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith("live.")
    ]
    of_photos = [f"/headshots/{page}={photo.id}" for photo in photos for page in ("gallery?compare", "crop?photo")]
    both = "&".join(f"compare={photo.id}" for photo in photos)
    return [*(rule.rule for rule in rules), "/headshots/gallery?view=grid", f"/headshots/gallery?{both}", *of_photos]


def list_pictures(page: Document) -> Iterator[tuple[str, Element]]:
    """Yield the photo's id and the element of each picture of a photo."""
    for element in page.root.iter():
        address = element.get("src") or element.get("href") or element.get("{http://www.w3.org/1999/xlink}href") or ""
        found = re.search(r"/photos/([0-9a-f-]{36})/", address)
        if found and get_name(element) in ("img", "image"):
            yield found[1], element


def get_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def find_place(page: Document, picture: Element) -> Element:
    """Return the closest element around a picture that has to hold its mark too."""
    parents = {child: parent for parent in page.root.iter() for child in parent}
    place = parents[picture]
    is_in_gallery = any("gallery" in each.get("class", "").split() for each in page.all("main"))
    names = ("main", "header") if is_in_gallery else PLACES
    while get_name(place) not in names:
        place = parents[place]
    return place


def test_each_generated_picture_has_the_mark_beside_it(app: Flask, member: tuple[Visitor, Photo, Photo]) -> None:
    visitor, generated, own = member
    seen = set()
    for path in list_paths(app, generated, own):
        response = visitor.get(path)
        if response.status_code != 200 or response.mimetype != "text/html" or "<main" not in response.text:
            continue
        page = Document(response.text)
        for photo_id, picture in list_pictures(page):
            place = find_place(page, picture)
            is_mixed = get_name(place) == "main"
            if photo_id != str(own.id):
                assert MARK in get_text(place), (path, get_name(place))
                seen.add((path, get_name(place)))
            elif not is_mixed:
                assert MARK not in get_text(place), (path, get_name(place))
    assert seen
