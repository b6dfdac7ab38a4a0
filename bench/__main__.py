"""``python -m bench [P1 P2 …]``: measures the portal beside its peers on this machine and says which goals it meets."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import asdict

from bench import killing, report, rounds, steady
from bench.install import MissingPeer
from bench.report import BARE, DJSTRIPE, EXPRESS, MILLION, A, B, Verdict
from bench.servers import FOLDER, Ground, Server

GOALS = {
    "P1": "processor time and capacity beside dj-stripe",
    "P2": "processor time beside Express + pg",
    "P3": "rate beside bare WSGI with HMAC",
    "P4": "answer times at 300 events a second",
    "P6": "nothing lost when workers are killed",
    "P7": "processor time at a million stored events",
}
_IN_ROUNDS = ("P1", "P2", "P3", "P7")
_BEGAN = time.monotonic()


def main(arguments: list[str]) -> int:
    """Measure, and say what was found; goals that are not met are a finding and no failure of this program."""
    listed = "\n".join(f"  {name}  {text}" for name, text in GOALS.items())
    parser = argparse.ArgumentParser("bench", epilog=listed, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help="which goals; all when none is named")
    goals = [goal.upper() for goal in parser.parse_args(arguments).goals] or list(GOALS)
    if unknown := [goal for goal in goals if goal not in GOALS]:
        parser.error(f"no such goal: {', '.join(unknown)}; there are {', '.join(GOALS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Ground(_say) as ground:
        verdicts, details = _measure(ground, goals)
    verdicts.sort(key=lambda each: each.goal)
    path = FOLDER / "latest.json"
    report.write(path, verdicts, details)
    sys.stdout.write(f"\n{report.table(verdicts)}\n\nWritten to {path.relative_to(FOLDER.parent.parent)}\n")
    return 0


def _measure(ground: Ground, goals: list[str]) -> tuple[list[Verdict], dict[str, object]]:
    verdicts: list[Verdict] = []
    details: dict[str, object] = {}
    ours = [ground.portal(A), ground.portal(B)]
    bare = [ground.bare(BARE)] if {"P3", "P4"} & set(goals) else []
    if wanted := [goal for goal in _IN_ROUNDS if goal in goals]:
        others, missing = _others(ground, wanted)
        costs = rounds.run(ground, [*ours, *(bare if "P3" in goals else []), *others], _say)
        details["rounds"] = {name: asdict(cost) for name, cost in costs.items()}
        details["spread"] = report.spread(costs)
        verdicts += report.of_rounds(costs, wanted, missing)
        sys.stdout.write(f"\n{report.costs_table(costs)}\n\n")
    if "P4" in goals:
        latencies = steady.run([*bare, *ours], _say)
        details["steady"] = latencies
        verdicts.append(report.of_steady(latencies))
        _say(", ".join(f"{name} {p50:.1f}/{p99:.1f} ms" for name, (p50, p99) in latencies.items()))
    if "P6" in goals:
        survived = killing.run(ground, ours[0], _say)
        details["killing"] = asdict(survived)
        verdicts.append(report.of_killing(survived))
    return verdicts, details


def _others(ground: Ground, goals: list[str]) -> tuple[list[Server], dict[str, str]]:
    """Start what the portal is measured beside, and say what cannot be started here."""
    found: list[Server] = []
    missing: dict[str, str] = {}
    for goal, name, start in (("P1", DJSTRIPE, ground.djstripe), ("P2", EXPRESS, ground.express)):
        if goal in goals:
            try:
                found.append(start(name))
            except MissingPeer as error:
                missing[name] = str(error)
                _say(f"{name} is left out: {error}")
    if "P7" in goals:
        full = ground.portal(MILLION)
        rounds.remember(ground, full, 1_000_000, _say)
        found.append(full)
    return found, missing


def _say(text: str) -> None:
    sys.stdout.write(f"[{time.monotonic() - _BEGAN:5.0f} s] {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
