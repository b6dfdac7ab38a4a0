"""C2: an import of 20,000 lines, 2,000 invitations and an export of 2,000 people, each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence

from bench.report import Verdict
from bench.servers import FOLDER, ROOT
from bench.workbench import Bench

LINES = int(os.environ.get("BENCH_LINES", "20000"))
INVITED = int(os.environ.get("BENCH_INVITED", "2000"))
EXPORTED = int(os.environ.get("BENCH_EXPORTED", "2000"))
MAX_IMPORT_SECONDS = 10.0
# Starting a campaign happens within a request.
MAX_START_SECONDS = 5.0
# The smallest dyno has 512 MB.
MAX_MEGABYTES = 400.0
PHASES = {"import": LINES, "invitations": INVITED, "export": EXPORTED}
_SECONDS = 1800

Result = Mapping[str, float]


def measure_campaign_work(bench: Bench, names: Sequence[str]) -> list[Verdict]:
    """Run each phase on an empty database of its own."""
    found: dict[str, Result] = {}
    for phase, count in PHASES.items():
        url = bench.ground.migrated(f"campaign {phase}").replace("+psycopg", "")
        folder = FOLDER / "run" / f"campaign-{phase}"
        command = [sys.executable, "-m", "bench.campaign_phases", phase, url, str(count), str(folder)]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=_SECONDS, check=True)
        shutil.rmtree(folder, ignore_errors=True)
        found[phase] = json.loads(done.stdout.splitlines()[-1])
        bench.say(f"{phase}: {', '.join(f'{name} {value:.4g}' for name, value in found[phase].items())}")
    bench.details["campaign work"] = found
    return [verdict for name in names for verdict in build_verdicts(name, found)]


def build_verdicts(name: str, found: Mapping[str, Result]) -> list[Verdict]:
    """Compare each phase with its limit."""
    listed, invited, exported = found["import"], found["invitations"], found["export"]
    seconds = listed["check_s"] + listed["apply_s"]
    steps = f"{listed['check_s']:.1f} checked, {listed['apply_s']:.1f} applied"
    started, sent = invited["start_s"], int(invited["sent"])
    return [
        Verdict(
            name,
            f"import of {LINES:,} lines",
            f"≤ {MAX_IMPORT_SECONDS:.0f} s",
            f"{seconds:.1f} s ({steps}), {listed['peak_mb']:.0f} MB",
            seconds <= MAX_IMPORT_SECONDS,
        ),
        Verdict(
            name,
            f"start of {INVITED:,} invitations",
            f"≤ {MAX_START_SECONDS:.0f} s",
            f"{started:.1f} s",
            started <= MAX_START_SECONDS,
        ),
        Verdict(
            name,
            f"{INVITED:,} invitations by SMTP",
            "each once",
            f"{sent:,} in {invited['send_s']:.0f} s, {sent / invited['send_s']:.0f} a second",
            sent == INVITED == int(invited["recipients"]),
        ),
        Verdict(
            name,
            f"export of {EXPORTED:,} people, memory",
            f"≤ {MAX_MEGABYTES:.0f} MB, a picture each",
            f"{exported['peak_mb']:.0f} MB, {exported['pictures']:.0f} pictures in {exported['build_s']:.0f} s",
            exported["peak_mb"] <= MAX_MEGABYTES and int(exported["pictures"]) == EXPORTED,
        ),
    ]
