"""Planned faults of API calls as a client meets them, and what is counted."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

MODELS = "/api/v2/organization/models"


def plan_fault(api_client: Any, fault: str, **more: Any) -> None:
    api_client.control("POST", "/faults", {"on": "api", "fault": fault, **more})


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
def test_refusals_are_logged_once_and_nothing_happens(api_client: Any, fault: str, status: int, code: str) -> None:
    plan_fault(api_client, fault, method="POST", path=MODELS)
    response = api_client.api("POST", "/organization/models", json={"email": "a@b.ch"})
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json()["success"] is False
    assert "X-RateLimit-Reset" in response.headers
    assert api_client.api("GET", "/organization/models").json()["models"] == []
    assert api_client.create("a@b.ch")
    assert api_client.control("GET", "/faults")["faults"] == []


def test_responses_that_are_no_json(api_client: Any) -> None:
    plan_fault(api_client, "bad_gateway")
    response = api_client.api("GET", "/organization")
    assert (response.status_code, response.headers["Content-Type"]) == (502, "text/html")
    plan_fault(api_client, "malformed")
    with pytest.raises(requests.JSONDecodeError):
        api_client.api("GET", "/organization").json()
    plan_fault(api_client, "redirect", location="http://127.0.0.1:9/elsewhere")
    response = api_client.api("GET", "/organization", allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_broken_connections(api_client: Any) -> None:
    plan_fault(api_client, "refuse")
    with pytest.raises(requests.ConnectionError):
        api_client.api("GET", "/organization")
    plan_fault(api_client, "short_body")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api_client.api("GET", "/organization")
    plan_fault(api_client, "hang", seconds=3)
    with pytest.raises(requests.ConnectionError, match="timed out"):
        requests.get(f"{api_client.running.api_url}/organization", headers=api_client.headers, timeout=0.5)
    assert api_client.api("GET", "/organization").ok


def test_delay_holds_the_response_back(api_client: Any) -> None:
    plan_fault(api_client, "delay", seconds=0.5)
    started = time.monotonic()
    assert api_client.api("GET", "/organization").ok
    assert time.monotonic() - started >= 0.5


def test_huge_responses_are_whole(api_client: Any) -> None:
    plan_fault(api_client, "huge")
    assert len(api_client.api("GET", "/organization").content) == 50_000_000


def test_lost_response_acts_and_then_drops_the_connection(api_client: Any, receiver: Any) -> None:
    plan_fault(api_client, "lost_answer", method="POST", path=MODELS)
    with pytest.raises(requests.ConnectionError):
        api_client.api("POST", "/organization/models", json={"email": "a@b.ch"})
    found = api_client.api("GET", "/organization/models").json()["models"]
    assert [model["email"] for model in found] == ["a@b.ch"]
    assert receiver.wait(1)[0].payload["object"]["_id"] == found[0]["id"]


def test_rules_match_by_template_count_and_probability(api_client: Any) -> None:
    model_id = api_client.create()
    plan_fault(api_client, "server_error", method="get", path="/api/v2/organization/models/:modelId", count=2)
    plan_fault(api_client, "server_error", path="*", probability=0)
    assert api_client.api("GET", "/organization/models").ok
    statuses = [api_client.api("GET", f"/organization/models/{model_id}").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    api_client.control("DELETE", "/faults")
    plan_fault(api_client, "server_error", count=None)
    assert [api_client.api("GET", "/organization").status_code for _ in range(3)] == [500] * 3
    api_client.control("DELETE", f"/faults/{api_client.control('GET', '/faults')['faults'][0]['id']}")
    assert api_client.api("GET", "/organization").ok


def test_photo_download_faults_are_applied(api_client: Any) -> None:
    model_id = api_client.finish()
    url = api_client.api("GET", f"/organization/models/{model_id}/photos").json()["photos"][0]["urls"]["main"]
    plan_fault(api_client, "server_error", path="/photos/*")
    assert requests.get(url, timeout=60).status_code == 500
    assert requests.get(url, timeout=60).status_code == 200


@pytest.mark.parametrize(
    "rule",
    [{}, {"on": "api"}, {"on": "api", "fault": "drop"}, {"on": "api", "fault": "delay", "count": 0}, {"on": "x"}],
)
def test_invalid_fault_rules_are_refused(api_client: Any, rule: dict[str, Any]) -> None:
    response = requests.post(f"{api_client.running.control_url}/faults", json=rule, timeout=60)
    assert response.status_code == 400
    assert response.json()["error"]


def test_calls_are_counted_by_template_status_and_minute(api_client: Any) -> None:
    api_client.control("DELETE", "/requests")
    model_id = api_client.create()
    api_client.api("GET", f"/organization/models/{model_id}")
    api_client.api("GET", f"/organization/models/{model_id}")
    api_client.api("GET", "/organization", headers={})
    counts = api_client.control("GET", "/requests")
    assert counts["total"] == 4
    assert counts["by_template"] == {
        "POST /api/v2/organization/models": 1,
        "GET /api/v2/organization/models/:modelId": 2,
        "GET /api/v2/organization": 1,
    }
    assert counts["by_status"] == {"200": 3, "401": 1}
    assert counts["most_in_any_minute"] == 4
    assert sum(counts["by_minute"].values()) == 4


def test_malformed_responses(api_client: Any) -> None:
    model_id = api_client.create()
    plan_fault(api_client, "unknown_status")
    model = api_client.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert (model["status"], model["email"]) == ("underReview", "ann@example.com")
    right = api_client.api("GET", f"/organization/models/{model_id}").json()
    plan_fault(api_client, "mangled", count=20)
    bent = [api_client.api("GET", f"/organization/models/{model_id}").json() for _ in range(20)]
    assert all(each != right for each in bent)
    assert api_client.api("GET", f"/organization/models/{model_id}").json() == right


def test_slow_body_fault_never_completes(api_client: Any) -> None:
    plan_fault(api_client, "drip", seconds=1)
    started = time.monotonic()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        api_client.api("GET", "/organization")
    assert time.monotonic() - started >= 0.9


def test_photo_url_may_return_no_image(api_client: Any) -> None:
    model_id = api_client.finish()
    url = api_client.api("GET", f"/organization/models/{model_id}/photos").json()["photos"][0]["urls"]["main"]
    plan_fault(api_client, "malformed", path="/photos/*")
    response = requests.get(url, timeout=60)
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.content.startswith(b"{")
