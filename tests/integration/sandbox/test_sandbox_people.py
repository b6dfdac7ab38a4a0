"""Invites, teams, members and the legacy API over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import requests


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def invite(caller: Any, email: str, **more: Any) -> requests.Response:
    answer: requests.Response = caller.api("POST", "/organization/invites", json={"email": email, **more})
    return answer


def make_team(caller: Any, name: str) -> str:
    teams = caller.api("POST", "/organization/teams", json={"name": name}).json()["organization"]["teams"]
    team_id: str = next(team["id"] for team in teams if team["name"] == name.strip())
    return team_id


def test_an_invite_is_echoed_listed_and_looked_up(caller: Any) -> None:
    team_id = make_team(caller, "Blue")
    told = invite(caller, "ann+1@example.com", teamId=team_id).json()
    assert told["input"] == {"email": "ann+1@example.com"}
    assert told["message"] == "Invite sent"
    assert told["link"].endswith(f"/auth/signup?invite={told['id']}")
    assert told["teamId"] == team_id
    assert "teamId" not in invite(caller, "bob@example.com").json()
    bob, ann = caller.api("GET", "/organization/invites").json()["invites"]
    assert ann == caller.api("GET", "/organization/invites/ann%2B1%40example.com").json()["invite"]
    assert (ann["status"], ann["teamId"], ann["teamName"]) == ("pending", team_id, "Blue")
    assert "modelId" not in ann
    assert (bob["teamId"], bob["teamName"]) == (None, None)
    assert code(caller.api("GET", "/organization/invites/nobody@example.com")) == (404, "NOT_FOUND")
    assert caller.api("GET", "/organization/credits").json()["credits"] == 100


def test_bad_and_double_invites_are_refused(caller: Any) -> None:
    assert code(invite(caller, "nobody")) == (400, "INVALID_EMAIL")
    assert code(caller.api("POST", "/organization/invites", json={})) == (400, "INVALID_REQUEST")
    assert invite(caller, "ann@example.com").ok
    assert code(invite(caller, "ANN@example.com")) == (400, "ALREADY_EXISTS")
    revoke = caller.api("POST", "/organization/invites/revoke", json={"email": "ann@example.com"})
    assert revoke.json() == {"success": True, "message": "Invite revoked", "input": {"email": "ann@example.com"}}
    again = caller.api("POST", "/organization/invites/revoke", json={"email": "ann@example.com"})
    assert code(again) == (400, "INVALID_REQUEST")
    assert invite(caller, "ann@example.com").ok
    unknown = caller.api("POST", "/organization/invites/revoke", json={"email": "x@example.com"})
    assert code(unknown) == (404, "NOT_FOUND")


def test_the_cap_is_two_invites_a_credit_until_completed(caller: Any) -> None:
    caller.switch(credits=2)
    for number in range(4):
        assert invite(caller, f"p{number}@example.com").ok
    assert code(invite(caller, "p5@example.com")) == (429, "INVITE_LIMIT_EXCEEDED")
    caller.api("POST", "/organization/invites/revoke", json={"email": "p0@example.com"})
    assert invite(caller, "p5@example.com").ok
    accepted = caller.control("POST", "/invites/p1@example.com/accept")["id"]
    assert code(invite(caller, "p6@example.com")) == (429, "INVITE_LIMIT_EXCEEDED")
    caller.control("POST", f"/models/{accepted}/advance")
    caller.switch(credits=2)
    assert invite(caller, "p6@example.com").ok
    caller.switch(credits=0)
    assert code(invite(caller, "p7@example.com")) == (402, "INSUFFICIENT_CREDITS")


def test_an_expired_invite_still_counts_as_duplicate_unless_switched(caller: Any) -> None:
    link = invite(caller, "ann@example.com").json()["link"]
    caller.control("POST", "/clock", {"advance_seconds": 30 * 86400 + 1})
    assert requests.post(link.split("?")[0], data={"invite": link.split("=")[1]}, timeout=10).status_code == 410
    assert code(invite(caller, "ann@example.com")) == (400, "ALREADY_EXISTS")
    caller.switch(expired_invites="resend")
    assert invite(caller, "ann@example.com").ok


def test_following_the_link_begins_a_session_and_moves_the_status(caller: Any, receiver: Any) -> None:
    link = invite(caller, "ann@example.com").json()["link"]
    assert "Accept and begin" in requests.get(link, timeout=10).text
    answer = requests.post(link.split("?")[0], data={"invite": link.split("=")[1]}, timeout=10, allow_redirects=False)
    assert answer.status_code == 303
    assert "/auth/social?token=" in answer.headers["Location"]
    created = receiver.wait(1)[0].told
    assert created["event"] == "model.created"
    assert created["object"]["inviteExpiresAt"] is not None
    model_id = created["object"]["_id"]

    def status() -> str:
        found = caller.api("GET", "/organization/invites/ann@example.com").json()["invite"]
        assert found["modelId"] == model_id
        text: str = found["status"]
        return text

    seen = [status()]
    caller.control("POST", f"/models/{model_id}/complete")
    seen.append(status())
    caller.control("POST", f"/models/{model_id}/advance")
    seen.append(status())
    caller.api("DELETE", f"/organization/models/{model_id}")
    seen.append(status())
    assert seen == ["accepted", "generating", "completed", "deleted"]
    assert "can no longer be used" in requests.get(link, timeout=10).text


def test_teams_are_named_once_and_answer_with_the_organization(caller: Any) -> None:
    blue, green = make_team(caller, " Blue "), make_team(caller, "blue")
    assert code(caller.api("POST", "/organization/teams", json={"name": "Blue"})) == (400, "INVALID_REQUEST")
    assert code(caller.api("POST", "/organization/teams", json={})) == (400, "INVALID_REQUEST")
    renamed = caller.api("PUT", f"/organization/teams/{green}", json={"name": "Green"}).json()
    assert set(renamed["organization"]) == {"uid", "name", "website", "teams"}
    assert renamed["organization"]["teams"] == [{"id": blue, "name": "Blue"}, {"id": green, "name": "Green"}]
    assert code(caller.api("PUT", f"/organization/teams/{green}", json={"name": "Blue"})) == (400, "INVALID_REQUEST")
    assert code(caller.api("PUT", "/organization/teams/no", json={"name": "X"})) == (404, "NOT_FOUND")
    gone = caller.api("DELETE", f"/organization/teams/{blue}").json()["organization"]["teams"]
    assert gone == caller.api("GET", "/organization/teams").json()["teams"] == [{"id": green, "name": "Green"}]
    assert code(caller.api("DELETE", f"/organization/teams/{blue}")) == (404, "NOT_FOUND")


def test_members_are_moved_and_lose_a_deleted_team(caller: Any) -> None:
    team_id = make_team(caller, "Blue")
    caller.create("ann@example.com")
    path = f"/organization/teams/{team_id}/members"
    told = caller.api("POST", path, json={"emails": ["ANN@example.com", "stranger@example.com"]}).json()
    assert told == {"success": True, "message": "1 member moved"}
    assert code(caller.api("POST", path, json={"emails": "ann@example.com"})) == (400, "INVALID_REQUEST")
    assert caller.api("GET", "/organization/team").json()["members"][0]["teamName"] == "Blue"
    caller.api("DELETE", f"/organization/teams/{team_id}")
    assert caller.api("GET", "/organization/team").json()["members"][0]["teamId"] is None


def test_member_lists_follow_the_sessions(caller: Any) -> None:
    begun, done = caller.create("begun@example.com"), caller.finish("done@example.com")
    caller.create("new@example.com")
    caller.control("POST", f"/models/{begun}/complete", {"title": "Begun"})
    told = caller.api("GET", "/organization/team").json()
    assert [(m["email"], m["status"]) for m in told["members"]] == [
        ("new@example.com", "accepted"),
        ("done@example.com", "finished"),
        ("begun@example.com", "pending"),
    ]
    assert told["pagination"]["total"] == 3
    assert (told["members"][0]["name"], told["members"][2]["name"]) == (None, "Begun")
    assert told["members"][1]["modelId"] == done
    assert caller.api("GET", "/organization/team?status=pending").json()["members"] == [told["members"][2]]
    accepted = caller.api("GET", "/organization/team/accepted").json()
    assert (accepted["count"], set(accepted["members"][0])) == (
        1,
        {"id", "email", "name", "teamId", "teamName", "joinedAt"},
    )
    for part in ("pending", "finished"):
        assert caller.api("GET", f"/organization/team/{part}").json()["count"] == 1
    assert caller.api("GET", "/organization/invites").json()["invites"] == []
    caller.api("DELETE", f"/organization/models/{done}")
    assert caller.api("GET", "/organization/team/finished").json()["count"] == 0


@pytest.fixture
def v1(caller: Any) -> str:
    url: str = caller.running.api_url.replace("/v2", "/v1")
    return url


def test_the_legacy_api(caller: Any, v1: str) -> None:
    def call(method: str, path: str, **options: Any) -> dict[str, Any]:
        told: dict[str, Any] = requests.request(
            method, f"{v1}/organization{path}", headers=caller.headers, timeout=10, **options
        ).json()
        assert told.pop("success") is True
        return told

    assert call("GET", "/credits") == {"credits": 100}
    assert call("GET", "")["organization"]["teams"] == []
    sent = call("POST", "/invite", json={"email": "ann@example.com"})
    assert sent["message"] == "Invite sent"
    listed = call("GET", "/invites")["invites"][0]
    assert set(listed) == {"id", "email", "valid", "teamId", "createdAt", "used", "link"}
    assert (listed["valid"], listed["used"]) == (True, False)
    assert call("GET", f"/invite/id/{sent['id']}")["invite"]["status"] == "pending-invite"
    model_id = caller.control("POST", "/invites/ann@example.com/accept")["id"]
    assert call("GET", f"/invite/id/{sent['id']}")["invite"]["status"] == "waiting-for-upload"
    caller.control("POST", f"/models/{model_id}/advance", {"to": "pending"})
    assert call("GET", f"/invite/id/{sent['id']}")["invite"]["status"] == "generating-headshots"
    call("POST", "/invite", json={"email": "bob@example.com"})
    assert call("POST", "/invite/revoke", json={"email": "bob@example.com"})["message"] == "Invite revoked"
    assert requests.get(f"{v1}/organization", timeout=10).status_code == 401
