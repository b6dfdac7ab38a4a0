"""What was found against what was required: a table for people, a file for machines."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Verdict:
    """One line of the table; ``is_met`` is None where it could not be measured."""

    goal: str
    what: str
    required: str
    found: str
    is_met: bool | None


def format_table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as aligned lines."""
    text_parts = {True: "met", False: "NOT MET", None: "not measured"}
    rows = [("goal", "what", "required", "found", "")]
    rows += [(each.goal, each.what, each.required, each.found, text_parts[each.is_met]) for each in verdicts]
    return format_columns(rows)


def write_report(path: Path, verdicts: Sequence[Verdict], details: dict[str, object]) -> None:
    """Keep everything as JSON, beside a note of where it was measured."""
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "kernel": platform.release()}
    content = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "goals": [asdict(each) for each in verdicts],
        **details,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def compute_spread(ratio: float) -> float:
    """Return how far two equals differ, as a ratio of at least 1, whichever of them is the greater."""
    return max(ratio, 1 / ratio)


def format_columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows of cells as lines of equal columns."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
