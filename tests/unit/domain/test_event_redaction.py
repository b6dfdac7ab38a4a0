"""Webhooks as shown to operators: no personal value and no signature stays."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.event_redaction import HIDDEN, SHOWN, redact_event, redact_headers


def test_names_and_photos_are_hidden_while_ids_statuses_and_times_stay() -> None:
    body = {
        "id": "evt_1",
        "event": "model.status.updated",
        "object": {
            "_id": "m1",
            "title": "Ada Lovelace",
            "uid": "anon_7",
            "trigger": "female",
            "status": "active",
            "isDevelopment": False,
            "photo": {"id": "p1", "urls": {"main": "https://cdn.example/p1?signature=x"}},
            "tags": ["Ada"],
        },
    }
    shown = redact_event(json.dumps(body).encode())
    assert shown is not None
    assert json.loads(shown) == {
        "id": "evt_1",
        "event": "model.status.updated",
        "object": {
            "_id": "m1",
            "title": HIDDEN,
            "uid": HIDDEN,
            "trigger": HIDDEN,
            "status": "active",
            "isDevelopment": False,
            "photo": {"id": "p1", "urls": {"main": HIDDEN}},
            "tags": [HIDDEN],
        },
    }


def test_what_is_no_object_is_not_shown() -> None:
    assert [redact_event(body) for body in (b"", b"[1]", b"\xff", b"[" * 100_000)] == [None] * 4


def test_signature_is_cut_and_long_values_are_short() -> None:
    headers = redact_headers({"X-HeadshotPro-Signature": "sha256=" + "ab" * 32, "User-Agent": "x" * 500})
    assert headers["X-HeadshotPro-Signature"] == f"sha256=abababab{HIDDEN}"
    assert len(headers["User-Agent"]) == 200


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text().filter(lambda name: name not in SHOWN), _VALUES))
def test_text_under_an_unknown_name_never_shows(event: dict[str, object]) -> None:
    canary = "Ada-Lovelace-canary"
    shown = redact_event(json.dumps({**event, "title": canary, "more": {"deep": [{"name": canary}]}}).encode())
    assert shown is not None
    assert canary not in shown
