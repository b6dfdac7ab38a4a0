"""How long an ordinary page takes while a thousand others are open and live, and while none is."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from bench import load
from bench.idle import INSURANCE_SECONDS
from bench.load import percentile
from bench.news import Newsroom
from bench.people import Visitor
from bench.servers import Server
from bench.streams import Streams

PAGES = 1_000
RATE = 50
ROUNDS = 5
SAMPLES = 600
NEWS_PER_SECOND = 5


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
    live, readers = visitors[:PAGES], visitors[PAGES : 2 * PAGES]
    say(f"an ordinary page {RATE} times a second, with and without {PAGES} live pages: {ROUNDS} rounds")
    load.open_loop(server.port, _pages(readers, SAMPLES), rate=RATE)
    with closing(Newsroom(url)) as newsroom:
        for number in range(ROUNDS):
            before, after = (found.alone, found.again) if number % 2 else (found.again, found.alone)
            before += _alone(server, readers)
            found.among += _among(server, live, readers, newsroom)
            after += _alone(server, readers)
    seen = ", ".join(
        f"{name} {percentile(values, 0.5):.1f}/{percentile(values, 0.99):.1f} ms"
        for name, values in (("alone", found.alone), ("again", found.again), ("among live pages", found.among))
    )
    say(f"an ordinary page, p50/p99: {seen}")
    return found


def _alone(server: Server, readers: Sequence[Visitor]) -> list[float]:
    return load.open_loop(server.port, _pages(readers, SAMPLES), rate=RATE).latencies


def _among(server: Server, live: Sequence[Visitor], readers: Sequence[Visitor], newsroom: Newsroom) -> list[float]:
    """Measure while the live pages get news, and ask at once when they do, and rarely when they do not."""
    chance = random.Random("crowd")  # noqa: S311 - nothing secret
    asks = int(SAMPLES / RATE * (NEWS_PER_SECOND + len(live) / INSURANCE_SECONDS))
    mixed = [(page, True) for page in _pages(readers, SAMPLES)]
    mixed += [(chance.choice(live).asks("/headshots/status"), False) for _ in range(asks)]
    chance.shuffle(mixed)
    rate = RATE * len(mixed) / SAMPLES
    with Streams(server.port) as streams:
        streams.open([each.asks("/headshots/events") for each in live])
        teller = _Teller(newsroom, live, chance)
        seen = load.open_loop(
            server.port, [request for request, _ in mixed], rate=rate, during=teller.tell_now_and_then
        )
    return [took for index, took in zip(seen.order, seen.latencies, strict=True) if mixed[index][1]]


def _pages(readers: Sequence[Visitor], count: int) -> list[bytes]:
    return [readers[number % len(readers)].asks("/headshots") for number in range(count)]


class _Teller:
    """Makes news for one live page after the other, evenly over time."""

    def __init__(self, newsroom: Newsroom, live: Sequence[Visitor], chance: random.Random) -> None:
        self._newsroom = newsroom
        self._live = live
        self._chance = chance
        self._began = time.perf_counter()
        self._told = 0

    def tell_now_and_then(self, _answers: int) -> None:
        """Tell whoever is due by now."""
        if (time.perf_counter() - self._began) * NEWS_PER_SECOND > self._told:
            self._told += 1
            self._newsroom.prepare([self._chance.choice(self._live).person_id])
            self._newsroom.send()
            self._newsroom.settle()
