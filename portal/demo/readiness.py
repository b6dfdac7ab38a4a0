"""Questions that tell whether a part is ready to be used; each is quick and never raises."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import requests

_TIMEOUT_SECONDS = (0.5, 5)


def answers(url: str) -> bool:
    """Tell whether a page is served with status 200."""
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy, no .netrc: these are pages of this machine
            return session.get(url, timeout=_TIMEOUT_SECONDS).status_code == HTTPStatus.OK
    except requests.RequestException:
        return False


def says(log: Path, word: str) -> bool:
    """Tell whether a program has written a word to its log."""
    try:
        return word in log.read_text(errors="replace")
    except FileNotFoundError:
        return False
