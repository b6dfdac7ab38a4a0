"""The dashboard: secrets shown once, working buttons, and no access from other sites' pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
import requests


@pytest.fixture
def press(api_client: Any) -> Any:
    def pressed(path: str, **fields: str) -> requests.Response:
        return requests.post(f"{api_client.running.base_url}/dashboard{path}", data=fields, timeout=60)

    return pressed


def get_home_page(api_client: Any) -> str:
    response = requests.get(api_client.running.base_url, timeout=60)
    assert response.status_code == 200
    return response.text


def test_a_key_is_shown_once_and_ends_the_old_one(api_client: Any, press: Any) -> None:
    shown = re.search(r"sandbox_[\w-]{40,}", press("/key/new").text)
    assert shown
    assert shown[0] not in get_home_page(api_client)
    assert api_client.api("GET", "/organization").status_code == 401
    own = {"Authorization": f"Bearer {shown[0]}"}
    assert api_client.api("GET", "/organization", headers=own).status_code == 200
    press("/key/delete")
    assert api_client.api("GET", "/organization", headers=own).status_code == 401


def test_the_webhook_secret_is_made_on_first_save_and_rotates_at_once(
    api_client: Any, press: Any, receiver: Any
) -> None:
    api_client.switch(webhook_url=None, webhook_secret=None)
    first = re.search(r"<code>([0-9a-f]{64})</code>", press("/webhook", url=receiver.url).text)
    assert first
    assert first[1] not in get_home_page(api_client)
    assert not re.search(r"<code>[0-9a-f]{64}</code>", press("/webhook", url=receiver.url).text)
    second = re.search(r"<code>([0-9a-f]{64})</code>", press("/webhook/rotate").text)
    assert second
    assert second[1] != first[1]
    assert press("/webhook", url="ftp://x").status_code == 400


def test_dashboard_buttons_advance_a_session(api_client: Any, press: Any, receiver: Any) -> None:
    assert press("/models", email="ann@example.com").status_code == 200
    model_id = api_client.api("GET", "/organization/models").json()["models"][0]["id"]
    for _ in range(4):
        press(f"/models/{model_id}/next")
    press(f"/models/{model_id}/favorite")
    receiver.wait(7)
    text = get_home_page(api_client)
    assert "one chosen" in text
    assert "model.favorite_selected" in text
    assert press(f"/models/{model_id}/fail").status_code == 409
    delivery = api_client.control("GET", "/deliveries")["deliveries"][0]["id"]
    press(f"/deliveries/{delivery}/resend")
    receiver.wait(8)
    press("/reset")
    assert "Nobody yet" in get_home_page(api_client)


def test_fault_and_switch_forms(api_client: Any, press: Any) -> None:
    press("/faults", on="api", fault="server_error")
    assert "server error on * /api/*" in get_home_page(api_client)
    assert api_client.api("GET", "/organization").status_code == 500
    press("/faults", on="webhook", fault="drop")
    press("/faults/clear")
    assert api_client.control("GET", "/faults")["faults"] == []
    press("/settings", speed="20", envelope="data", webhook_retry_minutes="[0, 1]", credits="2.5")
    settings = api_client.control("GET", "/settings")
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
def test_control_plane_accepts_loopback_only(api_client: Any, path: str, headers: dict[str, str]) -> None:
    response = requests.get(f"{api_client.running.base_url}{path}", headers=headers, timeout=60)
    assert response.status_code == 403


def test_a_foreign_page_cannot_press_buttons(api_client: Any) -> None:
    for origin in ("http://localhost:8000", "null"):
        url = f"{api_client.running.base_url}/dashboard/key/delete"
        assert requests.post(url, headers={"Origin": origin}, timeout=60).status_code == 403
    assert api_client.api("GET", "/organization").status_code == 200


def test_invalid_settings_change_nothing(api_client: Any) -> None:
    before = api_client.control("GET", "/settings")
    for notified in ({"speeed": 1}, {"speed": 0}, {"credits": 0.3}, {"webhook_secret": "short"}, {"api_key": ""}):
        response = requests.put(f"{api_client.running.control_url}/settings", json=notified, timeout=60)
        assert response.status_code == 400, notified
    mixed = {"envelope": "data", "webhook_url": "nonsense"}
    assert requests.put(f"{api_client.running.control_url}/settings", json=mixed, timeout=60).status_code == 400
    assert (
        requests.post(f"{api_client.running.control_url}/clock", json={"advance_seconds": -1}, timeout=60).status_code
        == 400
    )
    after = api_client.control("GET", "/settings")
    assert after | {"now": ""} == before | {"now": ""}
