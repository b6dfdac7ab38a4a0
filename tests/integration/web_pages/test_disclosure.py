"""The AI mark stands beside generated pictures and not beside own photos; legal links are on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from portal.domain.legal_links import LegalLinks
from portal.models.photos import Photo
from portal.services import gallery
from tests import factories
from tests.factories import NOW, USE
from tests.integration.web_pages.conftest import Visitor, make_own_photo, sign_in_as, store_renditions

MARK = "AI-generated"


@pytest.mark.parametrize(
    "path",
    [
        "/headshots",
        "/headshots/gallery",
        "/headshots/gallery?view=grid",
        "/headshots/gallery?compare={id}",
        "/headshots/data",
        "/headshots/crop?photo={id}",
    ],
)
def test_mark_is_beside_generated_pictures(visitor: Visitor, path: str) -> None:
    factories.make_consent(visitor.person)
    _shoot, photos = factories.make_finished_shoot(visitor.person, 2)
    for number, photo in enumerate(photos):
        store_renditions(photo, number)
    assert MARK in visitor.page(path.format(id=photos[0].id)).text


@pytest.mark.parametrize(
    "path",
    ["/headshots/own-photo", "/headshots/gallery?compare={id}", "/headshots/data", "/headshots/crop?photo={id}"],
)
def test_own_photos_have_no_mark(visitor: Visitor, path: str) -> None:
    photo = make_own_photo(visitor)
    assert MARK not in visitor.page(path.format(id=photo.id)).text


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/headshots",
        "/headshots/gallery",
        "/headshots/another",
        "/headshots/crop",
        "/headshots/own-photo",
        "/headshots/not-now",
        "/account/sessions",
        "/no-such-page",
    ],
)
def test_brand_of_the_provider_is_named_in_consent_and_privacy_alone(
    visitor: Visitor, finished: list[Photo], path: str
) -> None:
    gallery.choose_photo(visitor.person, finished[0].id, agreement=USE, now=NOW)
    assert "Profile Bakery" not in visitor.get(path).text
    for named in ("/headshots/consent", "/privacy"):
        assert "Profile Bakery" in visitor.page(named).text


@pytest.mark.parametrize("is_own", [False, True])
def test_headshot_that_stays_in_use_has_the_mark_if_generated(visitor: Visitor, is_own: bool) -> None:
    """While another session runs."""
    factories.make_consent(visitor.person)
    _shoot, photos = factories.make_finished_shoot(visitor.person, 1, closed_at=NOW)
    store_renditions(photos[0], 1)
    chosen = make_own_photo(visitor) if is_own else photos[0]
    gallery.choose_photo(visitor.person, chosen.id, agreement=USE, now=NOW)
    factories.make_shoot(visitor.person, provider_status="pending", now=NOW + timedelta(minutes=1))
    text = visitor.page("/headshots").text
    assert "This headshot stays in use until you choose a new one." in text
    assert (MARK in text) is not is_own


@pytest.mark.parametrize("is_own", [False, True])
def test_headshot_kept_after_a_withdrawal_has_the_mark_if_generated(visitor: Visitor, is_own: bool) -> None:
    factories.make_consent(visitor.person)
    _shoot, photos = factories.make_finished_shoot(visitor.person, 1)
    store_renditions(photos[0], 1)
    chosen = make_own_photo(visitor) if is_own else photos[0]
    gallery.choose_photo(visitor.person, chosen.id, agreement=USE, now=NOW)
    assert visitor.press("/headshots/withdraw", scope="unchosen").status_code == 303
    page = visitor.page("/headshots")
    assert "Your headshot stays in use. Every other picture is deleted." in page.text
    (figure,) = page.all("figure")
    assert (MARK in "".join(figure.itertext())) is not is_own


@pytest.mark.parametrize("is_own", [False, True])
def test_headshot_an_admin_views_has_the_mark_if_generated(visitor: Visitor, app: Flask, is_own: bool) -> None:
    factories.make_consent(visitor.person)
    _shoot, photos = factories.make_finished_shoot(visitor.person, 1)
    chosen = make_own_photo(visitor) if is_own else photos[0]
    gallery.choose_photo(visitor.person, chosen.id, agreement=USE, now=NOW)
    admin = sign_in_as(app, factories.make_person("cleo@example.com", role="admin"))
    assert (MARK in admin.page(f"/admin/people/{visitor.person.id}/headshot").text) is not is_own


def test_legal_links_are_on_the_pages(make_app: Callable[..., Flask]) -> None:
    links = LegalLinks("https://example.com/imprint", "https://example.com/privacy", "dpo@example.com")
    app = make_app(legal_links=links)
    with app.app_context():
        page = sign_in_as(app, factories.make_person(now=NOW - timedelta(days=1))).page("/privacy")
    assert page.link("Imprint") == "https://example.com/imprint"
    assert page.link("The company’s own privacy notice") == "https://example.com/privacy"
    assert page.link("dpo@example.com") == "mailto:dpo@example.com"
