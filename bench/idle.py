"""A thousand pages on which nothing happens: what it costs to keep them in step by streams, and what by polling."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench import load
from bench.load import LoadError
from bench.people import Visitor
from bench.servers import Ground, Server
from bench.streams import Streams

PAGES = 1_000
ROUNDS = 2
POLL_EVERY_SECONDS = 3
# Requested a few at a time and then scaled, for all at that pace are more than a small machine can serve.
_ASKING_AT_ONCE = 4
# In this time each stream gets exactly one heartbeat, whenever it was opened.
_STREAMS_SECONDS = 20
# What static/js/live.js comes down to on a page where nothing happens: it polls, but rarely.
INSURANCE_SECONDS = 160


@dataclass
class Idle:
    """What a thousand pages took, in processors: 1.0 is one processor, busy all the time.

    Attributes:
        streams: streams alone.
        pages: streams, and now and then a question by each page, which is what browsers do.
        polls: the same pages without streams, polling every three seconds.
    """

    streams: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)

    def beside_polls(self, values: Sequence[float]) -> float:
        """Return the middle ratio of these to polls of the same round."""
        return statistics.median(value / polls for value, polls in zip(values, self.polls, strict=True))


def measure_idle_pages(ground: Ground, server: Server, visitors: Sequence[Visitor], say: Callable[[str], None]) -> Idle:
    """Keep the pages in step one way and then the other, twice.

    Raises:
        LoadError: the portal did not respond as required.
    """
    visitors = visitors[:PAGES]
    requests = [
        each.build_request("/headshots/status", etag)
        for each, etag in zip(visitors, _etags(server.port, visitors), strict=True)
    ]
    idle = Idle()
    for number in range(ROUNDS):
        with Streams(server.port) as pages:
            pages.open([each.build_request("/headshots/events") for each in visitors])
            idle.streams.append(_processors(ground, server, _STREAMS_SECONDS, lambda: time.sleep(_STREAMS_SECONDS)))
            idle.pages.append(_processors(ground, server, _STREAMS_SECONDS, lambda: _poll_rarely(server, requests)))
        idle.polls.append(_processors(ground, server, POLL_EVERY_SECONDS, lambda: _poll_all(server, requests)))
        seen = f"streams {idle.streams[-1]:.4f}, with their rare questions {idle.pages[-1]:.4f}"
        say(f"{PAGES} idle pages, round {number + 1} of {ROUNDS}, processors: {seen}, polling {idle.polls[-1]:.3f}")
    return idle


def _poll_all(server: Server, requests: Sequence[bytes]) -> None:
    load.send_closed_loop(server.port, requests, connections=_ASKING_AT_ONCE)


def _poll_rarely(server: Server, requests: Sequence[bytes]) -> None:
    rate = len(requests) / INSURANCE_SECONDS
    load.open_loop(server.port, requests[: int(rate * _STREAMS_SECONDS)], rate=rate)


def _processors(ground: Ground, server: Server, seconds: float, during: Callable[[], object]) -> float:
    """Return the processor time this took, over how long it takes in life."""
    before = ground.cpu(server)
    during()
    return (ground.cpu(server) - before) / seconds


def _etags(port: int, visitors: Sequence[Visitor]) -> list[str]:
    """Return the fingerprint of what each person sees, as their page has it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    found = []
    for visitor in visitors:
        headers = {"Host": "localhost", "Cookie": f"portal_session={visitor.cookie}"}
        connection.request("GET", "/headshots/status", headers=headers)
        response = connection.getresponse()
        response.read()
        if response.status != http.client.OK or response.headers["ETag"] is None:
            raise LoadError(f"port {port} answered {response.status} to a page's question")
        found.append(response.headers["ETag"])
    connection.close()
    return found
