"""The language of pages and mails: chosen in the footer, else the browser's, else the identity provider's."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.integration.auth.actors import Browser, get_person


def test_language_of_a_new_person_is_the_browsers(browser: Browser, app: Flask) -> None:
    location = browser.begin()
    browser.get(browser.provider.visit(location), headers={"Accept-Language": "de-AT,de;q=0.9"})
    assert get_person(app, "alice").locale == "de"
    assert '<html lang="de"' in browser.get("/headshots/consent", headers={"Accept-Language": "en"}).text


def test_language_follows_the_latest_sign_in(browser: Browser, other_browser: Browser, app: Flask) -> None:
    for each, language in ((browser, "en"), (other_browser, "de")):
        each.get(each.provider.visit(each.begin()), headers={"Accept-Language": language})
        assert get_person(app, "alice").locale == language


@pytest.mark.parametrize(("accepted", "language"), [("en", "en"), ("fr", "de"), ("", "de")])
def test_language_of_the_provider_counts_where_the_browser_has_no_supported_one(
    browser: Browser, app: Flask, accepted: str, language: str
) -> None:
    browser.provider.person["locale"] = "de_DE"
    browser.get(browser.provider.visit(browser.begin()), headers={"Accept-Language": accepted})
    assert get_person(app, "alice").locale == language


def test_language_chosen_before_sign_in_is_kept_for_the_person(
    browser: Browser, other_browser: Browser, app: Flask
) -> None:
    german = {"Accept-Language": "de"}
    assert browser.get("/language?language=en&page=/privacy", headers=german).location == "/privacy"
    assert '<html lang="en"' in browser.get("/", headers=german).text
    browser.get(browser.provider.visit(browser.begin()), headers=german)
    other_browser.get(other_browser.provider.visit(other_browser.begin()), headers=german)
    assert (get_person(app, "alice").locale, get_person(app, "alice").chosen_locale) == ("en", "en")


def test_language_chosen_after_sign_in_survives_the_next_one(
    browser: Browser, other_browser: Browser, app: Flask
) -> None:
    browser.sign_in()
    form = {"csrf_token": browser.form_token(), "language": "de", "page": "/headshots"}
    assert browser.post("/language", data=form).location == "/headshots"
    assert '<html lang="de"' in browser.get("/headshots/consent", headers={"Accept-Language": "en"}).text
    other_browser.get(other_browser.provider.visit(other_browser.begin()), headers={"Accept-Language": "en"})
    assert get_person(app, "alice").locale == "de"


@pytest.mark.parametrize("page", ["https://example.com/", "//example.com", "/login", "/photos/x/96.webp", ""])
def test_language_switch_redirects_only_to_pages_of_the_portal(browser: Browser, page: str) -> None:
    response = browser.get("/language", query_string={"language": "de", "page": page})
    assert (response.status_code, response.location) == (303, "/")


def test_language_without_translation_is_refused(browser: Browser) -> None:
    assert browser.get("/language?language=xx").status_code == 400
