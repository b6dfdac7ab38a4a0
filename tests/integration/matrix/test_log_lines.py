"""Whatever anybody sends, wherever it goes in: a line of the log stays one object, and nobody else writes one."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from portal.db import transaction
from portal.models import shoots
from portal.services import shoot_sync
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.core.signing import signed_headers
from tests.integration.matrix.directory_fixture import ADDRESS, DirectoryFixture
from tests.integration.matrix.table import TABLE, routes_of
from tests.log_lines import MARK, WORDS, read

FIELDS = ("photo", "decision", "state", "next", "error", "error_description", "iss", "login_hint", "logout_token", "q")
HEADERS = ("User-Agent", "Referer", "X-Request-ID", "X-Forwarded-For", "Accept-Language", "If-None-Match", "Origin")


def one_line(words: str) -> str:
    """What is left of words in a header, where servers let no end of a line through."""
    return "".join(words.splitlines()).encode("utf-8").decode("latin-1")


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_hostile_text_in_urls_forms_and_headers(
    words: str, directory: DirectoryFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    actor = directory.actor("admin")
    token, headers = actor.token(), dict.fromkeys(HEADERS, one_line(words))
    capsys.readouterr()
    for route in routes_of(directory.app):
        if route.rule == "/logout":
            continue
        for path in {actor.path(route), actor.path(route, **dict.fromkeys(route.arguments, quote(words[:300], "")))}:
            sent = dict.fromkeys(FIELDS, words)
            where = {"form": {"csrf_token": token, **sent}} if route.is_unsafe else {"query_string": sent}
            answer = actor.call(route.method, path, **where, headers=headers)
            assert answer.status_code < 500, f"{route} {path}"
    actor.call("GET", f"/{quote(words[:300])}", headers=headers)
    actor.call("GET", "/", headers={"Host": one_line(words[:100])})
    text = capsys.readouterr().out
    assert len([line for line in read(text) if line["message"] == "request.completed"]) > len(TABLE)
    assert MARK not in text, "of what strangers send nothing is noted"


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_hostile_text_of_a_sign_in(
    words: str, directory: DirectoryFixture, identity: HostileProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    said = dict.fromkeys(("name", "given_name", "preferred_username", "locale", "sid", "acr"), words)
    identity.person = said | {"sub": f"subject {words}"[:200], "email": f"{words[:20]}@example.com", "groups": [words]}
    for email in (identity.person["email"], "fine@example.com"):
        identity.person["email"] = email
        actor = directory.actor("stranger")
        back = identity.visit(actor.call("GET", "/login").headers["Location"])
        assert actor.call("GET", back).status_code < 500
        actor.call("GET", "/headshots")
    refused = {"error": words, "error_description": words, "error_uri": words, "state": words, "code": words}
    assert directory.actor("stranger").call("GET", "/login/callback", query_string=refused).status_code == 400
    read(capsys.readouterr().out)


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_hostile_text_of_a_webhook(words: str, directory: DirectoryFixture, capsys: pytest.CaptureFixture[str]) -> None:
    thing = {"_id": "model-of-employee", "status": words, "email": words, "name": words}
    body = json.dumps({"id": words[:200], "event": words, "objectType": words, "object": thing}).encode()
    client, now = directory.app.test_client(), directory.clock.now
    answers = [
        client.post("/webhooks/profilebakery", data=body, headers=headers, base_url=ADDRESS).status_code
        for headers in (
            signed_headers(body, now),
            [(name, one_line(words)) for name in ("X-ProfileBakery-Signature", "X-ProfileBakery-Timestamp")],
            [*signed_headers(body, now), ("User-Agent", one_line(words)), ("X-Request-ID", one_line(words))],
            [("X-ProfileBakery-Signature", f"sha256={one_line(words)[:64]}"), ("X-ProfileBakery-Timestamp", "1")],
        )
    ]
    assert answers == [200, 401, 200, 401]
    text = capsys.readouterr().out
    assert {"request.completed", "webhook.rejected"} <= {line["message"] for line in read(text)}
    assert MARK not in text


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_status_nobody_has_seen_stays_inside_its_line(
    words: str, directory: DirectoryFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with directory.app.app_context(), transaction():
        shoot = shoots.find_by_provider_id("model-of-employee")
        assert shoot is not None
        later = directory.clock.now + timedelta(minutes=1)
        shoot_sync.apply_status(shoot, words.replace("\x00", ""), at=later, by="check", now=later)
    (line,) = [line for line in read(capsys.readouterr().out) if line["logger"] == "portal.services.shoot_sync"]
    assert line["message"] == "shoot.status_unknown"
