"""The gunicorn settings of the portal, with event streams as ordinary responses instead of detached connections."""

from __future__ import annotations

import runpy
from pathlib import Path

_DEPLOYED = runpy.run_path(str(Path(__file__).resolve().parents[1] / "gunicorn.conf.py"))
globals().update({name: value for name, value in _DEPLOYED.items() if not name.startswith("_")})

# After the settings, which make sockets and locks cooperative.
from portal.web.live import gunicorn_worker  # noqa: E402

gunicorn_worker.DETACHES_STREAMS = False
