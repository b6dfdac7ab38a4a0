"""A portal on a real database and people who are signed in, without going through the sign-in."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.db import db, transaction
from portal.domain.renditions import ORIGINAL
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.models.sessions import Session
from portal.settings import Settings
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.html_document import Document

_WIDTHS = (96, 320, 640, 1280)


@dataclass
class Visitor:
    """A signed-in browser."""

    client: FlaskClient
    person: Person

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, buffered=True, **options)

    def page(self, path: str, status: int = 200) -> Document:
        response = self.client.get(path)
        assert response.status_code == status, response.text
        return Document(response.text)

    def press(self, path: str, *, headers: dict[str, str] | None = None, **fields: Any) -> TestResponse:
        """Send a form of this portal."""
        token = Document(self.client.get("/privacy").text).value_of("csrf_token")
        return self.client.post(path, data={"csrf_token": token, **fields}, headers=headers)


@pytest.fixture
def make_app(portal_settings: Callable[..., Settings], database_url: str) -> Iterator[Callable[..., Flask]]:
    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        overrides = {"support_email": "help@example.com", "brand_name": "Example"} | overrides
        app = create_app(portal_settings(**overrides), clock=lambda: NOW + timedelta(minutes=1))
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    """The factories need an application context; requests of the clients make their own."""
    with app.app_context():
        yield


def sign_in_as(app: Flask, person: Person) -> Visitor:
    """Sign the person in."""
    token = secrets.token_hex(32)[:43]
    with transaction() as session:
        session.add(
            Session(
                token_hash=hashlib.sha256(token.encode()).digest(),
                person_id=person.id,
                data={},
                created_at=NOW,
                active_at=NOW,
                confirmed_at=NOW,
                expires_at=NOW + timedelta(hours=8),
            )
        )
    client = app.test_client()
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], token)
    return Visitor(client, person)


@pytest.fixture
def visitor(app: Flask, context: None) -> Visitor:
    """A person who has just signed in for the first time."""
    return sign_in_as(app, factories.make_person(name="Ada Lovelace"))


@pytest.fixture
def sign_in(app: Flask, context: None) -> Callable[[Person], Visitor]:
    """Make a browser of this person's."""
    return lambda person: sign_in_as(app, person)


@pytest.fixture
def finished(visitor: Visitor) -> list[Photo]:
    """The visitor has agreed and their shoot is finished: four photos with real files."""
    factories.make_consent(visitor.person)
    _, photos = factories.make_finished_shoot(visitor.person, 4, provider_id="m1")
    for number, photo in enumerate(photos):
        store_renditions(photo, number)
    return photos


def store_renditions(photo: Photo, number: int, *, is_original_stored: bool = False) -> None:
    """Put every size of a photo that pages show into the storage, and the full size if it is needed."""
    for width in _WIDTHS:
        for name, kind in ((f"{width}.webp", "WEBP"), (f"{width}.jpg", "JPEG")):
            _keep(photo, name, f"image/{kind.lower()}", width, _encode_picture(number, width, kind))
    if is_original_stored:
        _keep(photo, ORIGINAL.name, "image/jpeg", 1024, _encode_picture(number, 1024, "JPEG"))


def make_own_photo(visitor: Visitor) -> Photo:
    """Store a photo that the visitor has uploaded."""
    photo = Photo(person_id=visitor.person.id, position=0, created_at=NOW, copied_at=NOW, width=96, height=120)
    with transaction() as session:
        session.add(photo)
    store_renditions(photo, 1)
    return photo


@cache
def _encode_picture(number: int, width: int, kind: str) -> bytes:
    """Return a picture of one color, which depends on the number."""
    content, shades = io.BytesIO(), 60 + 40 * number
    Image.new("RGB", (width, width * 5 // 4), (shades, shades, 140)).save(content, kind)
    return content.getvalue()


def _keep(photo: Photo, name: str, content_type: str, width: int, content: bytes) -> None:
    key = f"photos/{photo.id}/{name}"
    get_context().storage.put(key, content, content_type)
    with transaction() as session:
        session.query(Rendition).filter_by(photo_id=photo.id, name=name).delete()
        session.add(
            Rendition(
                photo_id=photo.id,
                name=name,
                content_type=content_type,
                width=width,
                height=width * 5 // 4,
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                storage_key=key,
            )
        )
