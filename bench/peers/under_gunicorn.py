"""The portal's own gunicorn settings, without the one hook that only its application understands."""

# First of all, as in the file this one repeats.
from gevent import monkey

monkey.patch_all()

import runpy  # noqa: E402
from pathlib import Path  # noqa: E402

_OURS = runpy.run_path(str(Path(__file__).resolve().parents[2] / "gunicorn.conf.py"))
# The portal's own differs from it in streams alone.
worker_class = "gevent"
workers = _OURS["workers"]
worker_connections = _OURS["worker_connections"]
preload_app = _OURS["preload_app"]
bind = _OURS["bind"]
backlog = _OURS["backlog"]
timeout = _OURS["timeout"]
graceful_timeout = _OURS["graceful_timeout"]
keepalive = _OURS["keepalive"]
accesslog = None
errorlog = "-"
loglevel = _OURS["loglevel"]
worker_tmp_dir = _OURS["worker_tmp_dir"]
when_ready = _OURS["when_ready"]
