"""One call and what the network can do to it: retries, deadlines, caps, and no leaks."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
import time
import traceback

import pytest

from portal.provider import BRANDS, ProviderClient, errors, transport
from tests.unit.provider.budget_doubles import FakeTime
from tests.unit.provider.scripted_server import ReceivedRequest, Reply, ScriptedServer, close_socket
from tests.waiting import END_SECONDS, SILENT_SECONDS

CREDITS = Reply(200, {"success": True, "credits": 3})
CREATED = Reply(
    200,
    {"success": True, "modelId": "m1", "status": "onboarding", "signedUrl": "https://studio.example/?token=t"},
)
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


def test_what_is_sent(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(CREATED)
    client.create_model("ada@example.com", is_development=True, version="lora")
    requested = server.requests[0]
    assert (requested.method, requested.path) == ("POST", "/api/v2/organization/models")
    assert requested.headers["Authorization"] == "Bearer test-api-key"
    assert requested.headers["Content-Type"] == "application/json"
    assert requested.json == {"email": "ada@example.com", "isDevelopment": True, "version": "lora"}


@pytest.mark.parametrize("key", ["", " ", "a\nb", "schlüssel"])
def test_a_key_no_header_can_carry_is_refused_at_once(key: str) -> None:
    with pytest.raises(ValueError, match="API key"):
        ProviderClient(BRANDS["headshotpro"], key)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_reads_are_tried_again_with_growing_jittered_waits(
    server: ScriptedServer, client: ProviderClient, time_: FakeTime, status: int
) -> None:
    server.set_replies(Reply(status, b"<html>bad gateway"), Reply(status), Reply(status, {"success": False}), CREDITS)
    assert client.get_credits() == 3
    assert len(server.requests) == 4
    assert len(time_.slept) == 3
    assert all(0 <= wait <= maximum for wait, maximum in zip(time_.slept, (0.5, 1.0, 2.0), strict=True))


def test_reads_are_given_up_after_three_retries(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(503))
    with pytest.raises(errors.Unavailable) as caught:
        client.get_credits()
    assert len(server.requests) == 4
    assert (caught.value.retryable, caught.value.outcome_unknown, caught.value.status) == (True, False, 503)


@pytest.mark.parametrize("reply", [Reply(500), Reply(502, b"<html>"), Reply(raw=close_socket), Reply(429, LIMITED)])
def test_writes_are_never_tried_again(server: ScriptedServer, client: ProviderClient, reply: Reply) -> None:
    server.set_replies(reply)
    with pytest.raises(errors.ProviderError) as caught:
        client.create_model("ada@example.com")
    assert len(server.requests) == 1
    assert caught.value.outcome_unknown is (reply.status != 429)


@pytest.mark.parametrize("body", [b"", b"{", b"<html>ok", b"[1]", {"success": True}, {"modelId": 1.5}])
def test_unreadable_write_response_has_unknown_outcome(
    server: ScriptedServer, client: ProviderClient, body: object
) -> None:
    server.set_replies(Reply(200, body))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.create_model("ada@example.com")
    assert caught.value.outcome_unknown


def test_refused_connection_counts_as_not_executed(time_: FakeTime) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}/api/v2"
        client = ProviderClient(BRANDS["headshotpro"], "k", url, clock=time_.clock, sleep=time_.sleep)
        with pytest.raises(errors.Unavailable) as caught:
            client.create_model("ada@example.com")
    assert (caught.value.outcome_unknown, caught.value.is_timeout, caught.value.status) == (False, False, None)


def test_unresponsive_server_ends_at_the_read_timeout(
    server: ScriptedServer, client: ProviderClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "READ_S", 0.2)
    monkeypatch.setattr("portal.http_client.connection.READ_S", 0.2)
    done = threading.Event()
    server.set_replies(Reply(raw=lambda _: _wait(done)))
    started = time.monotonic()
    with pytest.raises(errors.Unavailable) as caught:
        client.create_model("ada@example.com")
    done.set()
    assert caught.value.is_timeout
    assert caught.value.outcome_unknown
    assert time.monotonic() - started < END_SECONDS


@pytest.mark.parametrize(
    "prefix", [b"", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"]
)
def test_slow_response_ends_at_the_deadline(
    server: ScriptedServer, time_: FakeTime, monkeypatch: pytest.MonkeyPatch, prefix: bytes
) -> None:
    monkeypatch.setattr(transport, "TOTAL_S", 0.5)
    client = build_client(server, time_)

    def drip(sock: socket.socket) -> None:
        sock.sendall(prefix)
        for _ in range(int(SILENT_SECONDS / 0.05)):
            sock.sendall(b" ")
            time.sleep(0.05)

    server.set_replies(Reply(raw=drip))
    started = time.monotonic()
    with pytest.raises(errors.Unavailable) as caught:
        client.get_credits(priority="interactive")
    assert caught.value.is_timeout
    assert time.monotonic() - started < END_SECONDS


def test_responses_over_the_cap_are_cut_off(
    server: ScriptedServer, time_: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "BYTE_CAP", 100_000)
    client = build_client(server, time_)
    server.set_replies(Reply(200, {"success": True, "credits": "1" * 200_000}))
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.get_credits()
    assert caught.value.reason == "too large"
    bomb = gzip.compress(b" " * 50_000_000)
    server.set_replies(Reply(200, bomb, {"Content-Encoding": "gzip"}))
    with pytest.raises(errors.UnexpectedResponse):
        client.get_credits()


def test_a_body_that_cannot_be_decoded(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, b"no gzip", {"Content-Encoding": "gzip"}))
    with pytest.raises(errors.UnexpectedResponse):
        client.get_credits()


@pytest.mark.asvs("A29")
def test_redirects_are_not_followed(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(302, b"", {"Location": f"{server.origin}/elsewhere"}), CREDITS)
    with pytest.raises(errors.UnexpectedResponse) as caught:
        client.get_credits()
    assert caught.value.status == 302
    assert len(server.requests) == 1


def test_cookies_are_not_kept(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, {"credits": 1}, {"Set-Cookie": "session=abc; Path=/"}))
    client.get_credits()
    client.get_credits()
    assert "Cookie" not in server.requests[1].headers


def test_the_environment_sets_no_proxy(
    server: ScriptedServer, time_: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.set_replies(CREDITS)
    assert build_client(server, time_).get_credits() == 3


@pytest.mark.parametrize("model_id", ["", ".", ".."])
def test_ids_that_would_name_another_resource_are_not_sent(
    server: ScriptedServer, client: ProviderClient, model_id: str
) -> None:
    with pytest.raises(errors.NotFound):
        client.get_model(model_id)
    assert server.requests == []


def test_ids_are_one_segment_whatever_is_in_them(server: ScriptedServer, client: ProviderClient) -> None:
    server.set_replies(Reply(200, {"model": {"id": "m", "status": "active"}}))
    client.get_model("a/../b?c#d%2f é")
    assert server.requests[0].path == "/api/v2/organization/models/a%2F..%2Fb%3Fc%23d%252f%20%C3%A9"


def test_nothing_private_is_logged_or_shown_by_errors(
    server: ScriptedServer, time_: FakeTime, caplog: pytest.LogCaptureFixture
) -> None:
    person_name, key = "canary" + "@example.com", "canary" + "-key"
    client = ProviderClient(BRANDS["headshotpro"], key, server.api_url, clock=time_.clock, sleep=time_.sleep)
    notified = [repr(client), repr(client._transport)]

    def echo(requested: ReceivedRequest) -> Reply:
        return Reply(500, {"success": False, "error": requested.path, "code": person_name})

    with caplog.at_level(logging.DEBUG):
        for reply in (echo, Reply(raw=close_socket), Reply(200, b"canary"), Reply(404, {"code": "canary key"})):
            server.set_replies(reply)
            for call in (
                lambda: client.get_invite(person_name),
                lambda: client.create_model(person_name),
            ):
                with pytest.raises(errors.ProviderError) as caught:
                    call()
                notified += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
                notified += traceback.format_exception(caught.value)
    assert not [text for text in [*notified, caplog.text] if person_name in text or key in text]


def _wait(done: threading.Event) -> None:
    done.wait(60)
