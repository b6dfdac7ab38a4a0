"""How soon the portal responds after its start, and what two processes hold, beside a bare Flask application (S1)."""

from __future__ import annotations

import http.client
import statistics
import time
from collections.abc import Callable, Sequence

from bench.cpu import get_start_time
from bench.memory import measure_memory_bytes
from bench.report import Verdict
from bench.servers import Receiver
from bench.workbench import Bench

ROUNDS = 5
TIME, MEMORY = 3.0, 2.0
_SECONDS = 60


def measure_start(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Start both in turn several times; compare the medians of time and memory."""
    ground = bench.ground
    seconds: dict[str, list[float]] = {"portal": [], "Flask": []}
    memory: dict[str, list[float]] = {"portal": [], "Flask": []}
    for _ in range(ROUNDS):
        for name, start in (("portal", ground.portal), ("Flask", ground.flask)):
            with ground.visitors():
                took, held = _measure_start(start, name)
            seconds[name].append(took)
            memory[name].append(held)
    bench.details["start"] = {"seconds": seconds, "bytes": memory}
    middle = {name: statistics.median(values) for name, values in seconds.items()}
    held_by = {name: statistics.median(values) / 1e6 for name, values in memory.items()}
    time_ratio, memory_ratio = middle["portal"] / middle["Flask"], held_by["portal"] / held_by["Flask"]
    times = f"{time_ratio:.2f}× ({middle['portal']:.2f} and {middle['Flask']:.2f} s)"
    sizes = f"{memory_ratio:.2f}× ({held_by['portal']:.0f} and {held_by['Flask']:.0f} MB)"
    return [
        Verdict("S1", "first answer beside bare Flask", f"≤ {TIME:.0f}×", times, time_ratio <= TIME),
        Verdict("S1", "memory of 2 processes", f"≤ {MEMORY:.0f}×", sizes, memory_ratio <= MEMORY),
    ]


def _measure_start(start: Callable[[str], Receiver], name: str) -> tuple[float, float]:
    """Return the seconds from the start of the process to its first response, and the bytes held after some more."""
    server = start(name)
    _request(server.port)
    took = time.clock_gettime(time.CLOCK_BOOTTIME) - get_start_time(server.pid)
    for _ in range(20):
        _request(server.port)
    return took, measure_memory_bytes(server.pid)


def _request(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    connection.request("GET", "/healthz", headers={"Host": "localhost"})
    connection.getresponse().read()
    connection.close()
