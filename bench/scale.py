"""What 200, 2,000 and 20,000 people cost the work that concerns all of them (D2)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from bench.report import Verdict
from bench.seeding import seed_database
from bench.servers import FOLDER, ROOT
from bench.workbench import Bench

SIZES = tuple(int(size) for size in os.environ.get("BENCH_PEOPLE", "200 2000 20000").split())
PHASES = ("fsck", "sweep", "metrics", "waiting", "retention")
# Processor time a person may grow by this from the middle size to the largest; constants dominate the smallest.
FLAT = 1.3
FSCK_MB = 150
METRICS_MS = 30
# 5,000 pages that poll every 30 seconds poll 167 times a second.
POLL_SHARE = 0.1
_SECONDS = 1200

Result = Mapping[str, float]


def measure_scale(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Seed a database of each size and run each kind of work in a process of its own."""
    results: dict[int, dict[str, Result]] = {}
    for people in SIZES:
        url = bench.ground.migrated(f"scale {people}")
        bench.say(f"{people:,} people: seeding")
        seed_database(url, people)
        results[people] = {phase: _run_phase(bench, phase, url, people) for phase in PHASES}
    bench.details["scale"] = results
    return build_verdicts(results)


def _run_phase(bench: Bench, phase: str, url: str, people: int) -> Result:
    assert bench.ground.postgres.child.process is not None  # noqa: S101 - started by Ground
    database = str(bench.ground.postgres.child.process.pid)
    command = [sys.executable, "-m", "bench.scale_phases", phase, url, str(people), database, str(FOLDER / "run")]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=_SECONDS, check=True)
    result: Result = json.loads(done.stdout.splitlines()[-1])
    bench.say(f"{people:,} people: {phase} {', '.join(f'{name} {value:.4g}' for name, value in result.items())}")
    return result


def build_verdicts(results: Mapping[int, Mapping[str, Result]]) -> list[Verdict]:
    """Compare processor time a person at the two largest sizes, and the absolute limits at every size."""
    sizes = sorted(results)
    largest, middle = sizes[-1], sizes[-2:][0]
    found = []
    for phase in ("sweep", "fsck", "retention"):
        costs = [results[size][phase]["cpu_s"] / size * 1000 for size in sizes]
        growth = costs[-1] / costs[sizes.index(middle)]
        text = f"{growth:.2f}×: {', '.join(f'{cost:.2f}' for cost in costs)} ms a person"
        found.append(Verdict("D2", f"{phase}, CPU {largest:,} / {middle:,}", f"≤ {FLAT}×", text, growth <= FLAT))
    memory = [results[size]["fsck"]["peak_mb"] for size in sizes]
    text = f"{', '.join(f'{each:.0f}' for each in memory)} MB"
    found.append(Verdict("D2", "fsck, memory", f"≤ {FSCK_MB} MB", text, max(memory) <= FSCK_MB))
    times = [results[size]["metrics"]["cpu_ms"] for size in sizes]
    text = f"{', '.join(f'{each:.1f}' for each in times)} ms CPU"
    found.append(Verdict("D2", "/metrics", f"≤ {METRICS_MS} ms", text, max(times) <= METRICS_MS))
    waiting = results[largest]["waiting"]
    share = waiting["polls_per_s"] / (waiting["people"] / 30)
    text = f"{share:.2f}×: {waiting['polls_per_s']:.1f} a second, {waiting['cpu_ms']:.1f} ms CPU each"
    found.append(
        Verdict("D2", f"polls of {waiting['people']:,.0f} waiting pages", f"≤ {POLL_SHARE}×", text, share <= POLL_SHARE)
    )
    return found
