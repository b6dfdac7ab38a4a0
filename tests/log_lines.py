"""Words that would like to be a line of the log, and how a log is read by those who trust its lines."""

from __future__ import annotations

import json
import re
from typing import Any

MARK = "forgedline"
ALLOWED_TEXTS = {
    "a line of its own": f'x\r\n{{"at": "2026-01-01", "level": "error", "message": "{MARK}"}}',
    "half a line": f"x\n{MARK}\r{MARK}",
    "the end of the object": f'x"}}\n{{"message": "{MARK}',
    "a second value": f'x", "level": "{MARK}", "message": "{MARK}',
    "a terminal's orders": f"\x1b[2J\x1b]0;{MARK}\x07\x1b[31m{MARK}\x9b0m",
    "other ends of lines": f"x\u2028{MARK}\u2029{MARK}\x85{MARK}\x0b{MARK}\x0c",
    "a format": f"%s%n%(message)s {{0}} {{message}} ${{jndi:ldap://{MARK}}}",
    "backslashes": f'\\\\"\\n{MARK}\\u000a',
    "very long": MARK + "W" * 3000,
}
_CONTROL = re.compile(r"[^\x20-\x7e]")


def parse_lines(text: str) -> list[dict[str, Any]]:
    """Return the lines of a log; each is one object in plain characters, with the portal's keys."""
    lines = []
    for line in text.splitlines():
        assert not _CONTROL.search(line), f"no plain characters: {line!r}"
        found = json.loads(line, object_pairs_hook=_once)
        assert {"at", "level", "logger", "message"} <= found.keys(), line
        assert MARK not in found["level"] + found["logger"] + found["message"] + found["at"], line
        lines.append(found)
    return lines


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _value in pairs]
    assert len(names) == len(set(names)), f"a name twice: {names}"
    return dict(pairs)
