"""The WSGI entry point: the portal as ``application``."""

from __future__ import annotations

import contextlib
import sys

import psycopg

from portal.app import create_app
from portal.db import PoolerDetected, check_no_pooler
from portal.settings import SettingsError

# The status gunicorn itself ends with when a worker cannot start, so that supervisors do not restart it in a loop.
_CANNOT_START = 3

try:
    application = create_app()
    with contextlib.suppress(psycopg.Error):  # a database that is away is waited for
        check_no_pooler(application.config["SQLALCHEMY_DATABASE_URI"])
except (SettingsError, PoolerDetected) as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(_CANNOT_START) from None
