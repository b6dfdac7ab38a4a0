"""``python -m bench [P1 L3 …]``: benchmarks the portal against its peers and reports which goals are met."""

from __future__ import annotations

import argparse
import sys
import traceback

from bench import report
from bench.goals import GOALS, Measure, group_goals
from bench.report import Verdict
from bench.servers import FOLDER, Ground
from bench.workbench import Bench, allow_files, print_progress, read_machine_load

FAILED = "failed: "


def main(arguments: list[str]) -> int:
    """Measure and print a table; return 1 if a measurement failed. A goal not met is a result, not a failure."""
    goals = _select_goals(arguments)
    allow_files()
    before = read_machine_load()
    print_progress(before)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Ground(print_progress) as ground:
        bench = Bench(ground)
        verdicts = [
            verdict for measure, names in group_goals(goals).items() for verdict in _measured(bench, measure, names)
        ]
    verdicts.sort(key=lambda each: list(GOALS).index(each.goal))
    path = FOLDER / "latest.json"
    report.write_report(path, verdicts, {"load": before, "spreads": bench.spreads, **bench.details})
    sys.stdout.write(f"\n{report.format_table(verdicts)}\n\n")
    if bench.noisy:
        sys.stdout.write(f"Noisy: {', '.join(bench.noisy)}. Trust ratios of processor time only, or run it again.\n")
    sys.stdout.write(f"Written to {path.relative_to(FOLDER.parent.parent)}\n")
    return int(any(verdict.found.startswith(FAILED) for verdict in verdicts))


def _measured(bench: Bench, measure: Measure, names: list[str]) -> list[Verdict]:
    """Measure these goals. A measurement that fails in any way is reported and the others run."""
    try:
        with bench.ground.visitors():
            return measure(bench, names)
    except Exception as error:  # a fault of one measurement must not discard the figures of the others
        bench.say(f"{', '.join(names)} could not be measured:\n{traceback.format_exc()}")
        reason = str(error) or type(error).__name__
        return [Verdict(name, GOALS[name].text, "", f"{FAILED}{reason}", None) for name in names]


def _select_goals(arguments: list[str]) -> list[str]:
    listed = "\n".join(f"  {name}  {goal.text}" for name, goal in GOALS.items())
    parser = argparse.ArgumentParser("bench", epilog=listed, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help="which goals; all when none is named")
    goals = [goal.upper() for goal in parser.parse_args(arguments).goals] or list(GOALS)
    if unknown := [goal for goal in goals if goal not in GOALS]:
        parser.error(f"no such goal: {', '.join(unknown)}; there are {', '.join(GOALS)}")
    return goals


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
