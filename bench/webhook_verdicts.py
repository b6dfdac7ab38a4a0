"""Verdicts for webhooks: the portal's receiver compared with its peers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bench.killing import KILLS, Survived
from bench.report import Verdict, compute_spread, format_columns
from bench.rounds import Cost

A, B = "portal", "portal (again)"
BARE, DJSTRIPE, EXPRESS, MILLION = "bare WSGI", "dj-stripe", "Express", "portal at 1 M"
DURABLE = "bare WSGI with a commit"

# How the portal may compare: ratios within one run, because absolute figures drift with the machine.
P1_CPU, P1_RATE = 0.09, 7
P2_CPU, P2_STRETCH = 1.2, 1.0
P3_RATE = 0.25
P4_P50, P4_P99 = 1.5, 2
P7_CPU = 1.15


def build_round_verdicts(costs: dict[str, Cost], goals: Sequence[str], missing: dict[str, str]) -> list[Verdict]:
    """Judge what the closed-loop rounds are about: P1, P2, P3 and P7."""
    found: list[Verdict] = []
    for goal, peer, judge in (("P1", DJSTRIPE, _p1), ("P2", EXPRESS, _p2), ("P3", BARE, _p3), ("P7", MILLION, _p7)):
        if goal not in goals:
            continue
        if peer in costs:
            found.append(judge(_beside(costs, peer, "cpu"), _beside(costs, peer, "rate")))
        else:
            unmeasured = judge(math.nan, math.nan)
            found.append(replace(unmeasured, found=missing.get(peer, "it failed under load"), is_met=None))
    return found


def _p1(cpu: float, rate: float) -> Verdict:
    expected = f"≤ {P1_CPU}× CPU, ≥ {P1_RATE}× rate"
    is_met = cpu <= P1_CPU and rate >= P1_RATE
    return Verdict("P1", "CPU and capacity beside dj-stripe", expected, f"{cpu:.3f}×, {rate:.1f}×", is_met)


def _p2(cpu: float, _rate: float) -> Verdict:
    return Verdict(
        "P2", "CPU beside Express + pg", f"≤ {P2_CPU}× (stretch {P2_STRETCH}×)", f"{cpu:.2f}×", cpu <= P2_CPU
    )


def _p3(cpu: float, rate: float) -> Verdict:
    found = f"{rate:.2f}× (by CPU {1 / cpu:.2f}×)"
    return Verdict("P3", "rate beside bare WSGI with HMAC", f"≥ {P3_RATE:.2f}×", found, rate >= P3_RATE)


def _p7(cpu: float, _rate: float) -> Verdict:
    more = 1 / cpu
    return Verdict("P7", "CPU at 1,000,000 stored events", f"≤ {P7_CPU}×", f"{more:.2f}×", more <= P7_CPU)


def build_steady_verdict(latencies: dict[str, tuple[float, float]]) -> Verdict:
    """Judge P4."""
    p50, p99 = ((latencies[A][at] + latencies[B][at]) / 2 / latencies[DURABLE][at] for at in (0, 1))
    expected = f"≤ {P4_P50}×, ≤ {P4_P99}×"
    is_met = p50 <= P4_P50 and p99 <= P4_P99
    return Verdict(
        "P4", "p50 and p99 at 300 events/s beside bare with a commit", expected, f"{p50:.1f}×, {p99:.1f}×", is_met
    )


def build_kill_verdict(survived: Survived) -> Verdict:
    """Judge P6."""
    found = f"{survived.lost} lost, {survived.doubled} doubled, {survived.broken} broken off"
    return Verdict("P6", f"{KILLS} workers killed under load", "0 lost, 1 row an id", found, survived.is_whole)


def format_costs(costs: dict[str, Cost]) -> str:
    """Return what each receiver cost, the portal twice."""
    rows = [("receiver", "CPU µs/event", "events/s", "p50 ms", "p99 ms")]
    for name, cost in costs.items():
        middle = sorted(cost.p50)[len(cost.p50) // 2], sorted(cost.p99)[len(cost.p99) // 2]
        rows.append((name, f"{cost.cpu_us:,.0f}", f"{cost.per_second:,.0f}", f"{middle[0]:.1f}", f"{middle[1]:.1f}"))
    return format_columns(rows)


def compute_aa_spread(costs: dict[str, Cost]) -> float:
    """Return the A/A spread of the portal: the ratio of its two measurements, at least 1."""
    return compute_spread(statistics.median(one / other for one, other in zip(costs[A].cpu, costs[B].cpu, strict=True)))


def _beside(costs: dict[str, Cost], peer: str, what: Literal["cpu", "rate"]) -> float:
    """Return the portal's figure over the peer's: of each round, then the middle one, for machines drift."""
    rounds = zip(getattr(costs[A], what), getattr(costs[B], what), getattr(costs[peer], what), strict=True)
    found: float = statistics.median((one + other) / 2 / foreign for one, other, foreign in rounds)
    return found
