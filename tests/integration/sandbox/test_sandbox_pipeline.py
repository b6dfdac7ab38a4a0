"""How sessions move by themselves: order, durations, failures, retries, the clock, restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from sandbox.testing import start_sandbox
from tests.integration.sandbox.conftest import FAST, Caller, wait_until


def status(caller: Any, model_id: str) -> str:
    found: str = caller.api("GET", f"/organization/models/{model_id}").json()["model"]["status"]
    return found


def test_session_becomes_active_as_time_passes(caller: Any, wait_until: Any) -> None:
    model_id = caller.create()
    caller.control("POST", "/clock", {"advance_seconds": 100_000})
    assert status(caller, model_id) == "onboarding"
    caller.control("POST", f"/models/{model_id}/complete")
    for seconds, reached in ((590, "waiting"), (20, "pending"), (2100, "generatingHeadshots"), (900, "active")):
        caller.control("POST", "/clock", {"advance_seconds": seconds})
        wait_until(lambda wanted=reached: status(caller, model_id) == wanted)
    model = caller.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert model["finishedAt"] > model["createdAt"]


def test_a_fast_sandbox_needs_seconds(caller: Any, wait_until: Any) -> None:
    caller.switch(speed=3600)
    model_id = caller.create()
    caller.control("POST", f"/models/{model_id}/complete")
    wait_until(lambda: status(caller, model_id) == "active")


def test_development_sessions_take_three_minutes_and_no_uploads(caller: Any, wait_until: Any) -> None:
    model_id = caller.create("dev@example.com", isDevelopment=True)
    caller.control("POST", f"/models/{model_id}/complete")
    caller.control("POST", "/clock", {"advance_seconds": 181})
    wait_until(lambda: status(caller, model_id) == "active")
    assert caller.control("GET", f"/models/{model_id}")["photos"] == FAST["gallery_size"]


def test_failed_restarts_by_itself(caller: Any, wait_until: Any, receiver: Any) -> None:
    model_id = caller.create()
    caller.control("POST", f"/models/{model_id}/advance", {"to": "generatingHeadshots"})
    caller.control("POST", f"/models/{model_id}/fail")
    assert status(caller, model_id) == "failed"
    caller.control("POST", "/clock", {"advance_seconds": 301})
    wait_until(lambda: status(caller, model_id) == "pending")
    caller.control("POST", f"/models/{model_id}/advance")
    assert status(caller, model_id) == "active"
    told = [each.told["object"]["status"] for each in receiver.wait(9)]
    assert told[-5:] == ["failed", "pending", "generatingHeadshots", "active", "active"]


def test_admin_retry_goes_back_to_onboarding_and_is_free(caller: Any) -> None:
    caller.switch(credits=1)
    model_id = caller.finish()
    caller.control("POST", f"/models/{model_id}/favorite")
    before = caller.control("GET", f"/models/{model_id}")
    caller.control("POST", f"/models/{model_id}/retry")
    model = caller.api("GET", f"/organization/models/{model_id}").json()["model"]
    assert (model["status"], model["finishedAt"]) == ("onboarding", None)
    assert caller.api("GET", f"/organization/models/{model_id}/photos").json()["photos"] == []
    assert caller.api("GET", f"/organization/models/{model_id}/photos/favorite").json()["photo"] is None
    assert requests.get(before["signedUrl"], timeout=10).status_code == 200
    caller.control("POST", f"/models/{model_id}/advance")
    assert caller.control("GET", f"/models/{model_id}")["photos"] == FAST["gallery_size"]
    assert caller.api("GET", "/organization/credits").json()["credits"] == 0


def test_a_signed_url_can_die(caller: Any) -> None:
    model_id = caller.create()
    url = caller.control("GET", f"/models/{model_id}")["signedUrl"]
    caller.control("POST", f"/models/{model_id}/expire_session")
    assert requests.get(url, timeout=10).status_code in (401, 403, 410)
    caller.control("POST", f"/models/{model_id}/revive_session")
    assert requests.get(url, timeout=10).status_code == 200
    caller.switch(signed_url_ttl_seconds=60)
    caller.control("POST", "/clock", {"advance_seconds": 61})
    assert requests.get(url, timeout=10).status_code in (401, 403, 410)


def test_impossible_moves_are_refused(caller: Any) -> None:
    model_id = caller.finish()
    base = f"{caller.running.control_url}/models"
    assert requests.post(f"{base}/{model_id}/fail", timeout=10).status_code == 409
    assert requests.post(f"{base}/{model_id}/complete", timeout=10).status_code == 409
    assert requests.post(f"{base}/{model_id}/advance", json={"to": "waiting"}, timeout=10).status_code == 409
    assert requests.post(f"{base}/nothing/fail", timeout=10).status_code == 404
    assert requests.post(f"{base}/{model_id}/dance", timeout=10).status_code == 400
    caller.switch(credits=0, create_needs_credit=False)
    broke = caller.create("broke@example.com")
    assert requests.post(f"{base}/{broke}/complete", timeout=10).status_code == 402


def test_everything_survives_a_restart(tmp_path: Path, receiver: Any) -> None:
    receiver.answers = [500, 500]
    with start_sandbox(webhook_url=receiver.url, data_dir=tmp_path, switches=FAST) as running:
        caller = Caller(running)
        model_id = caller.create()
        receiver.wait(2)
        caller.control("POST", f"/models/{model_id}/complete")
        receiver.wait(3)
        caller.control("POST", "/clock", {"advance_seconds": 300})
        receiver.wait(4)
    with start_sandbox(webhook_url=receiver.url, data_dir=tmp_path, credits=7) as running:
        caller = Caller(running)
        assert status(caller, model_id) == "waiting"
        assert caller.control("GET", "/settings")["gallery_size"] == FAST["gallery_size"]
        caller.control("POST", "/clock", {"advance_seconds": 4000})
        wait_until(lambda: status(caller, model_id) == "active")
        assert caller.control("GET", "/settings")["credits"] == 7


def test_reset_deletes_members_and_keeps_the_account(caller: Any) -> None:
    model_id = caller.finish()
    caller.switch(envelope="data", credits=3)
    caller.control("POST", "/reset")
    assert caller.api("GET", f"/organization/models/{model_id}").status_code == 404
    assert caller.api("GET", "/organization/credits").json() == {"success": True, "credits": 100}
    assert caller.create()
