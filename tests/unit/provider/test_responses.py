"""From a response to a value or one error: envelopes, codes before statuses, reset times in every spelling."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.provider import errors
from portal.provider.responses import Call, RateWindow, get_value, parse_rate_window, parse_reset, parse_response
from portal.provider.wire_types import Model

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
NO_WINDOW = RateWindow(None, None, None)
GET = Call("GET", "/organization/models/:modelId")
POST = Call("POST", "/organization/models", detect_duplicate_text=True)


def get_error(status: int, body: Any, call: Call = GET) -> errors.ProviderError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    with pytest.raises(errors.ProviderError) as caught:
        parse_response(call, status, raw, NO_WINDOW)
    return caught.value


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "UNAUTHORIZED", errors.Unauthorized),
        (403, "FORBIDDEN", errors.Forbidden),
        (400, "INVALID_REQUEST", errors.InvalidRequest),
        (400, "INVALID_EMAIL", errors.InvalidEmail),
        (400, "ALREADY_EXISTS", errors.AlreadyExists),
        (400, "ALREADY_DELETED", errors.AlreadyDeleted),
        (402, "INSUFFICIENT_CREDITS", errors.OutOfCredits),
        (404, "NOT_FOUND", errors.NotFound),
        (429, "RATE_LIMIT_EXCEEDED", errors.RateLimited),
        (429, "INVITE_LIMIT_EXCEEDED", errors.InviteLimit),
        (500, "INTERNAL_ERROR", errors.Unavailable),
        (400, "NEVER_SEEN", errors.InvalidRequest),
        (401, None, errors.Unauthorized),
        (402, None, errors.OutOfCredits),
        (404, None, errors.NotFound),
        (408, None, errors.Unavailable),
        (409, None, errors.AlreadyExists),
        (410, None, errors.AlreadyDeleted),
        (422, None, errors.InvalidRequest),
        (429, None, errors.RateLimited),
        (503, None, errors.Unavailable),
        (599, None, errors.Unavailable),
        (302, None, errors.UnexpectedResponse),
        (418, None, errors.UnexpectedResponse),
        (200, "NOT_FOUND", errors.NotFound),
        (200, "RATE_LIMIT_EXCEEDED", errors.RateLimited),
        (200, None, errors.UnexpectedResponse),
        (500, "INSUFFICIENT_CREDITS", errors.OutOfCredits),
    ],
)
def test_the_code_decides_before_the_status(status: int, code: str | None, kind: type[errors.ProviderError]) -> None:
    error = get_error(status, {"success": False, "error": "Words", "code": code})
    assert type(error) is kind
    assert (error.status, error.code, error.method, error.path_template) == (status, code, "GET", GET.path)


@pytest.mark.parametrize("body", [b"", b"<html><h1>502</h1>", b"[]", b"null", b"\xff", b"[" * 50_000])
@pytest.mark.parametrize(
    ("status", "kind"), [(502, errors.Unavailable), (401, errors.Unauthorized), (200, errors.UnexpectedResponse)]
)
def test_bodies_that_are_no_json_object(body: bytes, status: int, kind: type[errors.ProviderError]) -> None:
    assert type(get_error(status, body)) is kind


@pytest.mark.parametrize("code", [5, None, ["NOT_FOUND"], {"a": 1}, "ada@example.com", "x" * 100, "lower"])
def test_codes_that_are_none_fall_back_on_the_status(code: Any) -> None:
    error = get_error(404, {"success": False, "code": code})
    assert (type(error), error.code) == (errors.NotFound, None)


def test_already_exists_as_text_counts_only_where_requested() -> None:
    body = {"success": False, "code": "INVALID_REQUEST", "error": "A user with this email already exists. …"}
    assert type(get_error(400, body, POST)) is errors.AlreadyExists
    assert type(get_error(400, body)) is errors.InvalidRequest


def test_retryable_and_lost() -> None:
    assert (get_error(503, b"").retryable, get_error(503, b"").outcome_unknown) == (True, False)
    assert get_error(503, b"", POST).outcome_unknown
    assert not get_error(400, b"", POST).outcome_unknown
    assert not get_error(200, {"success": False}, POST).outcome_unknown
    assert get_error(200, b"{", POST).outcome_unknown
    assert get_error(302, b"", POST).outcome_unknown
    assert not get_error(402, b"").retryable
    assert get_error(504, b"").is_timeout  # type: ignore[attr-defined]


def test_an_empty_success_is_enough_only_where_it_may_be() -> None:
    delete = Call("DELETE", GET.path, may_be_empty=True)
    assert parse_response(delete, 204, b" \n", NO_WINDOW) == {}
    assert type(get_error(200, b"", GET)) is errors.UnexpectedResponse
    assert type(get_error(200, b"<html>", delete)) is errors.UnexpectedResponse
    assert type(get_error(200, {"success": False, "code": "NOT_FOUND"}, delete)) is errors.NotFound


MODEL = {"id": "m", "status": "active"}


@pytest.mark.parametrize(
    "response", [{"model": MODEL}, {"data": {"model": MODEL}}, {"data": MODEL}, {"model": MODEL, "data": {"model": 5}}]
)
def test_every_envelope(response: dict[str, Any]) -> None:
    assert get_value(GET, "model", response, Model.parse).id == "m"


@pytest.mark.parametrize(
    "response", [{}, {"model": None}, {"model": []}, {"data": None}, {"data": {"model": None}}, {"model": {}}]
)
def test_no_usable_value_is_unexpected(response: dict[str, Any]) -> None:
    with pytest.raises(errors.UnexpectedResponse) as caught:
        get_value(GET, "model", response, Model.parse)
    assert "no usable model" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-03-01T12:01:00.000Z", 30),
        ("2026-03-01T12:01:00", 30),
        ("2026-03-01T13:01:00+01:00", 30),
        (" 2026-03-01T12:01:00Z ", 30),
        (str(int(NOW.timestamp()) + 30), 30),
        (f"{int(NOW.timestamp()) + 30}.0", 30),
        (str((int(NOW.timestamp()) + 30) * 1000), 30),
        ("2030-01-01T00:00:00Z", 90),
        ("99999999999999", 90),
        ("2026-03-01T12:00:00Z", -30),
    ],
)
def test_reset_times(text: str, seconds: int) -> None:
    assert parse_reset(text, NOW) == NOW + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", [None, "", "soon", "nan", "1e9", "٣" * 10, "-5", "2026-13-01", "0001-01-01T00:00:00+14:00"]
)
def test_unreadable_reset_times(text: str | None) -> None:
    assert parse_reset(text, NOW) is None


@given(st.text(max_size=30))
def test_reset_never_raises_and_is_never_far(text: str) -> None:
    at = parse_reset(text, NOW)
    assert at is None or at <= NOW + timedelta(seconds=90)


def test_window() -> None:
    headers = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "x", "X-RateLimit-Reset": "2026-03-01T12:01:00Z"}
    assert parse_rate_window(headers, NOW) == RateWindow(300, None, NOW + timedelta(seconds=30))
    assert parse_rate_window(headers | {"Retry-After": "5"}, NOW).resets_at == NOW + timedelta(seconds=5)
    assert parse_rate_window(headers | {"Retry-After": "9" * 9}, NOW).resets_at == NOW + timedelta(seconds=90)
    assert parse_rate_window({}, NOW) == NO_WINDOW


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
responses = st.dictionaries(
    st.sampled_from(["success", "data", "model", "code", "error", "message"]), json_values, max_size=5
)


@settings(max_examples=300)
@given(
    status=st.integers(200, 599),
    body=responses.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40),
    call=st.sampled_from([GET, POST, Call("DELETE", GET.path, may_be_empty=True)]),
)
def test_no_response_raises_anything_but_a_provider_error(status: int, body: bytes, call: Call) -> None:
    try:
        response = parse_response(call, status, body, NO_WINDOW)
        get_value(call, "model", response, Model.parse)
    except errors.ProviderError as error:
        assert error.method == call.method  # noqa: PT017 - either outcome is fine, any other exception is not
