"""Three thousand streams: memory per stream, and latency of an update to one and to all of them."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench import memory
from bench.load import compute_percentile
from bench.people import Visitor
from bench.servers import Server
from bench.streams import Streams
from bench.updates import UpdatePublisher

STREAMS = 3_000
_FEW = 1_000
_ROUNDS = 10
_SINGLES = 100


@dataclass
class UpdateLatency:
    """Latency of updates to one server's pages, in milliseconds.

    Attributes:
        one: to the one page they concern, for each update.
        all_p99: to 99 of 100 pages when all are updated at once, for each round.
    """

    one: list[float] = field(default_factory=list)
    all_p99: list[float] = field(default_factory=list)

    @property
    def one_p50(self) -> float:
        """The middle one."""
        return statistics.median(self.one)


@dataclass
class Audience:
    """One server with its open pages, and the publisher of its updates."""

    server: Server
    visitors: Sequence[Visitor]
    streams: Streams
    publisher: UpdatePublisher | None = None
    bytes_per_stream: float = 0.0
    latency: UpdateLatency = field(default_factory=UpdateLatency)

    def gather(self, path: str) -> None:
        """Open all streams; what the memory grows by after the first thousand is what one more costs.

        Args:
            path: where they are; ``{person}`` stands for whose it is.
        """
        requests = [each.build_request(path.format(person=each.person_id)) for each in self.visitors]
        self.streams.open(requests[:_FEW])
        before = memory.measure_memory_bytes(self.server.pid)
        self.streams.open(requests[_FEW:])
        self.bytes_per_stream = (memory.measure_memory_bytes(self.server.pid) - before) / (len(requests) - _FEW)

    def measure_update(self, chosen: Sequence[int]) -> list[float]:
        """Publish an update for these pages in one commit; return the milliseconds until each received it."""
        assert self.publisher is not None  # noqa: S101 - only called where there is one
        people = {self.visitors[index].person_id: index for index in chosen}
        self.streams.drain()
        versions = self.publisher.prepare(list(people))
        expected = {index: versions[person] for person, index in people.items()}
        sent = self.publisher.send()
        arrived = self.streams.wait_for(expected)
        self.publisher.wait_for_commit()
        return [(at - sent) * 1000 for at in arrived.values()]


def measure_update_latency(audiences: list[Audience], say: Callable[[str], None]) -> None:
    """Send updates to one page after the other, then to all at once, for each server in turn, ten times.

    Raises:
        LoadError: an update did not arrive.
    """
    chance = random.Random("news")  # noqa: S311 - every server gets the same
    for number in range(_ROUNDS):
        chosen = [chance.randrange(STREAMS) for _ in range(_SINGLES)]
        for audience in audiences[number % len(audiences) :] + audiences[: number % len(audiences)]:
            for index in chosen:
                audience.latency.one += audience.measure_update([index])
            audience.latency.all_p99.append(compute_percentile(audience.measure_update(range(STREAMS)), 0.99))
    for audience in audiences:
        latency = audience.latency
        seen = f"one page p50 {latency.one_p50:.2f} ms, all {STREAMS} p99 {statistics.median(latency.all_p99):.0f} ms"
        say(f"{audience.server.name}: {seen}")
