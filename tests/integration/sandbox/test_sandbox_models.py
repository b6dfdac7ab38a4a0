"""Models over real HTTP: creating, listing, reading, deleting, and what each refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import requests


def code(answer: requests.Response) -> tuple[int, str]:
    told = answer.json()
    assert told["success"] is False
    assert told["error"]
    return answer.status_code, told["code"]


def test_create_answers_with_a_signed_url_that_opens_the_studio(caller: Any) -> None:
    told = caller.api("POST", "/organization/models", json={"email": "Ann@Example.com"}).json()
    assert set(told) == {"success", "modelId", "status", "signedUrl"}
    assert told["success"] is True
    assert told["status"] == "onboarding"
    assert told["signedUrl"].startswith(f"{caller.running.base_url}/auth/social?token=")
    assert told["signedUrl"].endswith("&anonymous=1")
    assert requests.get(told["signedUrl"], timeout=10).status_code == 200


def test_list_item_has_the_documented_fields(caller: Any) -> None:
    model_id = caller.create()
    model = caller.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert set(model) == {
        "id", "uid", "email", "title", "status", "teamId", "teamName", "isDevelopment", "createdAt", "finishedAt",
    }  # fmt: skip
    assert len(model_id) == 24
    assert model["uid"].startswith("anon_")
    assert model["title"] is None
    assert model["finishedAt"] is None
    assert datetime.fromisoformat(model["createdAt"]).utcoffset() is not None
    assert caller.api("GET", "/organization/models").json()["models"] == [model]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
def test_api_call_without_key_is_refused(caller: Any, header: dict[str, str]) -> None:
    answer = caller.api("POST", "/organization/models", json={"email": "a@b.ch"}, headers=header)
    assert code(answer) == (401, "UNAUTHORIZED")
    assert "X-RateLimit-Reset" in answer.headers
    assert caller.api("GET", "/organization/models").json()["models"] == []


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
def test_bad_bodies_are_refused_by_name(caller: Any, body: bytes, expected: str) -> None:
    assert code(caller.api("POST", "/organization/models", data=body)) == (400, expected)


def test_unknown_team_and_unknown_model_are_not_found(caller: Any) -> None:
    answer = caller.api("POST", "/organization/models", json={"email": "a@b.ch", "teamId": "team_no"})
    assert code(answer) == (404, "NOT_FOUND")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/photos"), ("GET", "/photos/favorite")):
        assert code(caller.api(method, f"/organization/models/none{path}")) == (404, "NOT_FOUND")


def test_paging_is_newest_first_and_bounded(caller: Any) -> None:
    made = [caller.create(f"p{number}@example.com") for number in range(5)]
    first = caller.api("GET", "/organization/models?limit=2").json()
    last = caller.api("GET", "/organization/models?limit=2&offset=4").json()
    assert [model["id"] for model in first["models"]] == [made[4], made[3]]
    assert first["pagination"] == {"total": 5, "limit": 2, "offset": 0, "hasMore": True}
    assert [model["id"] for model in last["models"]] == [made[0]]
    assert last["pagination"]["hasMore"] is False
    assert caller.api("GET", "/organization/models?limit=999").json()["pagination"]["limit"] == 200
    assert caller.api("GET", "/organization/models?offset=50").json()["models"] == []
    for query in ("limit=0", "limit=x", "offset=-1", "offset=1.5", "status=nonsense"):
        assert code(caller.api("GET", f"/organization/models?{query}")) == (400, "INVALID_REQUEST")


def test_filters_by_status_and_team(caller: Any) -> None:
    team = caller.api("POST", "/organization/teams", json={"name": "Blue"}).json()["organization"]["teams"][0]["id"]
    blue = caller.create("blue@example.com", teamId=team)
    waiting = caller.create("waiting@example.com")
    caller.control("POST", f"/models/{waiting}/complete")
    by_team = caller.api("GET", f"/organization/models?teamId={team}").json()["models"]
    assert [(model["id"], model["teamName"]) for model in by_team] == [(blue, "Blue")]
    by_status = caller.api("GET", "/organization/models?status=waiting").json()["models"]
    assert [model["id"] for model in by_status] == [waiting]


def test_delete_is_final_and_only_once(caller: Any) -> None:
    model_id = caller.finish()
    told = caller.api("DELETE", f"/organization/models/{model_id}").json()
    assert told == {"success": True, "message": "Model deleted", "modelId": model_id}
    assert code(caller.api("DELETE", f"/organization/models/{model_id}")) == (400, "ALREADY_DELETED")
    assert code(caller.api("GET", f"/organization/models/{model_id}")) == (404, "NOT_FOUND")
    assert code(caller.api("GET", f"/organization/models/{model_id}/photos")) == (404, "NOT_FOUND")
    assert caller.api("GET", "/organization/models").json()["models"] == []
    gone = caller.api("GET", "/organization/models?status=deleted").json()["models"]
    assert [(model["id"], model["status"]) for model in gone] == [(model_id, "deleted")]
    caller.switch(deleted_models="visible")
    assert caller.api("GET", f"/organization/models/{model_id}").json()["model"]["status"] == "deleted"


def test_second_create_for_an_address_follows_the_switch(caller: Any) -> None:
    first = caller.api("POST", "/organization/models", json={"email": "Ann@Example.com"}).json()
    again = {"email": " ann@example.COM "}
    answer = caller.api("POST", "/organization/models", json=again)
    assert code(answer) == (400, "ALREADY_EXISTS")
    assert answer.json()["error"].startswith("A user with this email already exists.")
    caller.switch(duplicate_email="reuse")
    reused = caller.api("POST", "/organization/models", json=again).json()
    assert reused["modelId"] == first["modelId"]
    assert reused["signedUrl"] != first["signedUrl"]
    assert requests.get(first["signedUrl"], timeout=10).status_code in (401, 403, 404, 410)
    caller.switch(duplicate_email="new")
    assert caller.create("ann@example.com") != first["modelId"]
    caller.switch(duplicate_email="refuse", taken_emails=["private@example.com"])
    taken = caller.api("POST", "/organization/models", json={"email": "private@example.com"})
    assert code(taken) == (400, "ALREADY_EXISTS")


def test_after_a_delete_the_address_stays_taken_unless_switched(caller: Any) -> None:
    model_id = caller.create()
    caller.api("DELETE", f"/organization/models/{model_id}")
    answer = caller.api("POST", "/organization/models", json={"email": "ann@example.com"})
    assert code(answer) == (400, "ALREADY_EXISTS")
    caller.switch(duplicate_after_delete="allow")
    assert caller.create() != model_id


def test_whitelabel_off_and_empty_balance_refuse(caller: Any) -> None:
    caller.switch(whitelabel=False)
    answer = caller.api("POST", "/organization/models", json={"email": "a@b.ch"})
    assert code(answer) == (403, "FORBIDDEN")
    caller.switch(whitelabel=True, credits=0)
    answer = caller.api("POST", "/organization/models", json={"email": "a@b.ch"})
    assert code(answer) == (402, "INSUFFICIENT_CREDITS")
    assert caller.create("dev@example.com", isDevelopment=True)
    caller.switch(create_needs_credit=False)
    assert caller.create("a@b.ch")


def test_credits_are_taken_when_onboarding_is_completed(caller: Any) -> None:
    def balance() -> float:
        found: float = caller.api("GET", "/organization/credits").json()["credits"]
        return found

    caller.switch(credits=2)
    model_id = caller.create()
    development = caller.create("dev@example.com", isDevelopment=True)
    assert balance() == 2
    caller.control("POST", f"/models/{model_id}/complete")
    caller.control("POST", f"/models/{development}/complete")
    assert balance() == 1
    caller.switch(shoot_cost=0.25)
    caller.control("POST", f"/models/{caller.create('lite@example.com')}/complete")
    assert balance() == 0.75


def test_envelope_and_spelling_follow_their_switches(caller: Any) -> None:
    model_id = caller.create()
    caller.control("POST", f"/models/{model_id}/advance", {"to": "generatingHeadshots"})
    caller.switch(envelope="data", generating_spelling="generating")
    told = caller.api("GET", f"/organization/models/{model_id}").json()
    assert set(told) == {"success", "data"}
    assert told["data"]["model"]["status"] == "generating"
    for spelling in ("generating", "generatingHeadshots"):
        found = caller.api("GET", f"/organization/models?status={spelling}").json()["data"]["models"]
        assert [model["id"] for model in found] == [model_id]


def test_unknown_paths_and_methods_answer_in_json(caller: Any) -> None:
    assert code(caller.api("GET", "/nothing")) == (404, "NOT_FOUND")
    wrong = caller.api("PATCH", "/organization/models")
    assert wrong.status_code == 405
    assert set(wrong.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_windows_end_on_the_minute_and_refuse_beyond_the_limit(caller: Any) -> None:
    caller.switch(rate_limit=3, rate_window_seconds=3600)
    answers = [caller.api("GET", "/organization/credits") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert code(answers[3]) == (429, "RATE_LIMIT_EXCEEDED")
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert "Retry-After" not in answers[3].headers
    caller.switch(rate_limit=300, rate_window_seconds=60)
    headers = caller.api("GET", "/organization").headers
    reset = datetime.fromisoformat(headers["X-RateLimit-Reset"])
    assert (reset.second, reset.microsecond) == (0, 0)
    assert headers["X-RateLimit-Reset"].endswith(".000Z")
    assert headers["X-RateLimit-Limit"] == "300"
