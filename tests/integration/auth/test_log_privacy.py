"""No secret or personal value of a sign-in reaches the logs, successful or not."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.auth.actors import Browser, parse_query
from tests.integration.auth.hostile_provider import CLIENT_SECRET, FOREIGN_KEY, sign_token

WRONG: dict[str, dict[str, Any]] = {
    "nothing": {},
    "wrong signature": {"token": lambda claims: sign_token(claims, key=FOREIGN_KEY)},
    "wrong claims": {"claims": lambda claims: claims | {"aud": "other"}},
    "token endpoint down": {"down": {"token"}},
    "token endpoint sends a page": {"token_response": lambda response: f"<html>{json.dumps(response)}"},
    "token endpoint repeats everything": {
        "token_response": lambda response: ({"error": json.dumps(response), "error_description": "x"}, 400)
    },
}


@pytest.fixture
def every_library_talks(browser: Browser) -> Iterator[None]:
    """As when an operator turns the level down to find a fault; this undoes what keeps the worst ones quiet."""
    loggers = [logging.getLogger(name) for name in ("authlib", "urllib3", "urllib3.connectionpool", "flask_wtf")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.mark.usefixtures("every_library_talks")
@pytest.mark.parametrize("lies", WRONG.values(), ids=WRONG)
@pytest.mark.asvs("A57")
def test_no_trace_of_a_sign_in_in_the_logs(
    lies: dict[str, Any], browser: Browser, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = browser.provider
    provider.person["name"] = "Canary Namesake"
    provider.person["sid"] = "canary-sid-0001"
    for name, lie in lies.items():
        setattr(provider.lies, name, lie)
    browser.get("/login/initiate", query_string={"iss": provider.issuer, "login_hint": "alice@example.com"})
    location = browser.begin("/login?next=/headshots/gallery")
    requested = parse_query(location)
    back = provider.visit(location)
    browser.get(back, headers={"Cookie-Canary": "x"})
    browser.get("/headshots")
    if browser.is_signed_in():
        browser.sign_out()
    secrets = {
        "state": requested["state"],
        "nonce": requested["nonce"],
        "code": parse_query(back)["code"],
        "verifier": provider.last_token_request.get("code_verifier", "no-verifier-was-sent"),
        "access token": "access-token-canary",
        "client secret": CLIENT_SECRET,
        "browser cookie": browser.cookie("portal_browser") or "no-cookie",
        "address": "alice@example.com",
        "name": "Canary Namesake",
        "sid": "canary-sid-0001",
        "token": "eyJ",
    }
    session = browser.cookie()
    if session:
        secrets["session cookie"] = session
    written = capsys.readouterr()
    everything = written.out + written.err
    assert '"message": "request.completed"' in everything
    assert '"level": "debug"' in everything
    assert {name for name, value in secrets.items() if value in everything} == set()


def test_log_lines_of_a_sign_in_share_their_ids_with_the_audit(browser: Browser, audit: Any) -> None:
    response = browser.sign_in()
    assert audit("sign_in")[0].request_id == response.headers["X-Request-ID"]
