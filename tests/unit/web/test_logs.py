"""Logs: one line of JSON each, a line for each request, and nothing private in any of them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from portal.web.observability.logs import JsonLines, configure_logging, redact_text

CANARY = "canary-4f1c9d"
PRIVATE = [
    "somebody.private@company.example",
    f"https://studio.example/s/abc?token={CANARY}",
    f"GET /login/callback?code={CANARY}&state={CANARY}",
    f"code_verifier={CANARY}",
    f"'code_verifier': '{CANARY}'",
    f'{{"access_token": "{CANARY}"}}',
    f"Authorization: Bearer {CANARY}",
    "Basic cG9ydGFsOnRlc3Qtb2lkYy1zZWNyZXQ=",
    "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
    f"cookie: portal_session={CANARY}",
    f"logout_token={CANARY}&x=y",
    f"X-Api-Key: {CANARY}",
    "the secret is the-configured-secret, they say",
    f"login_hint={CANARY}",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_private_values_are_cut_out(text: str) -> None:
    clean = redact_text(text, ("the-configured-secret",))
    for trace in (CANARY, "somebody", "cG9ydGFs", "eyJ", "the-configured-secret"):
        assert trace not in clean


@pytest.mark.parametrize(
    "text", ["worker started", "GET /headshots/status 200 in 3.5 ms", "state: ready, code: 200", "key error"]
)
def test_plain_text_stays(text: str) -> None:
    assert redact_text(text) == text


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    configure_logging(("the-configured-secret",))
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    configure_logging(())


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", 'a"},{"x', "\x1b[31mred", "\x00", "\u2028", "\ud800"])
def test_no_input_begins_a_line_of_its_own(text: str, lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger("x").warning("said %s", text, extra={"detail": text})
    (line,) = lines()
    assert line["message"].startswith("said ")
    assert line["level"] == "warning"


def test_extra_values_are_kept_unless_private(lines: Callable[[], list[dict[str, Any]]]) -> None:
    extra = {"tries": 3, "ok": True, "email": "x", "token": "y", "error": "Boom", "none": None, "ms": 1.5}
    logging.getLogger("x").info("job", extra=extra)
    (line,) = lines()
    assert (line["tries"], line["ok"], line["error"], line["none"], line["ms"]) == (3, True, "Boom", None, 1.5)
    assert line["email"] == line["token"] == "[hidden]"


def test_traces_are_cut_too(lines: Callable[[], list[dict[str, Any]]]) -> None:
    error = ValueError("somebody@company.example the-configured-secret")
    logging.getLogger("x").error("failed", exc_info=error)
    (line,) = lines()
    assert "ValueError" in line["trace"]
    assert "somebody" not in line["trace"]
    assert "the-configured-secret" not in line["trace"]


def test_request_line_has_the_template_not_the_path(app: Flask, lines: Callable[[], list[dict[str, Any]]]) -> None:
    client = app.test_client()
    response = client.get("/icons/somebody.svg?email=a@b.example", headers={"User-Agent": "agent-canary"})
    (line,) = [line for line in lines() if line["message"] == "request.completed"]
    assert line["route"] == "/icons/<name>.svg"
    assert line["status"] == 404
    assert line["method"] == "GET"
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert line["ms"] >= 0
    assert "somebody" not in json.dumps(line)
    assert "canary" not in json.dumps(line)


def test_address_that_does_not_exist_is_not_repeated(app: Flask, lines: Callable[[], list[dict[str, Any]]]) -> None:
    app.test_client().open("/somebody@company.example", method="ODD")
    (line,) = [line for line in lines() if line["message"] == "request.completed"]
    assert (line["route"], line["method"]) == ("none", "other")


@pytest.mark.parametrize("name", ["authlib.oauth2.client", "urllib3.connectionpool"])
def test_verbose_libraries_are_muted(name: str, lines: Callable[[], list[dict[str, Any]]]) -> None:
    logging.getLogger(name).debug("code_verifier=%s", CANARY)
    logging.getLogger(name).info("GET /?code=%s", CANARY)
    assert lines() == []


def test_configuring_twice_writes_once(lines: Callable[[], list[dict[str, Any]]]) -> None:
    configure_logging(())
    configure_logging(())
    logging.getLogger("x").info("once")
    assert len(lines()) == 1


def test_short_secrets_are_not_redacted_from_text() -> None:
    formatter = JsonLines(("a", ""))
    record = logging.makeLogRecord({"msg": "a plain banana", "levelname": "INFO"})
    assert json.loads(formatter.format(record))["message"] == "a plain banana"
