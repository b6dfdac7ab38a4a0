"""The dashboard: secrets shown once, buttons that do what they say, and nobody else's pages let in."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests


@pytest.fixture
def press(caller: Any) -> Any:
    def pressed(path: str, **fields: str) -> requests.Response:
        return requests.post(f"{caller.running.base_url}/dashboard{path}", data=fields, timeout=10)

    return pressed


def home(caller: Any) -> str:
    answer = requests.get(caller.running.base_url, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_a_key_is_shown_once_and_ends_the_old_one(caller: Any, press: Any) -> None:
    shown = re.search(r"sandbox_[\w-]{40,}", press("/key/new").text)
    assert shown
    assert shown[0] not in home(caller)
    assert caller.api("GET", "/organization").status_code == 401
    mine = {"Authorization": f"Bearer {shown[0]}"}
    assert caller.api("GET", "/organization", headers=mine).status_code == 200
    press("/key/delete")
    assert caller.api("GET", "/organization", headers=mine).status_code == 401


def test_the_webhook_secret_is_made_on_first_save_and_rotates_at_once(caller: Any, press: Any, receiver: Any) -> None:
    caller.switch(webhook_url=None, webhook_secret=None)
    first = re.search(r"<code>([0-9a-f]{64})</code>", press("/webhook", url=receiver.url).text)
    assert first
    assert first[1] not in home(caller)
    assert not re.search(r"<code>[0-9a-f]{64}</code>", press("/webhook", url=receiver.url).text)
    second = re.search(r"<code>([0-9a-f]{64})</code>", press("/webhook/rotate").text)
    assert second
    assert second[1] != first[1]
    assert press("/webhook", url="ftp://x").status_code == 400


def test_dashboard_buttons_advance_a_session(caller: Any, press: Any, receiver: Any) -> None:
    assert press("/models", email="ann@example.com").status_code == 200
    model_id = caller.api("GET", "/organization/models").json()["models"][0]["id"]
    for _ in range(4):
        press(f"/models/{model_id}/next")
    press(f"/models/{model_id}/favorite")
    receiver.wait(7)
    text = home(caller)
    assert "one chosen" in text
    assert "model.favorite_selected" in text
    assert press(f"/models/{model_id}/fail").status_code == 409
    delivery = caller.control("GET", "/deliveries")["deliveries"][0]["id"]
    press(f"/deliveries/{delivery}/resend")
    receiver.wait(8)
    press("/reset")
    assert "Nobody yet" in home(caller)


def test_fault_and_switch_forms(caller: Any, press: Any) -> None:
    press("/faults", on="api", fault="server_error")
    assert "server error on * /api/*" in home(caller)
    assert caller.api("GET", "/organization").status_code == 500
    press("/faults", on="webhook", fault="drop")
    press("/faults/clear")
    assert caller.control("GET", "/faults")["faults"] == []
    press("/settings", speed="20", envelope="data", webhook_retry_minutes="[0, 1]", credits="2.5")
    settings = caller.control("GET", "/settings")
    assert (settings["speed"], settings["envelope"], settings["credits"]) == (20, "data", 2.5)
    assert settings["webhook_retry_minutes"] == [0, 1]
    refused = press("/settings", speed="-1")
    assert refused.status_code == 400
    assert "speed" in refused.text
    assert press("/clock", hours="many").status_code == 400


@pytest.mark.parametrize("path", ["/", "/_control/state"])
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}]
)
def test_control_plane_accepts_loopback_only(caller: Any, path: str, headers: dict[str, str]) -> None:
    answer = requests.get(f"{caller.running.base_url}{path}", headers=headers, timeout=10)
    assert answer.status_code == 403


def test_a_foreign_page_cannot_press_buttons(caller: Any) -> None:
    for origin in ("http://localhost:8000", "null"):
        url = f"{caller.running.base_url}/dashboard/key/delete"
        assert requests.post(url, headers={"Origin": origin}, timeout=10).status_code == 403
    assert caller.api("GET", "/organization").status_code == 200


def test_settings_that_make_no_sense_change_nothing(caller: Any) -> None:
    before = caller.control("GET", "/settings")
    for told in ({"speeed": 1}, {"speed": 0}, {"credits": 0.3}, {"webhook_secret": "short"}, {"api_key": ""}):
        answer = requests.put(f"{caller.running.control_url}/settings", json=told, timeout=10)
        assert answer.status_code == 400, told
    mixed = {"envelope": "data", "webhook_url": "nonsense"}
    assert requests.put(f"{caller.running.control_url}/settings", json=mixed, timeout=10).status_code == 400
    assert (
        requests.post(f"{caller.running.control_url}/clock", json={"advance_seconds": -1}, timeout=10).status_code
        == 400
    )
    after = caller.control("GET", "/settings")
    assert after | {"now": ""} == before | {"now": ""}
