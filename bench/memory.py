"""How much memory a family of processes holds, pages they share counted once; read from /proc alone."""

from __future__ import annotations

import re
from pathlib import Path

from bench.cpu import list_process_tree

_PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)


def measure_memory_bytes(pid: int) -> int:
    """Return the bytes a process and all its living descendants hold."""
    return sum(_proportional(each) for each in list_process_tree(pid))


def _proportional(pid: int) -> int:
    try:
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(found[1]) * 1024 if found else 0
