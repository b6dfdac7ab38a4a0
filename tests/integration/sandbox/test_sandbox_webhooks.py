"""Webhooks as a receiver sees them: events, signatures, retries and every planned defect."""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import pytest

from sandbox.testing import WEBHOOK_SECRET, start_sandbox

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


def header(received: Any, name: str) -> str | None:
    found: str | None = received.headers.get(f"X-Headshotpro-{name}") or received.headers.get(f"X-HeadshotPro-{name}")
    return found


def signed_with_time(received: Any) -> bool:
    stamp = (header(received, "Timestamp") or "").encode()
    digest = hmac.new(WEBHOOK_SECRET.encode(), stamp + b"." + received.body, hashlib.sha256).hexdigest()
    return header(received, "Signature") == f"sha256={digest}"


def signed_alone(received: Any) -> bool:
    digest = hmac.new(WEBHOOK_SECRET.encode(), received.body, hashlib.sha256).hexdigest()
    return header(received, "Signature") == f"sha256={digest}"


def test_session_sends_each_event_once_in_order(caller: Any, receiver: Any) -> None:
    model_id = caller.finish()
    caller.control("POST", f"/models/{model_id}/favorite")
    caller.control("POST", f"/models/{model_id}/favorite")
    caller.control("POST", f"/models/{model_id}/retry")
    caller.api("DELETE", f"/organization/models/{model_id}")
    receiver.wait(len(EVERYTHING))
    time.sleep(0.2)
    assert receiver.events() == EVERYTHING
    statuses = [each.told["object"]["status"] for each in receiver.received]
    assert statuses == [
        "onboarding", "waiting", "pending", "generatingHeadshots", "active", "active", "active", "onboarding",
        "deleted",
    ]  # fmt: skip
    assert all(signed_with_time(each) for each in receiver.received)
    assert all(abs(int(header(each, "Timestamp") or 0) - each.at) < 5 for each in receiver.received)
    assert len({each.told["id"] for each in receiver.received}) == len(EVERYTHING)


def test_the_object_has_the_documented_fields_and_no_email(caller: Any, receiver: Any) -> None:
    model_id = caller.finish()
    caller.control("POST", f"/models/{model_id}/favorite")
    told = receiver.wait(7)[-1].told
    assert list(told) == ["id", "event", "createdAt", "objectType", "object"]
    assert told["objectType"] == "model"
    assert set(told["object"]) == {
        "_id", "uid", "title", "trigger", "status", "isDevelopment", "finishedAt", "deletedAt", "inviteExpiresAt",
        "createdAt", "organization", "photo",
    }  # fmt: skip
    assert told["object"]["_id"] == model_id
    assert told["object"]["trigger"] == "female"
    uid = caller.api("GET", "/organization").json()["organization"]["uid"]
    assert told["object"]["organization"] == uid
    assert set(told["object"]["photo"]["urls"]) == {"main"}
    first = receiver.received[0].told["object"]
    assert (first["title"], first["trigger"], first["finishedAt"]) == (None, None, None)
    assert b"ann@example.com" not in b"".join(each.body for each in receiver.received)


def test_switches_shape_the_event(caller: Any, receiver: Any) -> None:
    caller.switch(webhook_ids=False, favorite_event="bare", webhook_signature="body", webhook_key="text")
    model_id = caller.finish()
    caller.control("POST", f"/models/{model_id}/favorite")
    last = receiver.wait(7)[-1]
    assert list(last.told) == ["event", "objectType", "object"]
    assert "photo" not in last.told["object"]
    assert header(last, "Timestamp") is None
    assert signed_alone(last)


def test_the_other_brand_changes_only_the_prefix(receiver: Any) -> None:
    with start_sandbox("profilebakery", webhook_url=receiver.url) as running:
        running.sandbox.change_switches({"pictures": "plain"})
        from tests.integration.sandbox.conftest import Caller  # noqa: PLC0415

        Caller(running).create()
        received = receiver.wait(1)[0]
    names = {name.lower() for name in received.headers}
    assert {"x-profilebakery-signature", "x-profilebakery-timestamp"} <= names
    assert not any("headshotpro" in name for name in names)


def test_refused_webhooks_come_again_on_schedule_with_the_same_body(
    caller: Any, receiver: Any, wait_until: Any
) -> None:
    receiver.answers = [500, 302, 500, 500, 503]
    caller.create()
    receiver.wait(2)

    def delivery() -> dict[str, Any]:
        found: dict[str, Any] = caller.control("GET", "/deliveries")["deliveries"][0]
        return found

    for tries, minutes in ((2, 5), (3, 10), (4, 45)):
        wait_until(lambda wanted=tries: delivery()["tries"] == wanted)
        time.sleep(0.1)
        assert len(receiver.received) == tries
        caller.control("POST", "/clock", {"advance_seconds": minutes * 60})
        receiver.wait(tries + 1)
    wait_until(lambda: delivery()["state"] == "lost")
    assert [attempt["http_status"] for attempt in delivery()["attempts"]] == [500, 302, 500, 500, 503]
    assert len({each.body for each in receiver.received}) == 1
    assert all(signed_with_time(each) for each in receiver.received)


