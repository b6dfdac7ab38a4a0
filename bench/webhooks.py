"""Webhooks: the portal's receiver beside dj-stripe, Express and a bare WSGI application (P1 to P7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from bench import killing, rounds, steady, webhook_verdicts
from bench.install import MissingPeer
from bench.report import Verdict, compute_spread
from bench.servers import Receiver
from bench.webhook_verdicts import BARE, DJSTRIPE, DURABLE, EXPRESS, MILLION, A, B
from bench.workbench import Bench


def measure_rounds(bench: Bench, goals: Sequence[str]) -> list[Verdict]:
    """Send every receiver the same events in a closed loop (P1, P2, P3, P7)."""
    ground = bench.ground
    own = [ground.portal(A), ground.portal(B)]
    bare = [ground.bare(BARE)] if "P3" in goals else []
    others, missing = _others(bench, goals)
    costs = rounds.measure_rounds(ground, [*own, *bare, *others], bench.say)
    bench.details["rounds"] = {name: asdict(cost) for name, cost in costs.items()}
    bench.say(f"webhooks in rounds:\n{webhook_verdicts.format_costs(costs)}")
    bench.trust("webhooks in rounds", webhook_verdicts.compute_aa_spread(costs))
    return webhook_verdicts.build_round_verdicts(costs, goals, missing)


def measure_steady_rate(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Send the portal and a bare application that commits as durably a fixed rate of events (P4)."""
    ground = bench.ground
    latencies = steady.measure_steady_rate([ground.durable(DURABLE), ground.portal(A), ground.portal(B)], bench.say)
    bench.details["steady"] = latencies
    bench.say(", ".join(f"{name} {p50:.1f}/{p99:.1f} ms" for name, (p50, p99) in latencies.items()))
    bench.trust("webhooks at a steady rate", compute_spread(latencies[A][0] / latencies[B][0]))
    return [webhook_verdicts.build_steady_verdict(latencies)]


def measure_kills(bench: Bench, _goals: Sequence[str]) -> list[Verdict]:
    """Kill workers under load and count the stored events (P6)."""
    survived = killing.measure_kills(bench.ground, bench.ground.portal(A), bench.say)
    bench.details["killing"] = asdict(survived)
    return [webhook_verdicts.build_kill_verdict(survived)]


def _others(bench: Bench, goals: Sequence[str]) -> tuple[list[Receiver], dict[str, str]]:
    """Start the peers, and report those that cannot be started here."""
    found: list[Receiver] = []
    missing: dict[str, str] = {}
    ground = bench.ground
    for goal, name, start in (("P1", DJSTRIPE, ground.djstripe), ("P2", EXPRESS, ground.express)):
        if goal in goals:
            try:
                found.append(start(name))
            except MissingPeer as error:
                missing[name] = str(error)
                bench.say(f"{name} is left out: {error}")
    if "P7" in goals:
        full = ground.portal(MILLION)
        rounds.store_old_deliveries(ground, full, 1_000_000, bench.say)
        found.append(full)
    return found, missing
