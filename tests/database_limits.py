"""How soon the portal gives up a database that does not respond: later in tests, which keep the machine busy."""

from __future__ import annotations

import pytest

SECONDS = 60


def patch_database_limits(patch: pytest.MonkeyPatch) -> None:
    """Let apps that are made from now on wait for a connection, and for what they could do without."""
    from portal.db import BEST_EFFORT_OPTIONS, CONNECT_OPTIONS, autonomous, connecting  # noqa: PLC0415 - as in conftest

    for options in (CONNECT_OPTIONS, connecting._CHECKING, BEST_EFFORT_OPTIONS):
        patch.setitem(options, "connect_timeout", SECONDS)
    patch.setitem(BEST_EFFORT_OPTIONS, "options", f"-c statement_timeout={SECONDS}s")
    patch.setattr(autonomous, "_BEST_EFFORT_TIMEOUT_SECONDS", SECONDS)
