"""For any input at any place: a line of the log stays one object, and no input creates another line."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import pytest

from portal.db import transaction
from portal.models import shoots
from portal.services import shoot_sync
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.core.signing import sign_headers
from tests.integration.matrix.directory_fixture import ADDRESS, DirectoryFixture
from tests.integration.matrix.table import TABLE, list_routes
from tests.log_lines import ALLOWED_TEXTS, MARK, parse_lines

FIELDS = ("photo", "decision", "state", "next", "error", "error_description", "iss", "login_hint", "logout_token", "q")
HEADERS = ("User-Agent", "Referer", "X-Request-ID", "X-Forwarded-For", "Accept-Language", "If-None-Match", "Origin")


def join_lines(text_parts: str) -> str:
    """What is left of words in a header, where servers let no end of a line through."""
    return "".join(text_parts.splitlines()).encode("utf-8").decode("latin-1")


@pytest.mark.parametrize("text_parts", ALLOWED_TEXTS.values(), ids=ALLOWED_TEXTS)
@pytest.mark.asvs("A58")
def test_hostile_text_in_urls_forms_and_headers(
    text_parts: str, directory: DirectoryFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    actor = directory.actor("admin")
    token, headers = actor.token(), dict.fromkeys(HEADERS, join_lines(text_parts))
    capsys.readouterr()
    for route in list_routes(directory.app):
        if route.rule == "/logout":
            continue
        for path in {
            actor.path(route),
            actor.path(route, **dict.fromkeys(route.arguments, quote(text_parts[:300], ""))),
        }:
            sent = dict.fromkeys(FIELDS, text_parts)
            where = {"form": {"csrf_token": token, **sent}} if route.is_unsafe else {"query_string": sent}
            response = actor.call(route.method, path, **where, headers=headers)
            assert response.status_code < 500, f"{route} {path}"
    actor.call("GET", f"/{quote(text_parts[:300])}", headers=headers)
    actor.call("GET", "/", headers={"Host": join_lines(text_parts[:100])})
    text = capsys.readouterr().out
    assert len([line for line in parse_lines(text) if line["message"] == "request.completed"]) > len(TABLE)
    assert MARK not in text, "what anonymous clients send is not logged"


@pytest.mark.parametrize("text_parts", ALLOWED_TEXTS.values(), ids=ALLOWED_TEXTS)
def test_hostile_text_of_a_sign_in(
    text_parts: str, directory: DirectoryFixture, identity: HostileProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    message = dict.fromkeys(("name", "given_name", "preferred_username", "locale", "sid", "acr"), text_parts)
    identity.person = message | {
        "sub": f"subject {text_parts}"[:200],
        "email": f"{text_parts[:20]}@example.com",
        "groups": [text_parts],
    }
    for email in (identity.person["email"], "fine@example.com"):
        identity.person["email"] = email
        actor = directory.actor("anonymous")
        back = identity.visit(actor.call("GET", "/login").headers["Location"])
        assert actor.call("GET", back).status_code < 500
        actor.call("GET", "/headshots")
    refused = {
        "error": text_parts,
        "error_description": text_parts,
        "error_uri": text_parts,
        "state": text_parts,
        "code": text_parts,
    }
    assert directory.actor("anonymous").call("GET", "/login/callback", query_string=refused).status_code == 400
    parse_lines(capsys.readouterr().out)


@pytest.mark.parametrize("text_parts", ALLOWED_TEXTS.values(), ids=ALLOWED_TEXTS)
def test_hostile_text_of_a_webhook(
    text_parts: str, directory: DirectoryFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    item = {"_id": "model-of-employee", "status": text_parts, "email": text_parts, "name": text_parts}
    body = json.dumps({"id": text_parts[:200], "event": text_parts, "objectType": text_parts, "object": item}).encode()
    client, now = directory.app.test_client(), directory.clock.now
    responses = [
        client.post("/webhooks/profilebakery", data=body, headers=headers, base_url=ADDRESS).status_code
        for headers in (
            sign_headers(body, now),
            [(name, join_lines(text_parts)) for name in ("X-ProfileBakery-Signature", "X-ProfileBakery-Timestamp")],
            [
                *sign_headers(body, now),
                ("User-Agent", join_lines(text_parts)),
                ("X-Request-ID", join_lines(text_parts)),
            ],
            [
                ("X-ProfileBakery-Signature", f"sha256={join_lines(text_parts)[:64]}"),
                ("X-ProfileBakery-Timestamp", "1"),
            ],
        )
    ]
    assert responses == [200, 401, 200, 401]
    text = capsys.readouterr().out
    assert {"request.completed", "webhook.rejected"} <= {line["message"] for line in parse_lines(text)}
    assert MARK not in text


@pytest.mark.parametrize("text_parts", ALLOWED_TEXTS.values(), ids=ALLOWED_TEXTS)
def test_unknown_status_stays_inside_its_line(
    text_parts: str, directory: DirectoryFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with directory.app.app_context(), transaction():
        shoot = shoots.find_by_provider_id("model-of-employee")
        assert shoot is not None
        later = directory.clock.now + timedelta(minutes=1)
        shoot_sync.apply_status(shoot, text_parts.replace("\x00", ""), at=later, by="check", now=later)
    (line,) = [line for line in parse_lines(capsys.readouterr().out) if line["logger"] == "portal.services.shoot_sync"]
    assert line["message"] == "shoot.status_unknown"
