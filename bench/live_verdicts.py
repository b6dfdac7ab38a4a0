"""Verdicts for live pages: cost of streams and latency of updates."""

from __future__ import annotations

import statistics

from bench.crowded import Crowded
from bench.delivery import UpdateLatency
from bench.idle import Idle
from bench.load import compute_percentile
from bench.report import Verdict, compute_spread

L1_CPU = 0.05
L2_MEMORY = 1.5
L3_P50, L3_P99 = 3, 3
L4_P99 = 1.5
# Without the fast path of streams.
L5_MEMORY, L6_P99 = 3, 1.5


def build_idle_verdict(idle: Idle) -> Verdict:
    """Judge L1."""
    pages, streams = idle.beside_polls(idle.pages), idle.beside_polls(idle.streams)
    found = f"{pages:.3f}× (streams alone {streams:.3f}×)"
    return Verdict("L1", "CPU of 1,000 idle pages beside 3 s polling", f"≤ {L1_CPU}×", found, pages <= L1_CPU)


def compute_idle_spread(idle: Idle) -> float:
    """Return how far the rounds of the same polling are from each other."""
    return compute_spread(max(idle.polls) / min(idle.polls))


def build_memory_verdict(own: float, foreign: float, *, detaches: bool = True) -> Verdict:
    """Judge L2, or L5 if streams are ordinary responses."""
    ratio = own / foreign
    found = f"{ratio:.2f}× ({own / 1000:.1f} against {foreign / 1000:.1f} kB)"
    if detaches:
        return Verdict("L2", "memory per stream beside raw ASGI", f"≤ {L2_MEMORY}×", found, ratio <= L2_MEMORY)
    return Verdict("L5", "memory per attached stream beside raw ASGI", f"≤ {L5_MEMORY}×", found, ratio <= L5_MEMORY)


def build_update_verdict(own: UpdateLatency, again: UpdateLatency, raw: UpdateLatency) -> Verdict:
    """Judge L3."""
    one = (own.one_p50 + again.one_p50) / 2 / raw.one_p50
    each = zip(own.all_p99, again.all_p99, raw.all_p99, strict=True)
    to_all = statistics.median((first + second) / 2 / foreign for first, second, foreign in each)
    found = f"{one:.1f}×, {to_all:.1f}×"
    is_met = one <= L3_P50 and to_all <= L3_P99
    return Verdict(
        "L3", "update of one page p50, of 3,000 p99, beside epoll", f"≤ {L3_P50}×, ≤ {L3_P99}×", found, is_met
    )


def build_page_verdict(crowded: Crowded, *, detaches: bool = True) -> Verdict:
    """Judge L4, or L6 if streams are ordinary responses."""
    without = compute_percentile([*crowded.alone, *crowded.again], 0.99)
    ratio = compute_percentile(crowded.among, 0.99) / without
    if detaches:
        return Verdict("L4", "a page's p99 among 1,000 live pages", f"≤ {L4_P99}×", f"{ratio:.2f}×", ratio <= L4_P99)
    return Verdict("L6", "a page's p99 among attached streams", f"≤ {L6_P99}×", f"{ratio:.2f}×", ratio <= L6_P99)


def compute_page_spread(crowded: Crowded) -> float:
    """Return how far the two measurements without live pages are from each other."""
    return compute_spread(compute_percentile(crowded.alone, 0.99) / compute_percentile(crowded.again, 0.99))
