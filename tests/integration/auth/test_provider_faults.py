"""A provider that changes its keys, hangs, is down, or accepts only the other way to authenticate."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Response

from portal.models.audit import AuditEntry
from tests.integration.auth.actors import Browser, MovableClock
from tests.integration.auth.hostile_provider import (
    CLIENT_SECRET,
    FOREIGN_KEY,
    OTHER_KEY,
    build_key_set,
    remove_key_id,
    sign_token,
)
from tests.waiting import END_SECONDS

Audit = Callable[[str], list[AuditEntry]]


def test_new_key_id_is_found_at_once(browser: Browser, other_browser: Browser) -> None:
    browser.sign_in()
    browser.provider.lies.jwks = build_key_set(OTHER_KEY)
    browser.provider.lies.token = lambda c: sign_token(c, key=OTHER_KEY)
    other_browser.sign_in()
    assert other_browser.is_signed_in()
    assert browser.provider.calls["jwks"] == 2


def test_new_key_under_the_old_id_is_found_at_once(browser: Browser, other_browser: Browser) -> None:
    browser.sign_in()
    browser.provider.lies.jwks = build_key_set(FOREIGN_KEY)
    browser.provider.lies.token = lambda c: sign_token(c, key=FOREIGN_KEY)
    other_browser.sign_in()
    assert other_browser.is_signed_in()


def test_new_key_without_any_id_is_found_at_once(browser: Browser, other_browser: Browser) -> None:
    browser.sign_in()
    browser.provider.lies.jwks = {"keys": [remove_key_id(OTHER_KEY)]}
    browser.provider.lies.token = lambda c: sign_token(c, key=OTHER_KEY, kid=None)
    other_browser.sign_in()
    assert other_browser.is_signed_in()


def test_revoked_signing_key_expires_after_five_minutes(
    browser: Browser, other_browser: Browser, clock: MovableClock
) -> None:
    browser.sign_in()
    browser.provider.lies.jwks = build_key_set(OTHER_KEY)
    clock.move(minutes=5, seconds=1)
    assert other_browser.sign_in().status_code == 400


def test_unknown_key_ids_cause_one_reload_in_thirty_seconds(browser: Browser, clock: MovableClock) -> None:
    browser.provider.lies.token = lambda c: sign_token(c, key=OTHER_KEY)
    for _ in range(5):
        assert browser.sign_in().status_code == 400
    assert browser.provider.calls["jwks"] == 2
    clock.move(seconds=31)
    browser.sign_in()
    assert browser.provider.calls["jwks"] == 3


def test_unresponsive_token_endpoint_times_out(browser: Browser, audit: Audit) -> None:
    browser.provider.lies.silent.add("token")
    location = browser.provider.visit(browser.begin())
    began = time.monotonic()
    response = browser.get(location)
    assert time.monotonic() - began < END_SECONDS
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert audit("sign_in")[0].detail["reason"] == "identity_provider_unavailable"


@pytest.mark.parametrize("part", ["openid-configuration", "jwks", "userinfo"])
def test_other_hanging_calls_time_out_equally(part: str, browser: Browser, audit: Audit) -> None:
    browser.provider.lies.claims = lambda claims: {name: value for name, value in claims.items() if name != "email"}
    browser.provider.lies.silent.add(part)
    began = time.monotonic()
    started = browser.get("/login")
    response = (
        started if started.status_code != 303 else browser.get(browser.provider.visit(started.headers["Location"]))
    )
    assert time.monotonic() - began < END_SECONDS
    assert response.status_code == 503
    assert audit("sign_in")[0].detail["reason"] == "identity_provider_unavailable"


def test_slow_response_times_out(browser: Browser) -> None:
    def drip() -> Iterator[str]:
        for char in json.dumps({"access_token": "x" * 300}):
            time.sleep(0.3)
            yield char

    browser.provider.lies.token_response = lambda _: Response(drip(), mimetype="application/json")
    location = browser.provider.visit(browser.begin())
    began = time.monotonic()
    assert browser.get(location).status_code == 503
    assert time.monotonic() - began < END_SECONDS


@pytest.mark.parametrize("part", ["openid-configuration", "jwks", "token"])
def test_identity_provider_outage_is_shown_and_recovers(part: str, browser: Browser, clock: MovableClock) -> None:
    browser.provider.lies.down.add(part)
    started = browser.get("/login")
    response = (
        started if started.status_code != 303 else browser.get(browser.provider.visit(started.headers["Location"]))
    )
    assert response.status_code == 503
    assert 'href="/login"' in response.text
    browser.provider.lies.down.clear()
    clock.move(seconds=3)
    browser.sign_in()
    assert browser.is_signed_in()


def test_secret_is_sent_in_the_form_where_only_that_is_supported(browser: Browser) -> None:
    browser.provider.lies.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    browser.sign_in()
    assert browser.provider.last_token_request["client_secret"] == CLIENT_SECRET
    assert browser.provider.last_token_request["authorization"] == ""


def test_code_is_redeemed_once(browser: Browser, audit: Audit) -> None:
    location = browser.begin()
    back = browser.provider.visit(location)
    browser.provider.codes.clear()
    assert browser.get(back).status_code == 400
    assert audit("sign_in")[0].detail["reason"] == "code_refused"
