"""When a call waits, is tried again or is not even made: rate limit, shared budget, retry allowance, breaker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from portal.provider import BRANDS, ProviderClient, errors
from tests.unit.provider.budget_doubles import CountingBudget, FakeTime, ListRecorder
from tests.unit.provider.scripted_server import Reply, ScriptedServer, close_socket

CREDITS = Reply(200, {"success": True, "credits": 3})
LIMITED = {"success": False, "error": "Rate limit exceeded", "code": "RATE_LIMIT_EXCEEDED"}


def build_client(server: ScriptedServer, time_: FakeTime, **options: object) -> ProviderClient:
    return ProviderClient(
        BRANDS["headshotpro"],
        "test-api-key",
        server.api_url,
        clock=time_.clock,
        sleep=time_.sleep,
        **options,  # type: ignore[arg-type]
    )


def test_a_background_read_waits_for_the_reset(server: ScriptedServer, client: ProviderClient, time_: FakeTime) -> None:
    reset = "2026-03-01T12:01:00.000Z"
    server.set_replies(Reply(429, LIMITED, {"X-RateLimit-Reset": reset}), CREDITS)
    assert client.get_credits() == 3
    assert 30 <= time_.slept[0] <= 30.5


def test_an_interactive_read_returns_a_time_instead_of_waiting(
    server: ScriptedServer, client: ProviderClient, time_: FakeTime
) -> None:
    server.set_replies(Reply(429, LIMITED, {"X-RateLimit-Reset": "2026-03-01T12:01:00.000Z"}))
    with pytest.raises(errors.RateLimited) as caught:
        client.get_credits(priority="interactive")
    assert caught.value.resets_at == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    assert not caught.value.own_budget
    assert time_.slept == []


def test_the_invite_limit_is_not_waited_for(server: ScriptedServer, client: ProviderClient, time_: FakeTime) -> None:
    server.set_replies(Reply(429, {"success": False, "code": "INVITE_LIMIT_EXCEEDED"}))
    with pytest.raises(errors.InviteLimit):
        client.list_invites()
    assert len(server.requests) == 1


def test_budget_and_recorder_see_every_attempt(server: ScriptedServer, time_: FakeTime) -> None:
    budget, recorder = CountingBudget(10), ListRecorder()
    client = build_client(server, time_, budget=budget, recorder=recorder)
    headers = {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Remaining": "299",
        "X-RateLimit-Reset": "2026-03-01T12:01:00.000Z",
    }
    server.set_replies(Reply(500), Reply(200, {"model": {"id": "m1", "status": "active"}}, headers))
    client.get_model("m1", priority="interactive")
    assert budget.requests == ["interactive", "interactive"]
    assert budget.observed == [(None, None, None), (300, 299, datetime(2026, 3, 1, 12, 1, tzinfo=UTC))]
    assert [call[:3] + call[4:] for call in recorder.calls] == [
        ("GET", "/organization/models/:modelId", 500, 9),
        ("GET", "/organization/models/:modelId", 200, 8),
    ]
    assert all(call[3] >= 0 for call in recorder.calls)


def test_a_call_without_a_response_is_recorded_too(server: ScriptedServer, time_: FakeTime) -> None:
    recorder = ListRecorder()
    server.set_replies(Reply(raw=close_socket))
    with pytest.raises(errors.Unavailable):
        build_client(server, time_, recorder=recorder).create_model("ada@example.com")
    assert [call[2] for call in recorder.calls] == [None]


def test_failing_call_log_does_not_fail_the_call(
    server: ScriptedServer, time_: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(ListRecorder):
        def record(self, *_args: object) -> None:
            raise ConnectionError("the database is away")

    server.set_replies(Reply(200, {"modelId": "m1", "status": "onboarding", "signedUrl": "https://s/?token=t"}))
    session = build_client(server, time_, recorder=Broken()).create_model("ada@example.com")
    assert session.model_id == "m1"
    assert "provider.call_not_recorded" in caplog.text
    assert "token" not in caplog.text


def test_empty_budget_delays_background_calls_and_rejects_interactive_ones(
    server: ScriptedServer, time_: FakeTime
) -> None:
    client = build_client(server, time_, budget=CountingBudget(1))
    server.set_replies(CREDITS)
    client.get_credits()
    with pytest.raises(errors.RateLimited) as caught:
        client.get_credits(priority="interactive")
    assert caught.value.own_budget
    assert caught.value.resets_at == datetime(2026, 3, 1, 12, 1, tzinfo=UTC)
    assert len(server.requests) == 1
    assert client.get_credits() == 3
    assert time_.slept == [30.0]


def test_retries_add_about_a_tenth(server: ScriptedServer, time_: FakeTime, monkeypatch: pytest.MonkeyPatch) -> None:
    client = build_client(server, time_)
    monkeypatch.setattr("portal.provider.retry.CircuitBreaker.allows", lambda *_: True)
    server.set_replies(Reply(503))
    for _ in range(200):
        with pytest.raises(errors.Unavailable):
            client.get_credits()
    assert 200 < len(server.requests) <= 200 + 10 + 20


def test_the_breaker_opens_probes_and_closes(server: ScriptedServer, time_: FakeTime) -> None:
    client = build_client(server, time_)
    server.set_replies(Reply(503))
    for _ in range(5):
        with pytest.raises(errors.Unavailable):
            client.create_model("ada@example.com")
    requested = len(server.requests)
    with pytest.raises(errors.Unavailable) as caught:
        client.get_credits()
    assert (caught.value.circuit_open, caught.value.outcome_unknown, len(server.requests)) == (True, False, requested)

    time_.now += timedelta(seconds=31)
    with pytest.raises(errors.Unavailable) as caught:
        client.create_model("ada@example.com")
    assert (caught.value.circuit_open, len(server.requests)) == (False, requested + 1)
    with pytest.raises(errors.Unavailable):
        client.get_credits()
    assert len(server.requests) == requested + 1

    time_.now += timedelta(seconds=31)
    server.set_replies(CREDITS)
    assert client.get_credits() == 3
    assert client.get_credits() == 3


def test_refusals_do_not_open_the_breaker(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(402, {"success": False, "code": "INSUFFICIENT_CREDITS"}))
    for _ in range(10):
        with pytest.raises(errors.OutOfCredits):
            client.create_model("ada@example.com")
    assert len(server.requests) == 10
