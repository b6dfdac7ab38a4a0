"""Public pages: landing, privacy, the brand's colors and icons."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document


def get_page(app: Flask, path: str, language: str = "en") -> Document:
    response = app.test_client().get(path, headers={"Accept-Language": language})
    assert response.status_code == 200
    return Document(response.text)


def test_landing_page_has_one_primary_action(app: Flask) -> None:
    page = get_page(app, "/")
    assert page.primary == ["Sign in"]
    assert page.link("Sign in") == "/login"
    assert "Sign out" not in page.text


@pytest.mark.parametrize("language", ["en", "de"])
def test_landing_page_has_a_link_preview_with_absolute_addresses(app: Flask, language: str) -> None:
    address = app.extensions["portal"].settings.public_url
    page = get_page(app, "/", language)
    found = {each.get("property", each.get("name", "")): each.get("content", "") for each in page.all("meta")}
    assert found["og:site_name"] == "Example"
    assert found["og:title"] == page.heading
    assert found["og:description"] == found["description"]
    assert found["description"] in page.text
    assert found["og:url"] == f"{address}/"
    assert found["og:image"].startswith(f"{address}/")
    image = app.test_client().get(found["og:image"].removeprefix(address))
    assert (image.status_code, image.content_type) == (200, "image/png")


@pytest.mark.parametrize("language", ["en", "de"])
def test_privacy_page_lists_what_is_kept_of_a_detected_face(app: Flask, language: str) -> None:
    square, nothing_else = {
        "en": ("Where your face is in each picture, as one square", "Nothing else about your face is stored here."),
        "de": ("Wo Ihr Gesicht in jedem Bild ist, als Quadrat", "Sonst wird hier nichts zu Ihrem Gesicht gespeichert."),
    }[language]
    rows = ["".join(row.itertext()) for row in get_page(app, "/privacy", language).all("tr")]
    assert [nothing_else in row for row in rows if square in row] == [True]


@pytest.mark.parametrize(("path", "leads_to"), [("/headshots/", "/login?next="), ("/admin", "/login?next=")])
def test_trailing_slash_redirects(app: Flask, path: str, leads_to: str) -> None:
    response = app.test_client().get(path)
    assert response.status_code == 303
    assert response.location.startswith(leads_to)


def test_a_signed_in_person_is_redirected(visitor: Visitor) -> None:
    page = visitor.page("/")
    assert page.link("Go to my headshots") == "/headshots"
    assert "Ada Lovelace" in page.text


@pytest.mark.parametrize(("language", "until"), [("en", "90 days"), ("de", "90 Tage")])
def test_privacy_page_lists_retention_periods(app: Flask, language: str, until: str) -> None:
    page = get_page(app, "/privacy", language)
    assert page.all("html")[0].get("lang") == language
    assert any(until in "".join(row.itertext()) for row in page.all("tr"))
    assert "help@example.com" in page.text


def test_names_are_escaped(make_app: Callable[..., Flask]) -> None:
    app = make_app(brand_name='<script>alert("x")</script> & Co')
    response = app.test_client().get("/")
    assert "<script>alert" not in response.text
    assert Document(response.text).title.endswith('<script>alert("x")</script> & Co')


def test_colors_are_kept_under_their_version_only(app: Flask) -> None:
    page = get_page(app, "/")
    address = next(each.get("href", "") for each in page.all("link") if "/brand.css" in each.get("href", ""))
    client = app.test_client()
    kept = client.get(address)
    assert kept.content_type.startswith("text/css")
    assert "max-age=31536000" in kept.headers["Cache-Control"]
    assert "--accent-fill:light-dark(#3b5bdb," in kept.text
    assert "no-cache" in client.get("/brand.css").headers["Cache-Control"]


@pytest.mark.parametrize(("name", "status"), [("favicon", 200), ("favicon-ready", 200), ("other", 404)])
def test_icons(app: Flask, name: str, status: int) -> None:
    response = app.test_client().get(f"/icons/{name}.svg")
    assert response.status_code == status
    if status == 200:
        assert response.content_type.startswith("image/svg+xml")
        assert ("circle" in response.text) == (name == "favicon-ready")


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [("/continue", "/start"), ("/gallery", "/headshots/gallery"), ("/choose", "/headshots/gallery")],
)
def test_short_urls_redirect_and_drop_their_query(app: Flask, path: str, leads_to: str) -> None:
    response = app.test_client().get(f"{path}?wanted=//elsewhere.example&next=//elsewhere.example")
    assert (response.status_code, response.location) == (303, leads_to)
