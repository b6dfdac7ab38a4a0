"""Sends one HTTP call to the provider: budget, deadline, byte cap, retries of reads."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import msgspec
import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from portal.http_client.adapter import ResponseTooLarge, build_session
from portal.http_client.connection import CONNECT_S, READ_S, TOTAL_S, open_deadline
from portal.provider.budget import Budget, CallRecorder, Grant
from portal.provider.errors import InvalidRequest, NotFound, ProviderError, RateLimited, Unavailable
from portal.provider.responses import (
    MAX_WAIT,
    ApiVersion,
    Call,
    Json,
    RateWindow,
    build_unexpected,
    parse_rate_window,
    parse_response,
)
from portal.provider.retry import CircuitBreaker, ProviderRetry, RetryBudget

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Sleep = Callable[[float], None]

BYTE_CAP = 8 * 1024 * 1024
# A person waits for an interactive call: an error with a retry time is better than a slow page.
MAX_WAIT_S = {"interactive": 2.0, "background": MAX_WAIT.total_seconds()}
CLIENT_NAME = "headshot-portal"
_INTERNAL_ERROR = 500
_TIMEOUTS = (requests.Timeout, TimeoutError)


def get_utc_now() -> datetime:
    """Return the present time in UTC."""
    return datetime.now(UTC)


class Transport:
    """Sends calls. One instance per process and key: it holds the connections, the breaker and the allowance.

    `bases` maps an API version to its base URL without a trailing slash.
    """

    def __init__(  # noqa: PLR0917 - handed on as they are
        self,
        bases: Mapping[ApiVersion, str],
        api_key: str,
        budget: Budget | None = None,
        recorder: CallRecorder | None = None,
        clock: Clock = get_utc_now,
        sleep: Sleep = time.sleep,
    ) -> None:
        if not (api_key.isascii() and api_key.isprintable() and api_key.strip()):
            raise ValueError("the API key is empty or holds characters no header can carry")
        self.bases = bases
        self.budget = budget
        self.recorder = recorder
        self.clock = clock
        self.sleep = sleep
        self._session = _build_session(api_key)
        self._breaker = CircuitBreaker()
        self._allowance = RetryBudget()

    def __repr__(self) -> str:
        return "<Transport>"

    def send(self, call: Call) -> Json:
        """The decoded response of a call. Only reads are tried again.

        Raises nothing but ProviderError, and what the budget raises when it is unavailable.
        """
        url = self._build_url(call)
        self._allowance.add_share()
        retry: ProviderRetry | None = ProviderRetry()
        ends = time.monotonic() + TOTAL_S
        while True:
            if not self._breaker.allows(self.clock()):
                raise Unavailable(call.method, call.path, circuit_open=True)
            outcome = self._attempt(call, url, self._acquire_grant(call), ends)
            if not isinstance(outcome, ProviderError):
                return outcome
            retry = retry.increment_or_none(call.method, call.path) if retry and not call.is_write else None
            wait = self._compute_wait(call, outcome, retry, ends)
            if wait is None:
                raise outcome
            self.sleep(wait)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _compute_wait(
        self, call: Call, failure: ProviderError, retry: ProviderRetry | None, ends: float
    ) -> float | None:
        if retry is None:
            return None
        wait = retry.get_backoff_time()
        if isinstance(failure, RateLimited):
            until_reset = 0.0
            if failure.resets_at is not None:
                until_reset = max((failure.resets_at - self.clock()).total_seconds(), 0.0)
            if until_reset > MAX_WAIT_S[call.priority]:
                return None
            wait += until_reset
        elif not isinstance(failure, Unavailable) or not self._allowance.spend():
            return None
        out_of_time = call.priority == "interactive" and time.monotonic() + wait >= ends
        return None if out_of_time else wait

    def _acquire_grant(self, call: Call) -> Grant:
        if self.budget is None or call.prepaid:
            return Grant()
        waited = 0.0
        while True:
            now = self.clock()
            leave = self.budget.acquire(call.priority, now)
            if isinstance(leave, Grant):
                return leave
            waited += leave
            if waited > MAX_WAIT_S[call.priority]:
                resets_at = now + min(timedelta(seconds=leave), MAX_WAIT)
                raise RateLimited(call.method, call.path, resets_at=resets_at, own_budget=True)
            self.sleep(leave)

    def _attempt(self, call: Call, url: str, grant: Grant, ends: float) -> Json | ProviderError:
        started = time.monotonic()
        total = TOTAL_S if call.priority == "background" else max(ends - started, 0.001)
        status: int | None = None
        try:
            with open_deadline(total):
                response = self._open(call, url)
            status = response.status_code
            window = parse_rate_window(response.headers, self.clock())
            outcome = _build_outcome(call, status, response.content, window)
        except (requests.RequestException, HTTPError, OSError, UnicodeError) as problem:
            window = RateWindow(None, None, None)
            status = _find_status(problem)
            outcome = _build_connection_error(call, problem, status)
        # A plain 500 concerns this request only; other failures mean the provider is down.
        if isinstance(outcome, Unavailable) and outcome.status != _INTERNAL_ERROR:
            self._breaker.record_failure(self.clock())
        else:
            self._breaker.record_success()
        self._record(call, status, (time.monotonic() - started) * 1000.0, grant, window)
        return outcome

    def _record(self, call: Call, status: int | None, duration_ms: float, grant: Grant, window: RateWindow) -> None:
        left = window.remaining if grant.left is None else grant.left
        try:
            if self.budget is not None:
                self.budget.observe(window.limit, window.remaining, window.resets_at)
            if self.recorder is not None:
                self.recorder.record(call.method, call.path, status, duration_ms, left)
        except Exception:
            # The response is in: it may hold the only copy of a session's link, so bookkeeping cannot cost it.
            log.exception("provider.call_not_recorded")

    def _build_url(self, call: Call) -> str:
        segments = []
        for segment in call.path.split("/"):
            filled = call.params[segment[1:]] if segment.startswith(":") else segment
            # An empty or dotted id would address another resource altogether: nothing can have that id.
            if segment.startswith(":") and filled in ("", ".", ".."):
                raise NotFound(call.method, call.path)
            segments.append(quote(filled, safe="", errors="replace"))
        return self.bases[call.api_version] + "/".join(segments)

    def _open(self, call: Call, url: str) -> requests.Response:
        body = None if call.body is None else msgspec.json.encode(call.body)
        return self._session.request(
            call.method,
            url,
            params=dict(call.query),
            data=body,
            headers={} if body is None else {"Content-Type": "application/json"},
            timeout=(CONNECT_S, READ_S),
            allow_redirects=False,
        )


def _build_session(api_key: str) -> requests.Session:
    session = build_session(total_s=TOTAL_S, byte_cap=BYTE_CAP)
    session.headers.update(
        {"Authorization": f"Bearer {api_key}", "Accept": "application/json", "User-Agent": CLIENT_NAME}
    )
    return session


def _find_status(problem: Exception) -> int | None:
    response = getattr(problem, "response", None)
    return None if response is None else response.status_code


def _build_outcome(call: Call, status: int, body: bytes, window: RateWindow) -> Json | ProviderError:
    try:
        return parse_response(call, status, body, window)
    except ProviderError as error:
        return error


def _build_connection_error(call: Call, problem: Exception, status: int | None) -> ProviderError:
    """The error for a call without a usable response. The cause is dropped: its text holds the whole URL."""
    if isinstance(problem, UnicodeError):
        return InvalidRequest(call.method, call.path)
    if isinstance(problem, ResponseTooLarge):
        return build_unexpected(call, "too large", status)
    if isinstance(problem, requests.exceptions.ContentDecodingError):
        return build_unexpected(call, "undecodable body", status)
    reason = _find_reason(problem)
    # urllib3 counts a refused connection as one kind of connect timeout.
    refused = isinstance(reason, NewConnectionError | NameResolutionError)
    never_sent = refused or isinstance(reason, ConnectTimeoutError)
    too_slow = isinstance(problem, _TIMEOUTS) and not refused
    return Unavailable(
        call.method,
        call.path,
        status=status,
        is_timeout=too_slow or isinstance(reason, ReadTimeoutError),
        outcome_unknown=call.is_write and not never_sent,
    )


def _find_reason(problem: Exception) -> object:
    cause = problem.args[0] if problem.args else None
    return cause.reason if isinstance(cause, MaxRetryError) else cause
