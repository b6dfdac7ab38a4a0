"""Invites, teams, members and the legacy API over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import requests


def parse_error(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def send_invite(api_client: Any, email: str, **more: Any) -> requests.Response:
    response: requests.Response = api_client.api("POST", "/organization/invites", json={"email": email, **more})
    return response


def create_team(api_client: Any, name: str) -> str:
    teams = api_client.api("POST", "/organization/teams", json={"name": name}).json()["organization"]["teams"]
    team_id: str = next(team["id"] for team in teams if team["name"] == name.strip())
    return team_id


def test_an_invite_is_echoed_listed_and_looked_up(api_client: Any) -> None:
    team_id = create_team(api_client, "Blue")
    notified = send_invite(api_client, "ann+1@example.com", teamId=team_id).json()
    assert notified["input"] == {"email": "ann+1@example.com"}
    assert notified["message"] == "Invite sent"
    assert notified["link"].endswith(f"/auth/signup?invite={notified['id']}")
    assert notified["teamId"] == team_id
    assert "teamId" not in send_invite(api_client, "bob@example.com").json()
    bob, ann = api_client.api("GET", "/organization/invites").json()["invites"]
    assert ann == api_client.api("GET", "/organization/invites/ann%2B1%40example.com").json()["invite"]
    assert (ann["status"], ann["teamId"], ann["teamName"]) == ("pending", team_id, "Blue")
    assert "modelId" not in ann
    assert (bob["teamId"], bob["teamName"]) == (None, None)
    assert parse_error(api_client.api("GET", "/organization/invites/nobody@example.com")) == (404, "NOT_FOUND")
    assert api_client.api("GET", "/organization/credits").json()["credits"] == 100


def test_bad_and_double_invites_are_refused(api_client: Any) -> None:
    assert parse_error(send_invite(api_client, "nobody")) == (400, "INVALID_EMAIL")
    assert parse_error(api_client.api("POST", "/organization/invites", json={})) == (400, "INVALID_REQUEST")
    assert send_invite(api_client, "ann@example.com").ok
    assert parse_error(send_invite(api_client, "ANN@example.com")) == (400, "ALREADY_EXISTS")
    revoke = api_client.api("POST", "/organization/invites/revoke", json={"email": "ann@example.com"})
    assert revoke.json() == {"success": True, "message": "Invite revoked", "input": {"email": "ann@example.com"}}
    again = api_client.api("POST", "/organization/invites/revoke", json={"email": "ann@example.com"})
    assert parse_error(again) == (400, "INVALID_REQUEST")
    assert send_invite(api_client, "ann@example.com").ok
    unknown = api_client.api("POST", "/organization/invites/revoke", json={"email": "x@example.com"})
    assert parse_error(unknown) == (404, "NOT_FOUND")


def test_the_cap_is_two_invites_a_credit_until_completed(api_client: Any) -> None:
    api_client.switch(credits=2)
    for number in range(4):
        assert send_invite(api_client, f"p{number}@example.com").ok
    assert parse_error(send_invite(api_client, "p5@example.com")) == (429, "INVITE_LIMIT_EXCEEDED")
    api_client.api("POST", "/organization/invites/revoke", json={"email": "p0@example.com"})
    assert send_invite(api_client, "p5@example.com").ok
    accepted = api_client.control("POST", "/invites/p1@example.com/accept")["id"]
    assert parse_error(send_invite(api_client, "p6@example.com")) == (429, "INVITE_LIMIT_EXCEEDED")
    api_client.control("POST", f"/models/{accepted}/advance")
    api_client.switch(credits=2)
    assert send_invite(api_client, "p6@example.com").ok
    api_client.switch(credits=0)
    assert parse_error(send_invite(api_client, "p7@example.com")) == (402, "INSUFFICIENT_CREDITS")


def test_an_expired_invite_counts_as_duplicate_unless_switched(api_client: Any) -> None:
    link = send_invite(api_client, "ann@example.com").json()["link"]
    api_client.control("POST", "/clock", {"advance_seconds": 30 * 86400 + 1})
    assert requests.post(link.split("?")[0], data={"invite": link.split("=")[1]}, timeout=60).status_code == 410
    assert parse_error(send_invite(api_client, "ann@example.com")) == (400, "ALREADY_EXISTS")
    api_client.switch(expired_invites="resend")
    assert send_invite(api_client, "ann@example.com").ok


def test_following_the_link_begins_a_session_and_moves_the_status(api_client: Any, receiver: Any) -> None:
    link = send_invite(api_client, "ann@example.com").json()["link"]
    assert "Accept and begin" in requests.get(link, timeout=60).text
    response = requests.post(link.split("?")[0], data={"invite": link.split("=")[1]}, timeout=60, allow_redirects=False)
    assert response.status_code == 303
    assert "/auth/social?token=" in response.headers["Location"]
    created = receiver.wait(1)[0].payload
    assert created["event"] == "model.created"
    assert created["object"]["inviteExpiresAt"] is not None
    model_id = created["object"]["_id"]

    def status() -> str:
        found = api_client.api("GET", "/organization/invites/ann@example.com").json()["invite"]
        assert found["modelId"] == model_id
        text: str = found["status"]
        return text

    seen = [status()]
    api_client.control("POST", f"/models/{model_id}/complete")
    seen.append(status())
    api_client.control("POST", f"/models/{model_id}/advance")
    seen.append(status())
    api_client.api("DELETE", f"/organization/models/{model_id}")
    seen.append(status())
    assert seen == ["accepted", "generating", "completed", "deleted"]
    assert "can no longer be used" in requests.get(link, timeout=60).text


def test_teams_are_created_once_and_returned_with_the_organization(api_client: Any) -> None:
    blue, green = create_team(api_client, " Blue "), create_team(api_client, "blue")
    assert parse_error(api_client.api("POST", "/organization/teams", json={"name": "Blue"})) == (400, "INVALID_REQUEST")
    assert parse_error(api_client.api("POST", "/organization/teams", json={})) == (400, "INVALID_REQUEST")
    renamed = api_client.api("PUT", f"/organization/teams/{green}", json={"name": "Green"}).json()
    assert set(renamed["organization"]) == {"uid", "name", "website", "teams"}
    assert renamed["organization"]["teams"] == [{"id": blue, "name": "Blue"}, {"id": green, "name": "Green"}]
    assert parse_error(api_client.api("PUT", f"/organization/teams/{green}", json={"name": "Blue"})) == (
        400,
        "INVALID_REQUEST",
    )
    assert parse_error(api_client.api("PUT", "/organization/teams/no", json={"name": "X"})) == (404, "NOT_FOUND")
    gone = api_client.api("DELETE", f"/organization/teams/{blue}").json()["organization"]["teams"]
    assert gone == api_client.api("GET", "/organization/teams").json()["teams"] == [{"id": green, "name": "Green"}]
    assert parse_error(api_client.api("DELETE", f"/organization/teams/{blue}")) == (404, "NOT_FOUND")


def test_members_are_moved_and_lose_a_deleted_team(api_client: Any) -> None:
    team_id = create_team(api_client, "Blue")
    api_client.create("ann@example.com")
    path = f"/organization/teams/{team_id}/members"
    notified = api_client.api("POST", path, json={"emails": ["ANN@example.com", "stranger@example.com"]}).json()
    assert notified == {"success": True, "message": "1 member moved"}
    assert parse_error(api_client.api("POST", path, json={"emails": "ann@example.com"})) == (400, "INVALID_REQUEST")
    assert api_client.api("GET", "/organization/team").json()["members"][0]["teamName"] == "Blue"
    api_client.api("DELETE", f"/organization/teams/{team_id}")
    assert api_client.api("GET", "/organization/team").json()["members"][0]["teamId"] is None


def test_member_lists_follow_the_sessions(api_client: Any) -> None:
    started, done = api_client.create("begun@example.com"), api_client.finish("done@example.com")
    api_client.create("new@example.com")
    api_client.control("POST", f"/models/{started}/complete", {"title": "Begun"})
    notified = api_client.api("GET", "/organization/team").json()
    assert [(m["email"], m["status"]) for m in notified["members"]] == [
        ("new@example.com", "accepted"),
        ("done@example.com", "finished"),
        ("begun@example.com", "pending"),
    ]
    assert notified["pagination"]["total"] == 3
    assert (notified["members"][0]["name"], notified["members"][2]["name"]) == (None, "Begun")
    assert notified["members"][1]["modelId"] == done
    assert api_client.api("GET", "/organization/team?status=pending").json()["members"] == [notified["members"][2]]
    accepted = api_client.api("GET", "/organization/team/accepted").json()
    assert (accepted["count"], set(accepted["members"][0])) == (
        1,
        {"id", "email", "name", "teamId", "teamName", "joinedAt"},
    )
    for part in ("pending", "finished"):
        assert api_client.api("GET", f"/organization/team/{part}").json()["count"] == 1
    assert api_client.api("GET", "/organization/invites").json()["invites"] == []
    api_client.api("DELETE", f"/organization/models/{done}")
    assert api_client.api("GET", "/organization/team/finished").json()["count"] == 0


@pytest.fixture
def v1(api_client: Any) -> str:
    url: str = api_client.running.api_url.replace("/v2", "/v1")
    return url


def test_the_legacy_api(api_client: Any, v1: str) -> None:
    def call(method: str, path: str, **options: Any) -> dict[str, Any]:
        notified: dict[str, Any] = requests.request(
            method, f"{v1}/organization{path}", headers=api_client.headers, timeout=60, **options
        ).json()
        assert notified.pop("success") is True
        return notified

    assert call("GET", "/credits") == {"credits": 100}
    assert call("GET", "")["organization"]["teams"] == []
    sent = call("POST", "/invite", json={"email": "ann@example.com"})
    assert sent["message"] == "Invite sent"
    listed = call("GET", "/invites")["invites"][0]
    assert set(listed) == {"id", "email", "valid", "teamId", "createdAt", "used", "link"}
    assert (listed["valid"], listed["used"]) == (True, False)
    assert call("GET", f"/invite/id/{sent['id']}")["invite"]["status"] == "pending-invite"
    model_id = api_client.control("POST", "/invites/ann@example.com/accept")["id"]
    assert call("GET", f"/invite/id/{sent['id']}")["invite"]["status"] == "waiting-for-upload"
    api_client.control("POST", f"/models/{model_id}/advance", {"to": "pending"})
    assert call("GET", f"/invite/id/{sent['id']}")["invite"]["status"] == "generating-headshots"
    call("POST", "/invite", json={"email": "bob@example.com"})
    assert call("POST", "/invite/revoke", json={"email": "bob@example.com"})["message"] == "Invite revoked"
    assert requests.get(f"{v1}/organization", timeout=60).status_code == 401
