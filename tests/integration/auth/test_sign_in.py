"""Signing in as people do: links, tabs, back buttons, cookies, other accounts."""

from __future__ import annotations

from tests.integration.auth.actors import Browser, query_of


def test_sign_in_ends_on_my_page_with_pkce_state_and_nonce(browser: Browser) -> None:
    location = browser.begin()
    asked = query_of(location)
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid email profile"
    assert asked["redirect_uri"] == "http://localhost/login/callback"
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    answer = browser.get(browser.provider.visit(location))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/headshots")
    assert browser.get("/headshots").status_code == 200
    assert browser.provider.last_token_request["authorization"].startswith("Basic ")
    assert "client_secret" not in browser.provider.last_token_request
