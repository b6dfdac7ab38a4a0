"""What a web server imports: the portal as ``application``; nothing is decided here."""

from __future__ import annotations

import sys

from portal.app import create_app
from portal.settings import SettingsError

# The status gunicorn itself ends with when a worker cannot start, so that nobody restarts it in a loop.
_CANNOT_START = 3

try:
    application = create_app()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(_CANNOT_START) from None
