"""How many database connections two web processes hold at rest and under load, on a plan of 20 (D1)."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from bench import events, load
from bench.people import create_people
from bench.report import Verdict
from bench.servers import Receiver
from bench.workbench import Bench
from portal.domain.connection_plan import RESERVED, build_plan

PLAN = 20
VISITORS = 24
VISITS = 480
WEBHOOKS = 240
_SAMPLE_S = 0.05
_COUNT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def measure_connections(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Visit pages at 24 at a time, and send webhooks; anything but a 2xx is an error."""
    server = bench.ground.portal("small plan")
    url = bench.ground.url(server)
    visitors = create_people(url, VISITORS)
    at_rest = _count(url)
    pages = [visitors[number % VISITORS].build_request("/headshots") for number in range(VISITS)]
    with _sample_peak(url) as peak:
        failed = _send(server, pages, bench) + _send(
            server, events.build_batch(server.make, "small plan", WEBHOOKS).requests, bench
        )
    peak_count, plan = max(peak), build_plan(PLAN, 2)
    allowed = PLAN - plan.per_worker - RESERVED
    bench.details["connections"] = {"at_rest": at_rest, "under_load": peak_count, "failed": failed}
    found = f"{at_rest} at rest, {peak_count} under load, {failed or 'no'} failure"
    is_met = not failed and peak_count <= allowed
    expected = f"no 503, ≤ {allowed} of {PLAN} connections"
    return [Verdict("D1", f"2 web processes, {VISITORS} at a time", expected, found, is_met)]


def _send(server: Receiver, requests: list[bytes], bench: Bench) -> int:
    try:
        load.send_closed_loop(server.port, requests, connections=VISITORS)
    except load.LoadError as error:
        bench.say(str(error))
        return 1
    return 0


@contextmanager
def _sample_peak(url: str) -> Iterator[list[int]]:
    """Collect the number of connections during the block."""
    counts = [0]
    is_over = threading.Event()

    def sample() -> None:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            while not is_over.wait(_SAMPLE_S):
                row = connection.execute(_COUNT).fetchone()
                counts.append(row[0] if row else 0)

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield counts
    finally:
        is_over.set()
        thread.join()


def _count(url: str) -> int:
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        row = connection.execute(_COUNT).fetchone()
    return row[0] if row else 0
