"""Failpoints: named places at which tests can kill a process; without the variable they do nothing.

``PORTAL_CRASH_AT=create.after_call`` kills the process the first time it reaches that place, ``create.after_call:3``
the third time, and ``create.after_call:1:STOP`` stops it there instead. This module imports nothing of the portal.
"""

from __future__ import annotations

import os
import signal
from itertools import count

VARIABLE = "PORTAL_CRASH_AT"

_place, _, _rest = os.environ.get(VARIABLE, "").partition(":")
_fatal_visit, _, _signal = _rest.partition(":")
_visits = count(1)


def failpoint(place: str) -> None:
    """Kill the process without cleaning up, if the environment variable names this place."""
    if place == _place and next(_visits) == int(_fatal_visit or 1):
        os.kill(os.getpid(), signal.Signals[f"SIG{_signal or 'KILL'}"])
