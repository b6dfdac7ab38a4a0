"""How long an ordinary page takes while a thousand others are open and live, and while none is."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from bench import load
from bench.idle import INSURANCE_SECONDS
from bench.load import percentile
from bench.news import Newsroom
from bench.people import Visitor
from bench.servers import Server
from bench.streams import Streams

PAGES = 1_000
ROUNDS = 7
SAMPLES = 440
NEWS_PER_SECOND = 5
# What a machine takes decides how fast it is asked: at a rate it cannot keep, only its queue would be measured.
_MOST_A_SECOND = 40
_SHARE_OF_CAPACITY = 0.4
_CALIBRATION = 200


@dataclass
class Crowded:
    """Milliseconds an ordinary page took: with nobody there, so again, and with a thousand live pages open."""

    alone: list[float] = field(default_factory=list)
    again: list[float] = field(default_factory=list)
    among: list[float] = field(default_factory=list)


def run(server: Server, visitors: Sequence[Visitor], url: str, say: Callable[[str], None]) -> Crowded:
    """Ask for people's own page at a fixed rate, in turn without and with the others.

    Raises:
        LoadError: the portal did not answer as it must.
    """
    found = Crowded()
    live, readers = visitors[:PAGES], visitors[PAGES:]
    pages = [readers[number % len(readers)].asks("/headshots") for number in range(SAMPLES)]
    load.closed_loop(server.port, pages[:_CALIBRATION], connections=2)
    capacity = load.closed_loop(server.port, pages[:_CALIBRATION], connections=2).rate
    rate = min(_MOST_A_SECOND, capacity * _SHARE_OF_CAPACITY)
    say(f"an ordinary page {rate:.0f} times a second, with and without {PAGES} live pages: {ROUNDS} rounds")
    for number in range(ROUNDS):
        before, after = (found.alone, found.again) if number % 2 else (found.again, found.alone)
        before += load.open_loop(server.port, pages[::2], rate=rate).latencies
        with Streams(server.port) as streams:
            streams.open([each.asks("/headshots/events") for each in live])
            with _news(url, live):
                found.among += _among(server, live, pages, rate)
        after += load.open_loop(server.port, pages[1::2], rate=rate).latencies
    seen = ", ".join(
        f"{name} {percentile(values, 0.5):.1f}/{percentile(values, 0.99):.1f} ms"
        for name, values in (("alone", found.alone), ("again", found.again), ("among live pages", found.among))
    )
    say(f"an ordinary page, p50/p99: {seen}")
    return found


def _among(server: Server, live: Sequence[Visitor], pages: Sequence[bytes], rate: float) -> list[float]:
    """Measure while the live pages ask too: at once when they hear news, and rarely when they do not."""
    chance = random.Random("crowd")  # noqa: S311 - nothing secret
    asks = int(len(pages) / rate * (NEWS_PER_SECOND + len(live) / INSURANCE_SECONDS))
    mixed = [(page, True) for page in pages]
    mixed += [(chance.choice(live).asks("/headshots/status"), False) for _ in range(asks)]
    chance.shuffle(mixed)
    seen = load.open_loop(server.port, [request for request, _ in mixed], rate=rate * len(mixed) / len(pages))
    return [took for index, took in zip(seen.order, seen.latencies, strict=True) if mixed[index][1]]


@contextmanager
def _news(url: str, live: Sequence[Visitor]) -> Iterator[None]:
    """Tell one live page after the other during the block, from a thread: whoever measures must not wait for it."""
    chance = random.Random("news")  # noqa: S311 - nothing secret
    is_over = threading.Event()

    def tell() -> None:
        with closing(Newsroom(url)) as newsroom:
            while not is_over.wait(1 / NEWS_PER_SECOND):
                newsroom.prepare([chance.choice(live).person_id])
                newsroom.send()
                newsroom.settle()

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
