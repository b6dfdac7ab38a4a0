"""What was found against what was wanted: a table for people, a file for machines."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bench.killing import KILLS, Survived
from bench.rounds import Cost

A, B = "portal", "portal (again)"
BARE, DJSTRIPE, EXPRESS, MILLION = "bare WSGI", "dj-stripe", "Express", "portal at 1 M"


# How the portal may compare: ratios within one run, because absolute figures drift with the machine.
P1_CPU, P1_RATE = 0.15, 7
P2_CPU, P2_STRETCH = 2.0, 1.2
P3_RATE = 0.2
P4_P50, P4_P99 = 3, 10
P7_CPU = 1.15


class Ours(NamedTuple):
    """The portal's own figures, the mean of both instances."""

    cpu_us: float
    per_second: float


@dataclass(frozen=True)
class Verdict:
    """One line of the table; ``is_met`` is None where it could not be measured."""

    goal: str
    what: str
    wanted: str
    found: str
    is_met: bool | None


def of_rounds(costs: dict[str, Cost], goals: Sequence[str], missing: dict[str, str]) -> list[Verdict]:
    """Judge what the closed-loop rounds are about: P1, P2, P3 and P7."""
    judges = {"P1": _p1, "P2": _p2, "P3": _p3, "P7": _p7}
    peers = {"P1": DJSTRIPE, "P2": EXPRESS, "P3": BARE, "P7": MILLION}
    found: list[Verdict] = []
    for goal in (each for each in judges if each in goals):
        verdict = judges[goal](_ours(costs), costs.get(peers[goal], Cost([math.nan], [math.nan])))
        if peers[goal] not in costs:
            why = missing.get(peers[goal], "it failed under load")
            verdict = replace(verdict, found=why, is_met=None)
        found.append(verdict)
    return found


def _p1(ours: Ours, peer: Cost) -> Verdict:
    less, more = ours.cpu_us / peer.cpu_us, ours.per_second / peer.per_second
    is_met = less <= P1_CPU and more >= P1_RATE
    wanted = f"≤ {P1_CPU}× CPU, ≥ {P1_RATE}× rate"
    return Verdict("P1", "CPU and capacity beside dj-stripe", wanted, f"{less:.3f}×, {more:.1f}×", is_met)


def _p2(ours: Ours, peer: Cost) -> Verdict:
    ratio = ours.cpu_us / peer.cpu_us
    wanted = f"≤ {P2_CPU}× (stretch {P2_STRETCH}×)"
    return Verdict("P2", "CPU beside Express + pg", wanted, f"{ratio:.2f}×", ratio <= P2_CPU)


def _p3(ours: Ours, peer: Cost) -> Verdict:
    ratio = ours.per_second / peer.per_second
    found = f"{ratio:.2f}× (by CPU {peer.cpu_us / ours.cpu_us:.2f}×)"
    return Verdict("P3", "rate beside bare WSGI with HMAC", f"≥ {P3_RATE:.2f}×", found, ratio >= P3_RATE)


def _p7(ours: Ours, peer: Cost) -> Verdict:
    ratio = peer.cpu_us / ours.cpu_us
    return Verdict("P7", "CPU at 1,000,000 stored events", f"≤ {P7_CPU}×", f"{ratio:.2f}×", ratio <= P7_CPU)


def of_steady(latencies: dict[str, tuple[float, float]]) -> Verdict:
    """Judge P4."""
    p50, p99 = ((latencies[A][at] + latencies[B][at]) / 2 / latencies[BARE][at] for at in (0, 1))
    wanted = f"≤ {P4_P50}×, ≤ {P4_P99}×"
    is_met = p50 <= P4_P50 and p99 <= P4_P99
    return Verdict("P4", "p50 and p99 at 300 events/s beside bare", wanted, f"{p50:.1f}×, {p99:.1f}×", is_met)


def of_killing(survived: Survived) -> Verdict:
    """Judge P6."""
    found = f"{survived.lost} lost, {survived.doubled} doubled, {survived.broken} broken off"
    return Verdict("P6", f"{KILLS} workers killed under load", "0 lost, 1 row an id", found, survived.is_whole)


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as aligned lines."""
    words = {True: "met", False: "NOT MET", None: "not measured"}
    rows = [("goal", "what", "wanted", "found", "")]
    rows += [(each.goal, each.what, each.wanted, each.found, words[each.is_met]) for each in verdicts]
    return _aligned(rows)


def costs_table(costs: dict[str, Cost]) -> str:
    """Return what each receiver cost, the portal twice: how far the two differ is how far to trust the rest."""
    rows = [("receiver", "CPU µs/event", "events/s", "p50 ms", "p99 ms")]
    for name, cost in costs.items():
        middle = sorted(cost.p50)[len(cost.p50) // 2], sorted(cost.p99)[len(cost.p99) // 2]
        rows.append((name, f"{cost.cpu_us:,.0f}", f"{cost.per_second:,.0f}", f"{middle[0]:.1f}", f"{middle[1]:.1f}"))
    return _aligned(rows) + f"\nthe portal against itself: {spread(costs):.2f}× CPU"


def spread(costs: dict[str, Cost]) -> float:
    """Return how far the portal is from itself, as a ratio of at least 1."""
    one, other = costs[A].cpu_us, costs[B].cpu_us
    return max(one, other) / min(one, other)


def write(path: Path, verdicts: Sequence[Verdict], details: dict[str, object]) -> None:
    """Keep everything as JSON, beside a note of where it was measured."""
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()}
    content = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "goals": [asdict(each) for each in verdicts],
        **details,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _ours(costs: dict[str, Cost]) -> Ours:
    pair = costs[A], costs[B]
    return Ours(sum(each.cpu_us for each in pair) / 2, sum(each.per_second for each in pair) / 2)


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
