"""The benchmark's own tools: what it sends, how it waits for responses, what it counts and how it compares."""

from __future__ import annotations

import hashlib
import hmac
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from bench import cpu, events, goals, load, report, webhook_verdicts
from bench.load import LoadError
from bench.rounds import Cost
from bench.webhook_verdicts import BARE, DJSTRIPE, EXPRESS, A, B

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nkept\n"


def test_requests_have_the_size_the_share_of_repeats_and_a_true_signature() -> None:
    batch = events.build_batch(events.build_portal_request("/webhooks/profilebakery"), "test", 2000)
    assert 0.17 < 1 - batch.distinct / len(batch.requests) < 0.23
    head, _, body = batch.requests[0].partition(b"\r\n\r\n")
    assert len(body) == events.BODY_BYTES
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    signed = f"{headers['X-ProfileBakery-Timestamp']}.".encode() + body
    digest = hmac.new(events.SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-ProfileBakery-Signature"] == f"sha256={digest}"
    assert batch.ids == events.build_batch(events.build_stripe_request("/x"), "test", 2000).ids
    assert batch.ids[0] not in events.build_batch(events.build_stripe_request("/x"), "other", 2000).ids


def test_cpu_time_of_a_child_counts_while_it_runs_and_afterwards() -> None:
    busy = "import time; began = time.process_time()\nwhile time.process_time() < began + 0.2: pass\ninput()"
    before = cpu.measure_cpu_seconds([os.getpid()])
    with subprocess.Popen([sys.executable, "-c", busy], stdin=subprocess.PIPE) as child:
        assert child.pid in cpu.list_process_tree(os.getpid())
        while cpu.measure_cpu_seconds([child.pid]) < 0.2:
            assert child.poll() is None
        child.communicate(b"\n", timeout=60)
    assert cpu.measure_cpu_seconds([os.getpid()]) - before >= 0.2


@contextmanager
def run_server(responses: list[bytes]) -> Iterator[int]:
    """Respond to every request with the next of these, the last for ever; b"" closes the connection."""
    remaining = list(responses)
    lock = threading.Lock()

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while connection.recv(65_536):
                with lock:
                    response = remaining.pop(0) if len(remaining) > 1 else remaining[0]
                if not response:
                    return
                connection.sendall(response)

    def accept() -> None:
        with suppress(OSError):
            while True:
                thread = threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True)
                thread.start()
                threads.append(thread)

    threads: list[threading.Thread] = []
    listener = socket.create_server(("127.0.0.1", 0))
    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in [acceptor, *threads]:
            thread.join(60)


REQUESTS = [b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"] * 40


def test_closed_loop_completes_every_request_once() -> None:
    with run_server([OK]) as port:
        seen = load.send_closed_loop(port, REQUESTS, connections=4)
    assert (seen.statuses, seen.acknowledged, len(seen.latencies)) == ({200: 40}, set(range(40)), 40)
    assert 0 <= seen.percentile(0.5) <= seen.percentile(0.99)


def test_open_loop_keeps_its_rate() -> None:
    with run_server([OK]) as port:
        seen = load.open_loop(port, REQUESTS, rate=200, connections=4)
    assert seen.seconds >= 39 / 200
    assert seen.acknowledged == set(range(40))


@pytest.mark.parametrize("bad", [b"", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"])
def test_load_test_stops_on_error_response_unless_configured_to_continue(bad: bytes) -> None:
    with run_server([OK, bad, OK]) as port, pytest.raises(LoadError):
        load.send_closed_loop(port, REQUESTS, connections=2)
    with run_server([OK, bad, OK]) as port:
        counts: list[int] = []
        seen = load.send_until_acknowledged(port, REQUESTS, counts.append)
    assert seen.acknowledged == set(range(40))
    assert counts[-1] == 40
    assert seen.broken == (bad == b"")


def build_cost(cpu_us: float, per_second: float) -> Cost:
    return Cost([cpu_us], [per_second], [1.0], [2.0])


def test_verdicts_follow_the_ratios() -> None:
    costs = {
        A: build_cost(600, 2000),
        B: build_cost(660, 1900),
        BARE: build_cost(110, 12_000),
        DJSTRIPE: build_cost(7000, 250),
    }
    found = {
        each.goal: each
        for each in webhook_verdicts.build_round_verdicts(costs, ["P1", "P2", "P3"], {EXPRESS: "no node here"})
    }
    assert {goal: each.is_met for goal, each in found.items()} == {"P1": True, "P2": None, "P3": False}
    assert found["P2"].found == "no node here"
    assert found["P1"].found == "0.090×, 7.8×"
    assert webhook_verdicts.compute_aa_spread(costs) == pytest.approx(1.1)
    table = report.format_table(list(found.values()))
    assert "NOT MET" in table
    assert "not measured" in table


def test_goals_of_one_measurement_are_measured_together() -> None:
    called = goals.group_goals(["P7", "L1", "P1", "P1"])
    assert called == {goals.GOALS["P1"].measure: ["P1", "P7"], goals.GOALS["L1"].measure: ["L1"]}
    named = [name for names in goals.group_goals(goals.GOALS).values() for name in names]
    assert sorted(named) == sorted(goals.GOALS)
