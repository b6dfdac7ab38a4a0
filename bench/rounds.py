"""Closed-loop rounds: every receiver in turn gets the same events; what each cost and how fast it was."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import psycopg

from bench import events, load
from bench.load import LoadError
from bench.servers import Ground, Receiver

ROUNDS = 5
EVENTS = 2_000
_WARM_UP = 2_000
_MILLION = """
    INSERT INTO deliveries (dedupe_key, provider, event, model_id, received_at, stale, key_id, body_sha256, body,
                            state, applied_at)
    SELECT 'profilebakery:evt_' || left(md5('d' || n), 24), 'profilebakery', 'model.status.updated',
           'model-evt_' || left(md5('m' || n), 24), now() - interval '1 day', false, 'abcdefgh',
           md5('a' || n) || md5('b' || n), convert_to(rpad('{"id": "' || n, 606, 'x'), 'UTF8'), 'applied', now()
    FROM generate_series(%s::int, %s::int) AS n
"""
_STEP = 100_000


@dataclass
class Cost:
    """What one receiver took for its rounds: microseconds of processor time per event, and events per second."""

    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    @property
    def cpu_us(self) -> float:
        """The middle round's processor time per event."""
        return statistics.median(self.cpu)

    @property
    def per_second(self) -> float:
        """The middle round's rate."""
        return statistics.median(self.rate)


def measure_rounds(ground: Ground, servers: list[Receiver], say: Callable[[str], None]) -> dict[str, Cost]:
    """Warm every receiver up, then send each ``EVENTS`` events ``ROUNDS`` times, one receiver after the other.

    A peer that fails is reported and left out; a failure of the portal ends the benchmark.

    Raises:
        LoadError: the portal did not respond as required.
    """
    costs = {server.name: Cost() for server in servers}
    say(f"warming up: {', '.join(costs)}")
    for server in servers:
        _try(server, costs, say, partial(_warm_up, server))
    for number in range(ROUNDS):
        # Each round starts with another receiver, so that the order varies.
        for server in servers[number % len(servers) :] + servers[: number % len(servers)]:
            if server.name in costs:
                _try(server, costs, say, partial(_measure, ground, server, number, costs[server.name]))
        seen = ", ".join(f"{name} {cost.cpu[-1]:.0f} µs" for name, cost in costs.items())
        say(f"round {number + 1} of {ROUNDS}: {seen}")
    return costs


def store_old_deliveries(ground: Ground, server: Receiver, count: int, say: Callable[[str], None]) -> None:
    """Fill a portal's database with deliveries of long ago."""
    say(f"storing {count:,} events of long ago")
    with psycopg.connect(ground.url(server), autocommit=True, connect_timeout=5) as connection:
        for first in range(1, count + 1, _STEP):
            connection.execute(_MILLION, (first, min(first + _STEP - 1, count)))
        connection.execute("VACUUM (ANALYZE) deliveries")
        connection.execute("CHECKPOINT")


def _try(server: Receiver, costs: dict[str, Cost], say: Callable[[str], None], step: Callable[[], None]) -> None:
    try:
        step()
    except LoadError as error:
        if server.name.startswith("portal"):
            raise
        say(f"{server.name} is left out: {error}")
        del costs[server.name]


def _warm_up(server: Receiver) -> None:
    load.send_closed_loop(server.port, _batch(server, "warm", _WARM_UP // 10 if server.is_slow else _WARM_UP))


def _measure(ground: Ground, server: Receiver, number: int, cost: Cost) -> None:
    requests = _batch(server, f"round{number}", EVENTS)
    before = ground.cpu(server)
    seen = load.send_closed_loop(server.port, requests)
    cost.cpu.append((ground.cpu(server) - before) / EVENTS * 1e6)
    cost.rate.append(seen.rate)
    cost.p50.append(seen.percentile(0.5))
    cost.p99.append(seen.percentile(0.99))


def _batch(server: Receiver, name: str, count: int) -> list[bytes]:
    return events.build_batch(server.make, name, count).requests
