"""Models over real HTTP: creating, listing, reading, deleting, and what each refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import requests


def parse_error(response: requests.Response) -> tuple[int, str]:
    notified = response.json()
    assert notified["success"] is False
    assert notified["error"]
    return response.status_code, notified["code"]


def test_create_returns_a_signed_url_that_opens_the_studio(api_client: Any) -> None:
    notified = api_client.api("POST", "/organization/models", json={"email": "Ann@Example.com"}).json()
    assert set(notified) == {"success", "modelId", "status", "signedUrl"}
    assert notified["success"] is True
    assert notified["status"] == "onboarding"
    assert notified["signedUrl"].startswith(f"{api_client.running.base_url}/auth/social?token=")
    assert notified["signedUrl"].endswith("&anonymous=1")
    assert requests.get(notified["signedUrl"], timeout=60).status_code == 200


def test_list_item_has_the_documented_fields(api_client: Any) -> None:
    model_id = api_client.create()
    model = api_client.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert set(model) == {
        "id", "uid", "email", "title", "status", "teamId", "teamName", "isDevelopment", "createdAt", "finishedAt",
    }  # fmt: skip
    assert len(model_id) == 24
    assert model["uid"].startswith("anon_")
    assert model["title"] is None
    assert model["finishedAt"] is None
    assert datetime.fromisoformat(model["createdAt"]).utcoffset() is not None
    assert api_client.api("GET", "/organization/models").json()["models"] == [model]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_api_call_without_key_is_refused(api_client: Any, header: dict[str, str]) -> None:
    response = api_client.api("POST", "/organization/models", json={"email": "a@b.ch"}, headers=header)
    assert parse_error(response) == (401, "UNAUTHORIZED")
    assert "X-RateLimit-Reset" in response.headers
    assert api_client.api("GET", "/organization/models").json()["models"] == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "INVALID_REQUEST"),
        (b"not json", "INVALID_REQUEST"),
        (b"[]", "INVALID_REQUEST"),
        (b"{}", "INVALID_REQUEST"),
        (b'{"email": 5}', "INVALID_REQUEST"),
        (b'{"email": "\\ud800@b.ch"}', "INVALID_REQUEST"),
        (b'{"email": "nobody"}', "INVALID_EMAIL"),
        (b'{"email": "a@b.ch", "isDevelopment": "yes"}', "INVALID_REQUEST"),
        (b'{"email": "a@b.ch", "version": "two-shot"}', "INVALID_REQUEST"),
    ],
)
def test_bad_bodies_are_refused_by_name(api_client: Any, body: bytes, expected: str) -> None:
    assert parse_error(api_client.api("POST", "/organization/models", data=body)) == (400, expected)


def test_unknown_team_and_unknown_model_are_not_found(api_client: Any) -> None:
    response = api_client.api("POST", "/organization/models", json={"email": "a@b.ch", "teamId": "team_no"})
    assert parse_error(response) == (404, "NOT_FOUND")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/photos"), ("GET", "/photos/favorite")):
        assert parse_error(api_client.api(method, f"/organization/models/none{path}")) == (404, "NOT_FOUND")


def test_paging_is_newest_first_and_bounded(api_client: Any) -> None:
    made = [api_client.create(f"p{number}@example.com") for number in range(5)]
    first = api_client.api("GET", "/organization/models?limit=2").json()
    last = api_client.api("GET", "/organization/models?limit=2&offset=4").json()
    assert [model["id"] for model in first["models"]] == [made[4], made[3]]
    assert first["pagination"] == {"total": 5, "limit": 2, "offset": 0, "hasMore": True}
    assert [model["id"] for model in last["models"]] == [made[0]]
    assert last["pagination"]["hasMore"] is False
    assert api_client.api("GET", "/organization/models?limit=999").json()["pagination"]["limit"] == 200
    assert api_client.api("GET", "/organization/models?offset=50").json()["models"] == []
    for query in ("limit=0", "limit=x", "offset=-1", "offset=1.5", "status=nonsense"):
        assert parse_error(api_client.api("GET", f"/organization/models?{query}")) == (400, "INVALID_REQUEST")


def test_filters_by_status_and_team(api_client: Any) -> None:
    team = api_client.api("POST", "/organization/teams", json={"name": "Blue"}).json()["organization"]["teams"][0]["id"]
    blue = api_client.create("blue@example.com", teamId=team)
    waiting = api_client.create("waiting@example.com")
    api_client.control("POST", f"/models/{waiting}/complete")
    by_team = api_client.api("GET", f"/organization/models?teamId={team}").json()["models"]
    assert [(model["id"], model["teamName"]) for model in by_team] == [(blue, "Blue")]
    by_status = api_client.api("GET", "/organization/models?status=waiting").json()["models"]
    assert [model["id"] for model in by_status] == [waiting]


def test_delete_is_final_and_only_once(api_client: Any) -> None:
    model_id = api_client.finish()
    notified = api_client.api("DELETE", f"/organization/models/{model_id}").json()
    assert notified == {"success": True, "message": "Model deleted", "modelId": model_id}
    assert parse_error(api_client.api("DELETE", f"/organization/models/{model_id}")) == (400, "ALREADY_DELETED")
    assert parse_error(api_client.api("GET", f"/organization/models/{model_id}")) == (404, "NOT_FOUND")
    assert parse_error(api_client.api("GET", f"/organization/models/{model_id}/photos")) == (404, "NOT_FOUND")
    assert api_client.api("GET", "/organization/models").json()["models"] == []
    gone = api_client.api("GET", "/organization/models?status=deleted").json()["models"]
    assert [(model["id"], model["status"]) for model in gone] == [(model_id, "deleted")]
    api_client.switch(deleted_models="visible")
    assert api_client.api("GET", f"/organization/models/{model_id}").json()["model"]["status"] == "deleted"


def test_second_create_for_an_address_follows_the_switch(api_client: Any) -> None:
    first = api_client.api("POST", "/organization/models", json={"email": "Ann@Example.com"}).json()
    again = {"email": " ann@example.COM "}
    response = api_client.api("POST", "/organization/models", json=again)
    assert parse_error(response) == (400, "ALREADY_EXISTS")
    assert response.json()["error"].startswith("A user with this email already exists.")
    api_client.switch(duplicate_email="reuse")
    reused = api_client.api("POST", "/organization/models", json=again).json()
    assert reused["modelId"] == first["modelId"]
    assert reused["signedUrl"] != first["signedUrl"]
    assert requests.get(first["signedUrl"], timeout=60).status_code in (401, 403, 404, 410)
    api_client.switch(duplicate_email="new")
    assert api_client.create("ann@example.com") != first["modelId"]
    api_client.switch(duplicate_email="refuse", taken_emails=["private@example.com"])
    taken = api_client.api("POST", "/organization/models", json={"email": "private@example.com"})
    assert parse_error(taken) == (400, "ALREADY_EXISTS")


def test_after_a_delete_the_address_stays_taken_unless_switched(api_client: Any) -> None:
    model_id = api_client.create()
    api_client.api("DELETE", f"/organization/models/{model_id}")
    response = api_client.api("POST", "/organization/models", json={"email": "ann@example.com"})
    assert parse_error(response) == (400, "ALREADY_EXISTS")
    api_client.switch(duplicate_after_delete="allow")
    assert api_client.create() != model_id


def test_whitelabel_off_and_empty_balance_refuse(api_client: Any) -> None:
    api_client.switch(whitelabel=False)
    response = api_client.api("POST", "/organization/models", json={"email": "a@b.ch"})
    assert parse_error(response) == (403, "FORBIDDEN")
    api_client.switch(whitelabel=True, credits=0)
    response = api_client.api("POST", "/organization/models", json={"email": "a@b.ch"})
    assert parse_error(response) == (402, "INSUFFICIENT_CREDITS")
    assert api_client.create("dev@example.com", isDevelopment=True)
    api_client.switch(create_needs_credit=False)
    assert api_client.create("a@b.ch")


def test_credits_are_taken_when_onboarding_is_completed(api_client: Any) -> None:
    def balance() -> float:
        found: float = api_client.api("GET", "/organization/credits").json()["credits"]
        return found

    api_client.switch(credits=2)
    model_id = api_client.create()
    development = api_client.create("dev@example.com", isDevelopment=True)
    assert balance() == 2
    api_client.control("POST", f"/models/{model_id}/complete")
    api_client.control("POST", f"/models/{development}/complete")
    assert balance() == 1
    api_client.switch(shoot_cost=0.25)
    api_client.control("POST", f"/models/{api_client.create('lite@example.com')}/complete")
    assert balance() == 0.75


def test_envelope_and_spelling_follow_their_switches(api_client: Any) -> None:
    model_id = api_client.create()
    api_client.control("POST", f"/models/{model_id}/advance", {"to": "generatingHeadshots"})
    api_client.switch(envelope="data", generating_spelling="generating")
    notified = api_client.api("GET", f"/organization/models/{model_id}").json()
    assert set(notified) == {"success", "data"}
    assert notified["data"]["model"]["status"] == "generating"
    for spelling in ("generating", "generatingHeadshots"):
        found = api_client.api("GET", f"/organization/models?status={spelling}").json()["data"]["models"]
        assert [model["id"] for model in found] == [model_id]


def test_unknown_paths_and_methods_respond_with_json(api_client: Any) -> None:
    assert parse_error(api_client.api("GET", "/nothing")) == (404, "NOT_FOUND")
    wrong = api_client.api("PATCH", "/organization/models")
    assert wrong.status_code == 405
    assert set(wrong.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_windows_end_on_the_minute_and_refuse_beyond_the_limit(api_client: Any) -> None:
    api_client.switch(rate_limit=3, rate_window_seconds=3600)
    responses = [api_client.api("GET", "/organization/credits") for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert parse_error(responses[3]) == (429, "RATE_LIMIT_EXCEEDED")
    assert [response.headers["X-RateLimit-Remaining"] for response in responses] == ["2", "1", "0", "0"]
    assert "Retry-After" not in responses[3].headers
    api_client.switch(rate_limit=300, rate_window_seconds=60)
    headers = api_client.api("GET", "/organization").headers
    reset = datetime.fromisoformat(headers["X-RateLimit-Reset"])
    assert (reset.second, reset.microsecond) == (0, 0)
    assert headers["X-RateLimit-Reset"].endswith(".000Z")
    assert headers["X-RateLimit-Limit"] == "300"
