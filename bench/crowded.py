"""Latency of an ordinary page with and without a thousand open streams."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from bench import load
from bench.idle import INSURANCE_SECONDS
from bench.load import compute_percentile
from bench.people import Visitor
from bench.servers import Server
from bench.streams import Streams
from bench.updates import UpdatePublisher

PAGES = 1_000
ROUNDS = 7
SAMPLES = 440
UPDATES_PER_SECOND = 5
# What a machine takes decides the rate of requests: at a rate it cannot keep, only its queue would be measured.
_MAX_REQUESTS_PER_SECOND = 40
_SHARE_OF_CAPACITY = 0.4
_CALIBRATION = 200


@dataclass
class Crowded:
    """Latency of an ordinary page in milliseconds: without streams, again without, and with a thousand streams."""

    alone: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    among: list[float] = field(default_factory=list)


def measure_page_latency(server: Server, visitors: Sequence[Visitor], url: str, say: Callable[[str], None]) -> Crowded:
    """Request people's own page at a fixed rate, in turn without and with the others.

    Raises:
        LoadError: the portal did not respond as required.
    """
    found = Crowded()
    live, readers = visitors[:PAGES], visitors[PAGES:]
    pages = [readers[number % len(readers)].build_request("/headshots") for number in range(SAMPLES)]
    load.send_closed_loop(server.port, pages[:_CALIBRATION], connections=2)
    capacity = load.send_closed_loop(server.port, pages[:_CALIBRATION], connections=2).rate
    rate = min(_MAX_REQUESTS_PER_SECOND, capacity * _SHARE_OF_CAPACITY)
    say(f"an ordinary page {rate:.0f} times a second, with and without {PAGES} live pages: {ROUNDS} rounds")
    for number in range(ROUNDS):
        before, after = (found.alone, found.again) if number % 2 else (found.again, found.alone)
        before += load.open_loop(server.port, pages[::2], rate=rate).latencies
        with Streams(server.port) as streams:
            streams.open([each.build_request("/headshots/events") for each in live])
            with _publish_updates(url, live):
                found.among += _among(server, live, pages, rate)
        after += load.open_loop(server.port, pages[1::2], rate=rate).latencies
    seen = ", ".join(
        f"{name} {compute_percentile(values, 0.5):.1f}/{compute_percentile(values, 0.99):.1f} ms"
        for name, values in (("alone", found.alone), ("again", found.again), ("among live pages", found.among))
    )
    say(f"an ordinary page, p50/p99: {seen}")
    return found


def _among(server: Server, live: Sequence[Visitor], pages: Sequence[bytes], rate: float) -> list[float]:
    """Measure while the live pages poll as well: after each update, and rarely without one."""
    chance = random.Random("crowd")  # noqa: S311 - nothing secret
    requests = int(len(pages) / rate * (UPDATES_PER_SECOND + len(live) / INSURANCE_SECONDS))
    mixed = [(page, True) for page in pages]
    mixed += [(chance.choice(live).build_request("/headshots/status"), False) for _ in range(requests)]
    chance.shuffle(mixed)
    seen = load.open_loop(server.port, [request for request, _ in mixed], rate=rate * len(mixed) / len(pages))
    return [took for index, took in zip(seen.order, seen.latencies, strict=True) if mixed[index][1]]


@contextmanager
def _publish_updates(url: str, live: Sequence[Visitor]) -> Iterator[None]:
    """Publish updates to one live page after the other during the block, in a separate thread."""
    chance = random.Random("news")  # noqa: S311 - nothing secret
    is_over = threading.Event()

    def publish_updates() -> None:
        with closing(UpdatePublisher(url)) as publisher:
            while not is_over.wait(1 / UPDATES_PER_SECOND):
                publisher.prepare([chance.choice(live).person_id])
                publisher.send()
                publisher.wait_for_commit()

    thread = threading.Thread(target=publish_updates)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
