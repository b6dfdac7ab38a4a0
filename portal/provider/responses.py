"""Turns status, headers and bytes of a response into a value or one ProviderError; does no I/O."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

import msgspec

from portal.provider import errors
from portal.provider.fields import UnexpectedShape

Method = Literal["GET", "POST", "PUT", "DELETE"]
Priority = Literal["interactive", "background"]
ApiVersion = Literal["v1", "v2"]
Json = dict[str, Any]
T = TypeVar("T")

MAX_WAIT = timedelta(seconds=90)
_SECONDS = re.compile(r"[0-9]{9,11}(\.[0-9]{1,9})?", re.ASCII)
_MILLISECONDS = re.compile(r"[0-9]{12,14}", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,9}", re.ASCII)
_OK, _REDIRECT, _BAD_REQUEST, _SERVER_ERROR = 200, 300, 400, 500
_REQUEST_TIMEOUT, _TOO_MANY, _GATEWAY_TIMEOUT = 408, 429, 504

_BY_CODE: Mapping[str, type[errors.ProviderError]] = {
    "UNAUTHORIZED": errors.Unauthorized,
    "FORBIDDEN": errors.Forbidden,
    "INVALID_REQUEST": errors.InvalidRequest,
    "INVALID_EMAIL": errors.InvalidEmail,
    "ALREADY_EXISTS": errors.AlreadyExists,
    "ALREADY_DELETED": errors.AlreadyDeleted,
    "INSUFFICIENT_CREDITS": errors.OutOfCredits,
    "NOT_FOUND": errors.NotFound,
    "INVITE_LIMIT_EXCEEDED": errors.InviteLimit,
}
_BY_STATUS: Mapping[int, type[errors.ProviderError]] = {
    400: errors.InvalidRequest,
    401: errors.Unauthorized,
    402: errors.OutOfCredits,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.AlreadyExists,
    410: errors.AlreadyDeleted,
    413: errors.InvalidRequest,
    422: errors.InvalidRequest,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call as the provider documents it. `path` holds `:names`, filled from `params` when it is sent.

    `prepaid`: its grant was acquired before. `may_be_empty`: any 2xx will do, even without a body.
    `detect_duplicate_text`: an error text with "already exists" under another code means AlreadyExists.
    """

    method: Method
    path: str
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    priority: Priority = "background"
    prepaid: bool = False
    api_version: ApiVersion = "v2"
    may_be_empty: bool = False
    detect_duplicate_text: bool = False

    @property
    def is_write(self) -> bool:
        """Whether it may change something at the provider."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class RateWindow:
    """The rate-limit headers; None where one was absent or unreadable."""

    limit: int | None
    remaining: int | None
    resets_at: datetime | None


def parse_reset(text: str | None, now: datetime) -> datetime | None:
    """When the window ends: ISO 8601, else Unix seconds or milliseconds; at most 90 s ahead of `now`."""
    if not text:
        return None
    text = text.strip()
    try:
        if _MILLISECONDS.fullmatch(text):
            at = datetime.fromtimestamp(int(text) / 1000, UTC)
        elif _SECONDS.fullmatch(text):
            at = datetime.fromtimestamp(float(text), UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(at, now + MAX_WAIT)


def parse_rate_window(headers: Mapping[str, str], now: datetime) -> RateWindow:
    """The rate-limit headers of any response. `Retry-After`, undocumented, wins over the reset when present."""

    def count(name: str) -> int | None:
        text = (headers.get(name) or "").strip()
        return int(text) if _COUNT.fullmatch(text) else None

    resets_at = parse_reset(headers.get("X-RateLimit-Reset"), now)
    after = count("Retry-After")
    if after is not None:
        resets_at = now + min(timedelta(seconds=after), MAX_WAIT)
    return RateWindow(count("X-RateLimit-Limit"), count("X-RateLimit-Remaining"), resets_at)


def parse_response(call: Call, status: int, body: bytes, window: RateWindow) -> Json:
    """The decoded JSON object of a success.

    Raises the ProviderError that fits; a code decides before the status does, because two kinds of 429 need
    opposite treatment and a response of 200 may still contain `success: false`.
    """
    decoded = _decode(body)
    if _OK <= status < _REDIRECT:
        if decoded is None and call.may_be_empty and not body.strip():
            return {}
        if decoded is None:
            raise build_unexpected(call, "not a JSON object", status)
        if decoded.get("success") is not False:
            return decoded
    raise _build_error(call, status, decoded or {}, window)


def get_value(call: Call, key: str, response: Json, read: Callable[[Any], T]) -> T:
    """Read the value under `key`, at the top level or inside `data`; a bare object in `data` serves as well.

    Raises UnexpectedAnswer when it is missing or of the wrong shape.
    """
    data = response.get("data")
    if key in response:
        raw = response[key]
    elif isinstance(data, dict) and key in data:
        raw = data[key]
    else:
        raw = data
    try:
        return read(raw)
    except UnexpectedShape:
        raise build_unexpected(call, f"no usable {key}", _OK) from None


def get_holder(response: Json, key: str) -> Json:
    """The object that holds `key`: the response itself, or its `data` when only that has it."""
    data = response.get("data")
    return data if key not in response and isinstance(data, dict) else response


def build_unexpected(call: Call, reason: str, status: int | None) -> errors.UnexpectedResponse:
    """The error for a wrong shape; a write whose success cannot be read may have happened all the same."""
    succeeded = status is None or _OK <= status < _REDIRECT
    return errors.UnexpectedResponse(
        call.method,
        call.path,
        reason=reason,
        status=status,
        retryable=not call.is_write,
        outcome_unknown=call.is_write and succeeded,
    )


def _decode(body: bytes) -> Json | None:
    try:
        decoded = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _build_error(call: Call, status: int, decoded: Json, window: RateWindow) -> errors.ProviderError:
    raw_code = decoded.get("code")
    code = raw_code if isinstance(raw_code, str) else None
    kind = _BY_CODE.get(code or "")
    if code == "RATE_LIMIT_EXCEEDED" or (kind is None and status == _TOO_MANY):
        return errors.RateLimited(call.method, call.path, status=status, code=code, resets_at=window.resets_at)
    if kind is None and (status >= _SERVER_ERROR or status == _REQUEST_TIMEOUT):
        return errors.Unavailable(
            call.method,
            call.path,
            status=status,
            code=code,
            is_timeout=status in (_REQUEST_TIMEOUT, _GATEWAY_TIMEOUT),
            outcome_unknown=call.is_write,
        )
    kind = kind or _BY_STATUS.get(status)
    if kind is None:
        return errors.UnexpectedResponse(
            call.method,
            call.path,
            reason="unknown refusal",
            status=status,
            code=code,
            outcome_unknown=call.is_write and _REDIRECT <= status < _BAD_REQUEST,
        )
    if kind is errors.InvalidRequest and call.detect_duplicate_text and _has_duplicate_text(decoded):
        kind = errors.AlreadyExists
    return kind(call.method, call.path, status=status, code=code)


def _has_duplicate_text(decoded: Json) -> bool:
    text = decoded.get("error") or decoded.get("message")
    return isinstance(text, str) and "already exists" in text.lower()
