"""Webhooks: the portal's receiver beside dj-stripe, Express and a bare WSGI application (P1 to P7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from bench import killing, rounds, steady, webhook_verdicts
from bench.install import MissingPeer
from bench.report import Verdict, apart
from bench.servers import Receiver
from bench.webhook_verdicts import BARE, DJSTRIPE, EXPRESS, MILLION, A, B
from bench.workbench import Bench

_IN_ROUNDS = ("P1", "P2", "P3", "P7")


def measure(bench: Bench, goals: Sequence[str]) -> list[Verdict]:
    """Start the receivers these goals need, load them in turn, and judge."""
    ground = bench.ground
    verdicts: list[Verdict] = []
    ours = [ground.portal(A), ground.portal(B)]
    bare = [ground.bare(BARE)] if {"P3", "P4"} & set(goals) else []
    if wanted := [goal for goal in _IN_ROUNDS if goal in goals]:
        others, missing = _others(bench, wanted)
        costs = rounds.run(ground, [*ours, *(bare if "P3" in goals else []), *others], bench.say)
        bench.details["rounds"] = {name: asdict(cost) for name, cost in costs.items()}
        bench.say(f"webhooks in rounds:\n{webhook_verdicts.costs_table(costs)}")
        bench.trust("webhooks in rounds", webhook_verdicts.spread(costs))
        verdicts += webhook_verdicts.of_rounds(costs, wanted, missing)
    if "P4" in goals:
        latencies = steady.run([*bare, *ours], bench.say)
        bench.details["steady"] = latencies
        bench.say(", ".join(f"{name} {p50:.1f}/{p99:.1f} ms" for name, (p50, p99) in latencies.items()))
        bench.trust("webhooks at a steady rate", apart(latencies[A][0] / latencies[B][0]))
        verdicts.append(webhook_verdicts.of_steady(latencies))
    if "P6" in goals:
        survived = killing.run(ground, ours[0], bench.say)
        bench.details["killing"] = asdict(survived)
        verdicts.append(webhook_verdicts.of_killing(survived))
    return verdicts


def _others(bench: Bench, goals: list[str]) -> tuple[list[Receiver], dict[str, str]]:
    """Start what the portal is measured beside, and say what cannot be started here."""
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
        rounds.remember(ground, full, 1_000_000, bench.say)
        found.append(full)
    return found, missing
