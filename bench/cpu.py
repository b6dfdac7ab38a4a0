"""CPU time of a process tree, including ended children, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def list_process_tree(pid: int) -> list[int]:
    """Return a process and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, unseen = [], [pid]
    while unseen:
        each = unseen.pop()
        found.append(each)
        unseen += children.get(each, [])
    return found


def measure_cpu_seconds(pids: Iterable[int]) -> float:
    """Return the seconds of processor time these families have used, in user and kernel mode.

    A child that has ended counts through its parent, which waited for it.
    """
    ticks = 0
    for pid in {each for root in pids for each in list_process_tree(root)}:
        fields = _stat(pid)
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / _TICKS


def get_start_time(pid: int) -> float:
    """Return when a process was started, in seconds since the machine was."""
    return int(_stat(pid)[19]) / _TICKS


def _stat(pid: int) -> list[str]:
    """Return the fields after the name, which may itself hold spaces; [] when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
