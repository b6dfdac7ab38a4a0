"""Webhook bodies: the documented samples, and anything else that may arrive with a valid signature."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.provider.events import EventUnreadable, WebhookEvent, compute_dedupe_key, parse_event

MODEL = {
    "_id": "65f0c0ffee65f0c0ffee65f0",
    "uid": "anon_1",
    "title": "Ada L",
    "trigger": "female",
    "status": "generating",
    "isDevelopment": False,
    "finishedAt": None,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "organization": "org_1",
}


def build_body(**fields: Any) -> bytes:
    return json.dumps({"event": "model.status.updated", "objectType": "model", "object": MODEL} | fields).encode()


def test_the_documented_event() -> None:
    event = parse_event(build_body(id="evt_1", createdAt="2026-01-02T03:04:05.678Z"))
    assert event == WebhookEvent(
        event="model.status.updated",
        id="evt_1",
        created_at=datetime(2026, 1, 2, 3, 4, 5, 678000, UTC),
        model_id=MODEL["_id"],
        status="generatingHeadshots",
        organization="org_1",
        object={
            "uid": "anon_1",
            "title": "Ada L",
            "trigger": "female",
            "isDevelopment": False,
            "createdAt": "2026-01-01T00:00:00.000Z",
        },
    )
    assert "Ada" not in repr(event)


def test_the_bare_minimum() -> None:
    assert parse_event(b'{"event":"x"}') == WebhookEvent(event="x")
    assert parse_event(b'{"event":"x","object":[1],"id":7,"createdAt":5}') == WebhookEvent(event="x")


@pytest.mark.parametrize(
    "extra",
    [
        {"object": MODEL | {"photo": {"id": "p1"}}},
        {"object": MODEL | {"photo": {"_id": "p1"}}},
        {"object": MODEL | {"favoritePhoto": {"id": "p1"}}},
        {"object": MODEL | {"favoritePhoto": "p1"}},
        {"object": MODEL | {"photoId": "p1"}},
        {"photo": {"id": "p1"}},
        {"objectType": "photo", "object": {"_id": "p1", "modelId": MODEL["_id"], "status": "active"}},
    ],
)
def test_the_favorite_is_found_wherever_it_is(extra: dict[str, Any]) -> None:
    event = parse_event(build_body(event="model.favorite_selected", **extra))
    assert (event.photo_id, event.model_id) == ("p1", MODEL["_id"])


def test_the_status_of_a_photo_is_not_the_status_of_its_model() -> None:
    assert (
        parse_event(build_body(objectType="photo", object={"_id": "p", "modelId": "m", "status": "active"})).status
        is None
    )


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"event":NaN}', "not JSON"),
        (b'{"event":"x","n":NaN}', "not JSON"),
        (b'{"event":"x","n":1e999}', "not JSON"),
        (b'{"event":"\\ud800"}', "not JSON"),
        (b'{"event":"x","object":{"_id":"\xed\xa0\x80"}}', "not JSON"),
        (b"[" * 10_000, "too deep"),
        (b'{"a":' * 100_000, "too deep"),
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (b'{"event":null}', "no event name"),
        (b'{"event":7}', "no event name"),
        (b'{"event":""}', "no event name"),
        (b'{"event":"a\\u0000b"}', "no event name"),
        (json.dumps({"event": "x" * 101}).encode(), "no event name"),
    ],
)
def test_what_is_no_event_is_unreadable(raw: bytes, why: str) -> None:
    with pytest.raises(EventUnreadable) as caught:
        parse_event(raw)
    assert caught.value.reason == why
    assert compute_dedupe_key(raw) == f"sha256:{hashlib.sha256(raw).hexdigest()}"


def test_huge_numbers_raise_no_error() -> None:
    assert parse_event(b'{"event":"x","n":' + b"9" * 4000 + b"}").event == "x"
    assert parse_event(b'{"event":"x","object":{"_id":' + b"9" * 400 + b"}}").model_id is None


def test_values_a_database_could_not_store_are_dropped() -> None:
    event = parse_event(build_body(id="a\x00b", object={"_id": "m\x00", "title": "A\x00da", "status": "\x00"}))
    assert (event.id, event.model_id, event.status) == (None, None, None)
    assert event.object == {"title": "Ada"}


def test_dedupe_key_is_the_events_own_id_else_the_digest() -> None:
    assert compute_dedupe_key(build_body(id="evt_9")) == "evt_9"
    for odd in (None, "", 7, "a b", "x" * 201, "sha256:" + "0" * 64):
        raw = build_body(id=odd)
        assert compute_dedupe_key(raw) == f"sha256:{hashlib.sha256(raw).hexdigest()}"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["event", "id", "createdAt", "object", "objectType", "photo", "_id", "status", "photoId"])
objects = st.dictionaries(names, json_values | st.dictionaries(names, json_values, max_size=4), max_size=6)


@given(raw=st.binary() | objects.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_raise_anything_else(raw: bytes) -> None:
    assert compute_dedupe_key(raw)
    try:
        event = parse_event(raw)
    except EventUnreadable:
        return
    assert event.event.isprintable()
    assert event.created_at is None or event.created_at.tzinfo is UTC
