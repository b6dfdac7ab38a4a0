"""What no log may ever hold: the secrets and the people of the tests, recognisable wherever they turn up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

# The keys of `portal_settings` and of the stand-ins, the people of factories, demo and identity providers.
CANARIES = {
    "a key of the portal": re.compile(r"test-(?:api-key|webhook-secret|oidc-secret|metrics-token|secret-key-that)"),
    "a key of the sandbox": re.compile(r"sandbox-[\w-]{20,}"),
    "a token": re.compile(r"\beyJ[\w-]{10,}\.|access-token-canary"),
    "a signed address": re.compile(r"signature=(?!\[hidden\])[\w%.~-]{6,}", re.IGNORECASE),
    "a code or state": re.compile(r"[?&](?:code|state|id_token_hint|login_hint)=[\w%.~-]{6,}"),
    "a cookie": re.compile(r"portal(?:_session|-browser|_browser)?=[\w-]{20,}"),
    "an e-mail address": re.compile(r"[\w.+-]{2,}@(?:[\w-]+\.)*example(?:\.com)?\b"),
    "a name": re.compile(r"Lovelace|Townsend|Canary Namesake|(?:Ada|Ben|Alice) Example|Cleo Admin|\bPerson \d+\b"),
    "a photo": re.compile(r"JFIF|\\xff\\xd8\\xff|/9j/4AAQ|RIFF.{4}WEBP"),
}
# Logs of the portal's processes; those of the database and of stand-ins are not read.
_PROCESSES = ("portal", "worker", "web", "migrate", "gunicorn")
_IS_OUR_LINE = '{"at": "'
# Servers of tests and stand-ins, which note whole addresses; production has none of them.
_OF_A_TEST_SERVER = '"logger": "werkzeug"'
_EVENT = re.compile(r'"message": "([^"]{0,80})')


def iterate_findings(lines: Iterable[str]) -> Iterator[str]:
    """Yield what is private in log lines: its kind and the event, never the value."""
    for line in lines:
        for kind, pattern in CANARIES.items():
            if pattern.search(line):
                event = _EVENT.search(line)
                yield f"{kind} in the event {event.group(1)!r}" if event else f"{kind} in a line that is no event"


def find_private_output(text: str) -> list[str]:
    """Return what is private in the portal's lines of a test's output; a test's own words are its own."""
    own = (line for line in text.splitlines() if line.startswith(_IS_OUR_LINE) and _OF_A_TEST_SERVER not in line)
    return sorted(set(iterate_findings(own)))


def find_private_logs(folder: Path) -> list[str]:
    """Return what is private in the logs that processes of the portal left below a folder."""
    found = set()
    for path in folder.rglob("*.log*"):
        if path.is_file() and path.name.startswith(_PROCESSES):
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            found |= {f"{path.name}: {each}" for each in iterate_findings(lines)}
    return sorted(found)
