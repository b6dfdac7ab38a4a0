"""Text and links of the page of a refused sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.auth.actors import Browser


def test_canceled_account_switch_keeps_current_session(browser: Browser) -> None:
    browser.sign_in()
    address = browser.provider.visit(browser.begin("/login?switch=1"), code=None, error="access_denied")
    page = browser.get(address).text
    assert "You’re still signed in here" in page
    assert "stopped or not allowed" not in page
    assert browser.is_signed_in()


@pytest.mark.parametrize(
    ("response", "again"),
    [
        ({"code": None, "error": "access_denied"}, "/login?next=%2Fheadshots%2Fgallery"),
        ({"iss": "https://evil.example"}, "/login?next=%2Fheadshots%2Fgallery"),
    ],
)
def test_another_attempt_keeps_the_return_path(browser: Browser, response: dict[str, Any], again: str) -> None:
    page = browser.get(browser.provider.visit(browser.begin("/login?next=/headshots/gallery"), **response)).text
    assert f'href="{again}"' in page
    page = browser.get(browser.provider.visit(browser.begin("/login"), **response)).text
    assert 'href="/login"' in page


def test_another_account_is_requested_with_the_same_return_path(browser: Browser) -> None:
    browser.provider.lies.claims = lambda claims: claims | {"email_verified": False}
    page = browser.sign_in("/login?next=/headshots/gallery").text
    assert 'href="/login?switch=1&amp;next=%2Fheadshots%2Fgallery"' in page
