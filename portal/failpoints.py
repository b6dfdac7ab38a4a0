"""Named places at which a process can be made to die, for the tests of recovery; without the variable they do nothing.

``PORTAL_CRASH_AT=create.after_call`` kills the process the first time it comes by that place, ``create.after_call:3``
the third time, and ``create.after_call:1:STOP`` freezes it there instead. Nothing of ours may be imported here.
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
    """Die here, at once and without a word, if the environment says so."""
    if place == _place and next(_visits) == int(_fatal_visit or 1):
        os.kill(os.getpid(), signal.Signals[f"SIG{_signal or 'KILL'}"])