def test_a_late_success_ends_the_retries(caller: Any, receiver: Any, wait_until: Any) -> None:
    receiver.answers = [500]
    caller.create()
    wait_until(lambda: caller.control("GET", "/deliveries")["deliveries"][0]["state"] == "delivered")
    caller.control("POST", "/clock", {"advance_seconds": 7200})
    time.sleep(0.2)
    assert len(receiver.received) == 2


def test_speed_shortens_the_retries_already_planned(caller: Any, receiver: Any) -> None:
    receiver.answers = [500, 500]
    caller.create()
    receiver.wait(2)
    caller.switch(speed=3000)
    receiver.wait(3, seconds=5)


def test_slow_receivers_count_as_failed(caller: Any, receiver: Any, wait_until: Any) -> None:
    caller.switch(webhook_timeout_seconds=0.2, webhook_retry_minutes=[0])
    receiver.pause = 0.6
    caller.create()
    wait_until(lambda: caller.control("GET", "/deliveries")["deliveries"][0]["state"] == "lost")
    attempt = caller.control("GET", "/deliveries")["deliveries"][0]["attempts"][0]
    assert (attempt["outcome"], attempt["http_status"]) == ("timeout", None)


def test_without_an_address_events_are_kept_but_not_sent(caller: Any, receiver: Any, wait_until: Any) -> None:
    caller.switch(webhook_url=None)
    caller.create()
    wait_until(lambda: caller.control("GET", "/deliveries")["deliveries"][0]["state"] == "unaddressed")
    assert receiver.received == []


def plan(caller: Any, fault: str, **more: Any) -> None:
    caller.control("POST", "/faults", {"on": "webhook", "fault": fault, **more})


def test_fault_drop_loses_the_event_for_good(caller: Any, receiver: Any) -> None:
    plan(caller, "drop", event="model.created")
    model_id = caller.create()
    caller.control("POST", f"/models/{model_id}/complete")
    receiver.wait(1)
    caller.control("POST", "/clock", {"advance_seconds": 300})
    time.sleep(0.2)
    assert receiver.events() == ["model.status.updated"]
    states = {each["event"]: each["state"] for each in caller.control("GET", "/deliveries")["deliveries"]}
    assert states == {"model.created": "dropped", "model.status.updated": "delivered"}


def test_fault_duplicate_sends_the_same_event_twice(caller: Any, receiver: Any) -> None:
    plan(caller, "duplicate")
    caller.create()
    first, second = receiver.wait(2)
    assert first.body == second.body


def test_fault_reorder_lets_the_next_event_pass(caller: Any, receiver: Any) -> None:
    plan(caller, "reorder", event="model.created", seconds=60)
    model_id = caller.create()
    time.sleep(0.3)
    assert receiver.received == []
    caller.control("POST", f"/models/{model_id}/complete")
    receiver.wait(2)
    assert receiver.events() == ["model.status.updated", "model.created"]


def test_fault_delay_comes_later(caller: Any, receiver: Any) -> None:
    plan(caller, "delay", seconds=0.6)
    begun = time.monotonic()
    caller.create()
    receiver.wait(1)
    assert time.monotonic() - begun >= 0.6


def test_fault_signatures_and_bodies(caller: Any, receiver: Any) -> None:
    uid = caller.api("GET", "/organization").json()["organization"]["uid"]
    faults = ["wrong_signature", "old_timestamp", "body_only", "without_id", "foreign_organization"]
    for number, fault in enumerate(faults):
        plan(caller, fault)
        caller.create(f"p{number}@example.com")
        receiver.wait(number + 1)
    wrong, old, alone, nameless, foreign = receiver.received
    assert not signed_with_time(wrong)
    assert signed_with_time(old)
    assert int(header(old, "Timestamp") or 0) < old.at - 3000
    assert header(alone, "Timestamp") is None
    assert signed_alone(alone)
    assert "id" not in nameless.told
    assert signed_with_time(nameless)
    assert foreign.told["object"]["organization"] != uid
    assert signed_with_time(foreign)


@pytest.mark.parametrize("how", ["fault", "switch"])
def test_retries_can_keep_the_first_timestamp(caller: Any, receiver: Any, how: str) -> None:
    if how == "fault":
        plan(caller, "keep_timestamp")
    else:
        caller.switch(webhook_resign_retries=False)
    caller.switch(webhook_retry_minutes=[0, 0.02])
    receiver.answers = [500]
    caller.create()
    first, second = receiver.wait(2)
    assert second.at - first.at > 1
    assert header(first, "Timestamp") == header(second, "Timestamp")
    assert signed_with_time(second)
