"""How sessions move by themselves: order, durations, failures, retries, the clock, restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from sandbox.testing import start_sandbox
from tests.integration.sandbox.conftest import FAST, ApiClient
from tests.waiting import wait_until


def get_status(api_client: Any, model_id: str) -> str:
    found: str = api_client.api("GET", f"/organization/models/{model_id}").json()["model"]["status"]
    return found


def test_session_becomes_active_as_time_passes(api_client: Any) -> None:
    model_id = api_client.create()
    api_client.control("POST", "/clock", {"advance_seconds": 100_000})
    assert get_status(api_client, model_id) == "onboarding"
    api_client.control("POST", f"/models/{model_id}/complete")
    for seconds, reached in ((590, "waiting"), (20, "pending"), (2100, "generatingHeadshots"), (900, "active")):
        api_client.control("POST", "/clock", {"advance_seconds": seconds})
        wait_until(lambda expected=reached: get_status(api_client, model_id) == expected)
    model = api_client.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert model["finishedAt"] > model["createdAt"]


def test_a_fast_sandbox_needs_seconds(api_client: Any) -> None:
    api_client.switch(speed=3600)
    model_id = api_client.create()
    api_client.control("POST", f"/models/{model_id}/complete")
    wait_until(lambda: get_status(api_client, model_id) == "active")


def test_development_sessions_take_three_minutes_and_no_uploads(api_client: Any) -> None:
    model_id = api_client.create("dev@example.com", isDevelopment=True)
    api_client.control("POST", f"/models/{model_id}/complete")
    api_client.control("POST", "/clock", {"advance_seconds": 181})
    wait_until(lambda: get_status(api_client, model_id) == "active")
    assert api_client.control("GET", f"/models/{model_id}")["photos"] == FAST["gallery_size"]


def test_failed_restarts_by_itself(api_client: Any, receiver: Any) -> None:
    model_id = api_client.create()
    api_client.control("POST", f"/models/{model_id}/advance", {"to": "generatingHeadshots"})
    api_client.control("POST", f"/models/{model_id}/fail")
    assert get_status(api_client, model_id) == "failed"
    api_client.control("POST", "/clock", {"advance_seconds": 301})
    wait_until(lambda: get_status(api_client, model_id) == "pending")
    api_client.control("POST", f"/models/{model_id}/advance")
    assert get_status(api_client, model_id) == "active"
    notified = [each.payload["object"]["status"] for each in receiver.wait(9)]
    assert notified[-5:] == ["failed", "pending", "generatingHeadshots", "active", "active"]


def test_admin_retry_returns_to_onboarding_and_is_free(api_client: Any) -> None:
    api_client.switch(credits=1)
    model_id = api_client.finish()
    api_client.control("POST", f"/models/{model_id}/favorite")
    before = api_client.control("GET", f"/models/{model_id}")
    api_client.control("POST", f"/models/{model_id}/retry")
    model = api_client.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert (model["status"], model["finishedAt"]) == ("onboarding", None)
    assert api_client.api("GET", f"/organization/models/{model_id}/photos").json()["photos"] == []
    assert api_client.api("GET", f"/organization/models/{model_id}/photos/favorite").json()["photo"] is None
    assert requests.get(before["signedUrl"], timeout=60).status_code == 200
    api_client.control("POST", f"/models/{model_id}/advance")
    assert api_client.control("GET", f"/models/{model_id}")["photos"] == FAST["gallery_size"]
    assert api_client.api("GET", "/organization/credits").json()["credits"] == 0


def test_signed_url_can_expire(api_client: Any) -> None:
    model_id = api_client.create()
    url = api_client.control("GET", f"/models/{model_id}")["signedUrl"]
    api_client.control("POST", f"/models/{model_id}/expire_session")
    assert requests.get(url, timeout=60).status_code in (401, 403, 410)
    api_client.control("POST", f"/models/{model_id}/revive_session")
    assert requests.get(url, timeout=60).status_code == 200
    api_client.switch(signed_url_ttl_seconds=60)
    api_client.control("POST", "/clock", {"advance_seconds": 61})
    assert requests.get(url, timeout=60).status_code in (401, 403, 410)


def test_impossible_moves_are_refused(api_client: Any) -> None:
    model_id = api_client.finish()
    base = f"{api_client.running.control_url}/models"
    assert requests.post(f"{base}/{model_id}/fail", timeout=60).status_code == 409
    assert requests.post(f"{base}/{model_id}/complete", timeout=60).status_code == 409
    assert requests.post(f"{base}/{model_id}/advance", json={"to": "waiting"}, timeout=60).status_code == 409
    assert requests.post(f"{base}/nothing/fail", timeout=60).status_code == 404
    assert requests.post(f"{base}/{model_id}/dance", timeout=60).status_code == 400
    api_client.switch(credits=0, create_needs_credit=False)
    broke = api_client.create("broke@example.com")
    assert requests.post(f"{base}/{broke}/complete", timeout=60).status_code == 402


def test_everything_survives_a_restart(tmp_path: Path, receiver: Any) -> None:
    receiver.statuses = [500, 500]
    with start_sandbox(webhook_url=receiver.url, data_dir=tmp_path, switches=FAST) as running:
        api_client = ApiClient(running)
        model_id = api_client.create()
        receiver.wait(2)
        api_client.control("POST", f"/models/{model_id}/complete")
        receiver.wait(3)
        api_client.control("POST", "/clock", {"advance_seconds": 300})
        receiver.wait(4)
    with start_sandbox(webhook_url=receiver.url, data_dir=tmp_path, credits=7) as running:
        api_client = ApiClient(running)
        assert get_status(api_client, model_id) == "waiting"
        assert api_client.control("GET", "/settings")["gallery_size"] == FAST["gallery_size"]
        api_client.control("POST", "/clock", {"advance_seconds": 4000})
        wait_until(lambda: get_status(api_client, model_id) == "active")
        assert api_client.control("GET", "/settings")["credits"] == 7


def test_reset_deletes_members_and_keeps_the_account(api_client: Any) -> None:
    model_id = api_client.finish()
    api_client.switch(envelope="data", credits=3)
    api_client.control("POST", "/reset")
    assert api_client.api("GET", f"/organization/models/{model_id}").status_code == 404
    assert api_client.api("GET", "/organization/credits").json() == {"success": True, "credits": 100}
    assert api_client.create()
