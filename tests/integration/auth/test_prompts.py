"""Which ``prompt`` is requested: silent attempts with their fallback, and the question for another account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.integration.auth.actors import Browser, MovableClock, parse_query
from tests.integration.auth.hostile_provider import HostileProvider


def test_start_tries_silent_sign_in_once(browser: Browser) -> None:
    silent = browser.begin("/start?next=/headshots/gallery")
    assert parse_query(silent)["prompt"] == "none"
    response = browser.get(browser.provider.visit(silent, code=None, error="login_required"))
    assert response.status_code == 303
    shown = response.headers["Location"]
    assert "prompt" not in parse_query(shown)
    assert browser.get(browser.provider.visit(shown)).headers["Location"] == "/headshots/gallery"


def test_start_skips_second_silent_attempt_and_continues_with_session(browser: Browser) -> None:
    browser.begin("/start")
    assert "prompt" not in parse_query(browser.begin("/start")), "the last one ended nowhere, such as on an error page"
    browser.sign_in()
    assert browser.get("/start").headers["Location"] == "/headshots"
    assert browser.get("/start?next=/privacy").headers["Location"] == "/privacy"


def test_silent_sign_in_that_works_shows_no_page(browser: Browser) -> None:
    assert browser.sign_in("/start").headers["Location"] == "/headshots"
    assert browser.is_signed_in()


@pytest.mark.parametrize("error", ["server_error", "invalid_request", "access_denied", "temporarily_unavailable"])
def test_any_failed_silent_attempt_is_repeated_with_a_page(
    error: str, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    response = browser.get(
        browser.provider.visit(browser.begin("/start?next=/headshots/gallery"), code=None, error=error)
    )
    assert response.status_code == 303
    assert "prompt" not in parse_query(response.headers["Location"])
    (record,) = [record for record in caplog.records if record.message == "sign_in.silent_failed"]
    assert record.error == error  # type: ignore[attr-defined]
    back = browser.get(browser.provider.visit(response.headers["Location"]))
    assert back.headers["Location"] == "/headshots/gallery"


def test_silent_code_that_is_refused_is_repeated_with_a_page(browser: Browser) -> None:
    silent = browser.begin("/start")
    browser.provider.lies.token_response = lambda _: ({"error": "invalid_grant"}, 400)
    assert "prompt" not in parse_query(browser.get(browser.provider.visit(silent)).headers["Location"])


def test_silent_attempts_can_be_switched_off(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    browser = Browser(make_app(oidc_silent=False).test_client(), provider)
    assert "prompt" not in parse_query(browser.begin("/start"))


def test_other_account_is_requested_with_login_where_the_chooser_is_ignored(browser: Browser) -> None:
    browser.sign_in()
    chooser = browser.begin("/login?switch=1")
    again = browser.get(browser.provider.visit(chooser))
    assert parse_query(again.headers["Location"])["prompt"] == "login"
    browser.provider.person = {"sub": "bob", "email": "bob@example.com", "name": "Bob Example"}
    browser.get(browser.provider.visit(again.headers["Location"]))
    assert "Bob Example" in browser.get("/headshots/consent").text


@pytest.mark.parametrize("path", ["/login", "/start", "/login?switch=1"])
def test_after_signing_out_login_is_requested_where_the_chooser_is_refused(path: str, browser: Browser) -> None:
    browser.sign_in()
    browser.sign_out()
    chooser = browser.begin(path)
    assert parse_query(chooser)["prompt"] == "select_account"
    again = browser.get(browser.provider.visit(chooser, code=None, error="invalid_request"))
    assert parse_query(again.headers["Location"])["prompt"] == "login"
    refused = browser.get(browser.provider.visit(again.headers["Location"], code=None, error="invalid_request"))
    assert refused.status_code == 400, "asked once more, not for ever"
    assert browser.sign_in("/login?switch=1").headers["Location"] == "/headshots"


def test_other_account_after_a_refused_one_does_not_loop(
    make_app: Callable[..., Flask], provider: HostileProvider, clock: MovableClock
) -> None:
    browser = Browser(make_app(allowed_email_domains=frozenset({"corp.example"})).test_client(), provider)
    assert browser.sign_in().status_code == 403
    chooser = browser.begin("/login?switch=1")
    clock.move(seconds=30)
    again = browser.get(browser.provider.visit(chooser))
    assert parse_query(again.headers["Location"])["prompt"] == "login"
    assert browser.get(browser.provider.visit(again.headers["Location"])).status_code == 403


def test_login_is_requested_where_the_provider_lists_no_chooser(browser: Browser) -> None:
    browser.provider.lies.metadata = {"prompt_values_supported": ["none", "login", "consent"]}
    browser.sign_in()
    assert parse_query(browser.begin("/login?switch=1"))["prompt"] == "login"


def test_signed_in_people_are_not_prompted_again(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/login?next=/headshots/gallery").headers["Location"] == "/headshots/gallery"


def test_another_account_can_be_chosen(browser: Browser) -> None:
    browser.sign_in()
    old = browser.cookie()
    location = browser.begin("/login?switch=1")
    assert parse_query(location)["prompt"] == "select_account"
    browser.provider.person = {"sub": "bob", "email": "bob@example.com", "name": "Bob Example"}
    browser.get(browser.provider.visit(location))
    assert "Bob Example" in browser.get("/headshots/consent").text
    browser.client.set_cookie("portal_session", old or "")
    assert not browser.is_signed_in()
