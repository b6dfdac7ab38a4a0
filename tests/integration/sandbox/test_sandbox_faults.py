"""Planned faults of API calls as a client meets them, and what is counted."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

MODELS = "/api/v2/organization/models"


def plan(caller: Any, fault: str, **more: Any) -> None:
    caller.control("POST", "/faults", {"on": "api", "fault": fault, **more})


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("rate_limited", 429, "RATE_LIMIT_EXCEEDED"),
        ("invite_limited", 429, "INVITE_LIMIT_EXCEEDED"),
        ("no_credits", 402, "INSUFFICIENT_CREDITS"),
        ("server_error", 500, "INTERNAL_ERROR"),
        ("success_false", 200, "INVALID_REQUEST"),
    ],
)
def test_refusals_come_once_and_nothing_happens(caller: Any, fault: str, status: int, code: str) -> None:
    plan(caller, fault, method="POST", path=MODELS)
    answer = caller.api("POST", "/organization/models", json={"email": "a@b.ch"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["success"] is False
    assert "X-RateLimit-Reset" in answer.headers
    assert caller.api("GET", "/organization/models").json()["models"] == []
    assert caller.create("a@b.ch")
    assert caller.control("GET", "/faults")["faults"] == []


def test_answers_that_are_no_json(caller: Any) -> None:
    plan(caller, "bad_gateway")
    answer = caller.api("GET", "/organization")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    plan(caller, "malformed")
    with pytest.raises(requests.JSONDecodeError):
        caller.api("GET", "/organization").json()
    plan(caller, "redirect", location="http://127.0.0.1:9/elsewhere")
    answer = caller.api("GET", "/organization", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_broken_connections(caller: Any) -> None:
    plan(caller, "refuse")
    with pytest.raises(requests.ConnectionError):
        caller.api("GET", "/organization")
    plan(caller, "short_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.api("GET", "/organization")
    plan(caller, "hang", seconds=3)
    with pytest.raises(requests.ConnectionError, match="timed out"):
        requests.get(f"{caller.running.api_url}/organization", headers=caller.headers, timeout=0.5)
    assert caller.api("GET", "/organization").ok


def test_delay_holds_the_answer_back(caller: Any) -> None:
    plan(caller, "delay", seconds=0.5)
    begun = time.monotonic()
    assert caller.api("GET", "/organization").ok
    assert time.monotonic() - begun >= 0.5


def test_huge_answers_are_whole(caller: Any) -> None:
    plan(caller, "huge")
    assert len(caller.api("GET", "/organization").content) == 50_000_000


def test_lost_answer_acts_and_then_drops_the_connection(caller: Any, receiver: Any) -> None:
    plan(caller, "lost_answer", method="POST", path=MODELS)
    with pytest.raises(requests.ConnectionError):
        caller.api("POST", "/organization/models", json={"email": "a@b.ch"})
    found = caller.api("GET", "/organization/models").json()["models"]
    assert [model["email"] for model in found] == ["a@b.ch"]
    assert receiver.wait(1)[0].told["object"]["_id"] == found[0]["id"]


def test_rules_match_by_template_count_and_probability(caller: Any) -> None:
    model_id = caller.create()
    plan(caller, "server_error", method="get", path="/api/v2/organization/models/:modelId", count=2)
    plan(caller, "server_error", path="*", probability=0)
    assert caller.api("GET", "/organization/models").ok
    statuses = [caller.api("GET", f"/organization/models/{model_id}").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    caller.control("DELETE", "/faults")
    plan(caller, "server_error", count=None)
    assert [caller.api("GET", "/organization").status_code for _ in range(3)] == [500] * 3
    caller.control("DELETE", f"/faults/{caller.control('GET', '/faults')['faults'][0]['id']}")
    assert caller.api("GET", "/organization").ok


def test_photo_downloads_break_too(caller: Any) -> None:
    model_id = caller.finish()
    url = caller.api("GET", f"/organization/models/{model_id}/photos").json()["photos"][0]["urls"]["main"]
    plan(caller, "server_error", path="/photos/*")
    assert requests.get(url, timeout=10).status_code == 500
    assert requests.get(url, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "rule",
    [{}, {"on": "api"}, {"on": "api", "fault": "drop"}, {"on": "api", "fault": "delay", "count": 0}, {"on": "x"}],
)
def test_rules_that_make_no_sense_are_refused(caller: Any, rule: dict[str, Any]) -> None:
    answer = requests.post(f"{caller.running.control_url}/faults", json=rule, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_calls_are_counted_by_template_status_and_minute(caller: Any) -> None:
    caller.control("DELETE", "/requests")
    model_id = caller.create()
    caller.api("GET", f"/organization/models/{model_id}")
    caller.api("GET", f"/organization/models/{model_id}")
    caller.api("GET", "/organization", headers={})
    counts = caller.control("GET", "/requests")
    assert counts["total"] == 4
    assert counts["by_template"] == {
        "POST /api/v2/organization/models": 1,
        "GET /api/v2/organization/models/:modelId": 2,
        "GET /api/v2/organization": 1,
    }
    assert counts["by_status"] == {"200": 3, "401": 1}
    assert counts["most_in_any_minute"] == 4
    assert sum(counts["by_minute"].values()) == 4


def test_answers_that_are_bent(caller: Any) -> None:
    model_id = caller.create()
    plan(caller, "unknown_status")
    model = caller.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert (model["status"], model["email"]) == ("underReview", "ann@example.com")
    right = caller.api("GET", f"/organization/models/{model_id}").json()
    plan(caller, "mangled", count=20)
    bent = [caller.api("GET", f"/organization/models/{model_id}").json() for _ in range(20)]
    assert all(each != right for each in bent)
    assert caller.api("GET", f"/organization/models/{model_id}").json() == right


def test_slow_body_fault_never_completes(caller: Any) -> None:
    plan(caller, "drip", seconds=1)
    begun = time.monotonic()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.api("GET", "/organization")
    assert time.monotonic() - begun >= 0.9


def test_photo_url_may_return_no_image(caller: Any) -> None:
    model_id = caller.finish()
    url = caller.api("GET", f"/organization/models/{model_id}/photos").json()["photos"][0]["urls"]["main"]
    plan(caller, "malformed", path="/photos/*")
    answer = requests.get(url, timeout=10)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.content.startswith(b"{")
