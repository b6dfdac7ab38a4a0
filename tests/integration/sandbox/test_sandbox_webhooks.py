"""Webhooks as a receiver sees them: events, signatures, retries and every planned defect."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import pytest

from sandbox.testing import WEBHOOK_SECRET, start_sandbox
from tests.waiting import wait_until

EVERYTHING = [
    "model.created",
    "model.status.updated",
    "model.status.updated",
    "model.status.updated",
    "model.status.updated",
    "model.photos_ready",
    "model.favorite_selected",
    "model.status.updated",
    "model.deleted",
]


def get_header(received: Any, name: str) -> str | None:
    found: str | None = received.headers.get(f"X-Headshotpro-{name}") or received.headers.get(f"X-HeadshotPro-{name}")
    return found


def is_signed_with_time(received: Any) -> bool:
    stamp = (get_header(received, "Timestamp") or "").encode()
    digest = hmac.new(WEBHOOK_SECRET.encode(), stamp + b"." + received.body, hashlib.sha256).hexdigest()
    return get_header(received, "Signature") == f"sha256={digest}"


def is_body_signed(received: Any) -> bool:
    digest = hmac.new(WEBHOOK_SECRET.encode(), received.body, hashlib.sha256).hexdigest()
    return get_header(received, "Signature") == f"sha256={digest}"


def test_session_sends_each_event_once_in_order(api_client: Any, receiver: Any) -> None:
    model_id = api_client.finish()
    api_client.control("POST", f"/models/{model_id}/favorite")
    api_client.control("POST", f"/models/{model_id}/favorite")
    api_client.control("POST", f"/models/{model_id}/retry")
    api_client.api("DELETE", f"/organization/models/{model_id}")
    receiver.wait(len(EVERYTHING))
    time.sleep(0.2)
    assert receiver.events() == EVERYTHING
    statuses = [each.payload["object"]["status"] for each in receiver.received]
    assert statuses == [
        "onboarding", "waiting", "pending", "generatingHeadshots", "active", "active", "active", "onboarding",
        "deleted",
    ]  # fmt: skip
    assert all(is_signed_with_time(each) for each in receiver.received)
    assert all(abs(int(get_header(each, "Timestamp") or 0) - each.at) < 60 for each in receiver.received)
    assert len({each.payload["id"] for each in receiver.received}) == len(EVERYTHING)


def test_the_object_has_the_documented_fields_and_no_email(api_client: Any, receiver: Any) -> None:
    model_id = api_client.finish()
    api_client.control("POST", f"/models/{model_id}/favorite")
    notified = receiver.wait(7)[-1].payload
    assert list(notified) == ["id", "event", "createdAt", "objectType", "object"]
    assert notified["objectType"] == "model"
    assert set(notified["object"]) == {
        "_id", "uid", "title", "trigger", "status", "isDevelopment", "finishedAt", "deletedAt", "inviteExpiresAt",
        "createdAt", "organization", "photo",
    }  # fmt: skip
    assert notified["object"]["_id"] == model_id
    assert notified["object"]["trigger"] == "female"
    uid = api_client.api("GET", "/organization").json()["organization"]["uid"]
    assert notified["object"]["organization"] == uid
    assert set(notified["object"]["photo"]["urls"]) == {"main"}
    first = receiver.received[0].payload["object"]
    assert (first["title"], first["trigger"], first["finishedAt"]) == (None, None, None)
    assert b"ann@example.com" not in b"".join(each.body for each in receiver.received)


def test_switches_shape_the_event(api_client: Any, receiver: Any) -> None:
    api_client.switch(webhook_ids=False, favorite_event="bare", webhook_signature="body", webhook_key="text")
    model_id = api_client.finish()
    api_client.control("POST", f"/models/{model_id}/favorite")
    last = receiver.wait(7)[-1]
    assert list(last.payload) == ["event", "objectType", "object"]
    assert "photo" not in last.payload["object"]
    assert get_header(last, "Timestamp") is None
    assert is_body_signed(last)


def test_the_other_brand_changes_only_the_prefix(receiver: Any) -> None:
    with start_sandbox("profilebakery", webhook_url=receiver.url) as running:
        running.sandbox.change_switches({"pictures": "plain"})
        from tests.integration.sandbox.conftest import ApiClient  # noqa: PLC0415

        ApiClient(running).create()
        received = receiver.wait(1)[0]
    names = {name.lower() for name in received.headers}
    assert {"x-profilebakery-signature", "x-profilebakery-timestamp"} <= names
    assert not any("headshotpro" in name for name in names)


def test_refused_webhooks_are_resent_on_schedule_with_the_same_body(api_client: Any, receiver: Any) -> None:
    receiver.statuses = [500, 302, 500, 500, 503]
    api_client.create()
    receiver.wait(2)

    def delivery() -> dict[str, Any]:
        found: dict[str, Any] = api_client.control("GET", "/deliveries")["deliveries"][0]
        return found

    for tries, minutes in ((2, 5), (3, 10), (4, 45)):
        wait_until(lambda expected=tries: delivery()["tries"] == expected)
        time.sleep(0.1)
        assert len(receiver.received) == tries
        api_client.control("POST", "/clock", {"advance_seconds": minutes * 60})
        receiver.wait(tries + 1)
    wait_until(lambda: delivery()["state"] == "lost")
    assert [attempt["http_status"] for attempt in delivery()["attempts"]] == [500, 302, 500, 500, 503]
    assert len({each.body for each in receiver.received}) == 1
    assert all(is_signed_with_time(each) for each in receiver.received)


def test_a_late_success_ends_the_retries(api_client: Any, receiver: Any) -> None:
    receiver.statuses = [500]
    api_client.create()
    wait_until(lambda: api_client.control("GET", "/deliveries")["deliveries"][0]["state"] == "delivered")
    api_client.control("POST", "/clock", {"advance_seconds": 7200})
    time.sleep(0.2)
    assert len(receiver.received) == 2


def test_speed_shortens_the_retries_already_planned(api_client: Any, receiver: Any) -> None:
    receiver.statuses = [500, 500]
    api_client.create()
    receiver.wait(2)
    api_client.switch(speed=3000)
    receiver.wait(3)


def test_slow_receivers_count_as_failed(api_client: Any, receiver: Any) -> None:
    api_client.switch(webhook_timeout_seconds=0.2, webhook_retry_minutes=[0])
    receiver.may_respond.clear()
    api_client.create()
    wait_until(lambda: api_client.control("GET", "/deliveries")["deliveries"][0]["state"] == "lost")
    receiver.may_respond.set()
    attempt = api_client.control("GET", "/deliveries")["deliveries"][0]["attempts"][0]
    assert (attempt["outcome"], attempt["http_status"]) == ("timeout", None)


def test_without_an_address_events_are_kept_but_not_sent(api_client: Any, receiver: Any) -> None:
    api_client.switch(webhook_url=None)
    api_client.create()
    wait_until(lambda: api_client.control("GET", "/deliveries")["deliveries"][0]["state"] == "unaddressed")
    assert receiver.received == []


def plan_fault(api_client: Any, fault: str, **more: Any) -> None:
    api_client.control("POST", "/faults", {"on": "webhook", "fault": fault, **more})


def test_fault_drop_loses_the_event_for_good(api_client: Any, receiver: Any) -> None:
    plan_fault(api_client, "drop", event="model.created")
    model_id = api_client.create()
    api_client.control("POST", f"/models/{model_id}/complete")
    receiver.wait(1)
    api_client.control("POST", "/clock", {"advance_seconds": 300})
    time.sleep(0.2)
    assert receiver.events() == ["model.status.updated"]
    states = {each["event"]: each["state"] for each in api_client.control("GET", "/deliveries")["deliveries"]}
    assert states == {"model.created": "dropped", "model.status.updated": "delivered"}


def test_fault_duplicate_sends_the_same_event_twice(api_client: Any, receiver: Any) -> None:
    plan_fault(api_client, "duplicate")
    api_client.create()
    first, second = receiver.wait(2)
    assert first.body == second.body


def test_fault_reorder_delivers_the_next_event_first(api_client: Any, receiver: Any) -> None:
    plan_fault(api_client, "reorder", event="model.created", seconds=60)
    model_id = api_client.create()
    time.sleep(0.3)
    assert receiver.received == []
    api_client.control("POST", f"/models/{model_id}/complete")
    receiver.wait(2)
    assert receiver.events() == ["model.status.updated", "model.created"]


def test_fault_delay_postpones_delivery(api_client: Any, receiver: Any) -> None:
    plan_fault(api_client, "delay", seconds=0.6)
    started = time.monotonic()
    api_client.create()
    receiver.wait(1)
    assert time.monotonic() - started >= 0.6


def test_fault_signatures_and_bodies(api_client: Any, receiver: Any) -> None:
    uid = api_client.api("GET", "/organization").json()["organization"]["uid"]
    faults = ["wrong_signature", "old_timestamp", "body_only", "without_id", "foreign_organization"]
    for number, fault in enumerate(faults):
        plan_fault(api_client, fault)
        api_client.create(f"p{number}@example.com")
        receiver.wait(number + 1)
    wrong, old, alone, nameless, foreign = receiver.received
    assert not is_signed_with_time(wrong)
    assert is_signed_with_time(old)
    assert int(get_header(old, "Timestamp") or 0) < old.at - 3000
    assert get_header(alone, "Timestamp") is None
    assert is_body_signed(alone)
    assert "id" not in nameless.payload
    assert is_signed_with_time(nameless)
    assert foreign.payload["object"]["organization"] != uid
    assert is_signed_with_time(foreign)


@pytest.mark.parametrize("how", ["fault", "switch"])
def test_retries_can_keep_the_first_timestamp(api_client: Any, receiver: Any, how: str) -> None:
    if how == "fault":
        plan_fault(api_client, "keep_timestamp")
    else:
        api_client.switch(webhook_resign_retries=False)
    api_client.switch(webhook_retry_minutes=[0, 60])
    receiver.statuses = [500]
    api_client.create()
    receiver.wait(1)
    # A retry's time is counted from the event, and a timestamp names a second.
    time.sleep(1.1)
    api_client.control("POST", "/clock", {"advance_seconds": 3600})
    first, second = receiver.wait(2)
    assert second.at - first.at > 1
    assert get_header(first, "Timestamp") == get_header(second, "Timestamp")
    assert is_signed_with_time(second)
