"""Response times in an open loop with a fixed rate of events."""

from __future__ import annotations

from collections.abc import Callable

from bench import events, load
from bench.servers import Receiver

RATE = 300
ROUNDS = 3
SAMPLES = 1_200


def measure_steady_rate(servers: list[Receiver], say: Callable[[str], None]) -> dict[str, tuple[float, float]]:
    """Return the median and the 99th percentile of each receiver's responses, milliseconds.

    Raises:
        LoadError: one of them did not respond as required.
    """
    say(f"{RATE} events a second for {ROUNDS * SAMPLES / RATE:.0f} s each: {', '.join(each.name for each in servers)}")
    for server in servers:
        load.send_closed_loop(server.port, events.build_batch(server.make, "before steady", SAMPLES).requests)
    all_seen = {server.name: load.Load() for server in servers}
    for number in range(ROUNDS):
        for server in servers:
            requests = events.build_batch(server.make, f"steady{number}", SAMPLES).requests
            seen = load.open_loop(server.port, requests, rate=RATE)
            all_seen[server.name].latencies += seen.latencies
    return {name: (seen.percentile(0.5), seen.percentile(0.99)) for name, seen in all_seen.items()}
