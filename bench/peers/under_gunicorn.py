"""The portal's own gunicorn settings, without the one hook that only its application understands."""

# First of all, as in the file this one repeats.
from gevent import monkey

monkey.patch_all()

import runpy  # noqa: E402
from pathlib import Path  # noqa: E402

_CONFIG = runpy.run_path(str(Path(__file__).resolve().parents[2] / "gunicorn.conf.py"))
# The portal's own differs from it in streams alone.
worker_class = "gevent"
workers = _CONFIG["workers"]
worker_connections = _CONFIG["worker_connections"]
preload_app = _CONFIG["preload_app"]
bind = _CONFIG["bind"]
backlog = _CONFIG["backlog"]
timeout = _CONFIG["timeout"]
graceful_timeout = _CONFIG["graceful_timeout"]
keepalive = _CONFIG["keepalive"]
accesslog = None
errorlog = "-"
loglevel = _CONFIG["loglevel"]
worker_tmp_dir = _CONFIG["worker_tmp_dir"]
when_ready = _CONFIG["when_ready"]
