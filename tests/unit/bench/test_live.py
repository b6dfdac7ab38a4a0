"""How the benchmark holds open pages: what it takes for news, what it counts, and how it compares."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from uuid import uuid4

import pytest

from bench import live_verdicts, memory, streams
from bench.crowded import Crowded
from bench.delivery import UpdateLatency
from bench.idle import Idle
from bench.load import LoadError, compute_percentile
from bench.people import Visitor
from bench.streams import Streams

HEAD = b"HTTP/1.1 200 OK\r\nContent-Security-Policy: img-src data: blob:\r\n\r\n"
REQUEST = b"GET / HTTP/1.1\r\n\r\n"


@contextmanager
def run_server(*first: bytes) -> Iterator[tuple[int, list[socket.socket]]]:
    """Accept streams, send these parts to each, and keep them for the test to write to."""
    listener = socket.create_server(("127.0.0.1", 0))
    streams: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection = listener.accept()[0]
                connection.recv(1000)
                # Stored before the response: a client that has the response may query it at once.
                streams.append(connection)
                for part in first:
                    connection.sendall(part)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield listener.getsockname()[1], streams
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(60)
        for each in streams:
            each.close()


def test_notifications_reach_their_stream_regardless_of_chunking() -> None:
    with run_server(HEAD, b"retry: 1\ndata: 0\n\n") as (port, foreign), Streams(port) as pages:
        pages.open([REQUEST] * 3)
        pages.open([REQUEST])
        assert len(pages) == 4
        foreign[3].sendall(b"4\r\n: still here\n\n\r\n10\r\nevent: stage\nda")
        foreign[1].sendall(b"event: stage\ndata: 41\n\nevent: stage\ndata: 42\n\n")
        assert set(pages.wait_for({1: 42})) == {1}
        foreign[3].sendall(b"ta: 7\n\n")
        assert set(pages.wait_for({3: 7})) == {3}


def test_a_stream_that_is_refused_closed_or_silent_ends_the_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        run_server(b"HTTP/1.1 503 Busy\r\n\r\n") as (port, _),
        Streams(port) as pages,
        pytest.raises(LoadError, match="503"),
    ):
        pages.open([REQUEST])
    with run_server(HEAD + b"\ndata: 0\n\n") as (port, foreign), Streams(port) as pages:
        pages.open([REQUEST])
        with monkeypatch.context() as patch:
            patch.setattr(streams, "TIMEOUT_SECONDS", 0.2)
            with pytest.raises(LoadError, match="silent"):
                pages.wait_for({0: 1})
        foreign[0].shutdown(socket.SHUT_RDWR)
        with pytest.raises(LoadError, match="closed"):
            pages.wait_for({0: 1})


def test_memory_of_a_process_includes_its_children() -> None:
    program = "import sys; kept = bytes(range(256)) * 200_000; print(flush=True); input()"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        assert memory.measure_memory_bytes(child.pid) >= 51_200_000
        child.communicate(b"\n", timeout=60)
    assert memory.measure_memory_bytes(child.pid) == 0


def test_requests_carry_the_sign_in_and_what_is_known() -> None:
    visitor = Visitor(uuid4(), "token")
    assert b"\r\nCookie: portal_session=token\r\n" in visitor.build_request("/headshots")
    assert b"If-None-Match" not in visitor.build_request("/headshots")
    assert visitor.build_request("/headshots/status", '"abc"').endswith(b'\r\nIf-None-Match: "abc"\r\n\r\n')


def test_idle_pages_are_compared_by_the_median_round() -> None:
    idle = Idle(streams=[0.01, 0.02, 0.06], pages=[0.04, 0.05, 0.5], polls=[1.0, 2.0, 2.0])
    verdict = live_verdicts.build_idle_verdict(idle)
    assert (verdict.goal, verdict.found, verdict.is_met) == ("L1", "0.040× (streams alone 0.010×)", True)
    assert live_verdicts.build_idle_verdict(replace(idle, pages=[0.06, 0.12, 0.5])).is_met is False
    assert live_verdicts.compute_idle_spread(idle) == 2


def test_memory_is_judged_beside_raw_asgi() -> None:
    assert live_verdicts.build_memory_verdict(1_200, 7_500).is_met
    assert live_verdicts.build_memory_verdict(28_800, 7_500).found == "3.84× (28.8 against 7.5 kB)"
    assert live_verdicts.build_memory_verdict(28_800, 7_500).is_met is False


def test_update_latency_is_measured_for_one_and_all_streams() -> None:
    raw = UpdateLatency(one=[1.0, 2.0, 9.0], all_p99=[10.0, 30.0, 20.0])
    own = UpdateLatency(one=[3.0, 4.0, 5.0], all_p99=[20.0, 30.0, 80.0])
    verdict = live_verdicts.build_update_verdict(own, own, raw)
    assert (verdict.found, verdict.is_met) == ("2.0×, 2.0×", True)
    slow = replace(own, all_p99=[31.0, 93.0, 80.0])
    assert live_verdicts.build_update_verdict(slow, slow, raw).is_met is False


def test_page_latency_beside_streams_is_compared_by_its_99th_percentile() -> None:
    alone = [1.0] * 97 + [10.0] * 3
    crowded = Crowded(alone=alone, again=alone, among=[1.0] * 97 + [14.0] * 3)
    assert live_verdicts.build_page_verdict(crowded).found == "1.40×"
    assert live_verdicts.build_page_verdict(crowded).is_met
    assert live_verdicts.build_page_verdict(replace(crowded, among=[16.0] * 100)).is_met is False
    assert live_verdicts.compute_page_spread(crowded) == 1


def test_percentiles_are_measured_values() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert (compute_percentile(values, 0.5), compute_percentile(values, 0.99), compute_percentile([3.0], 0.99)) == (
        51.0,
        100.0,
        3.0,
    )
