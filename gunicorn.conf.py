"""How gunicorn serves the portal: gevent workers, so that slow clients and open streams do not block other requests.

Gunicorn reads this file; it does not change what the portal does.
"""

# First: modules that are imported before this keep blocking sockets and locks.
from gevent import monkey

monkey.patch_all()

import gc  # noqa: E402
import os  # noqa: E402
import resource  # noqa: E402
import tempfile  # noqa: E402
from typing import Any  # noqa: E402

wsgi_app = "wsgi"
worker_class = "portal.web.live.gunicorn_worker.WebWorker"
# Threads of pages and streams are cheap in one worker; more workers than cores only cost memory.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# Requests at a time; open streams do not count, they only need an open file each.
worker_connections = 2000
preload_app = True

# A PaaS gives PORT and routes to any address of the container; BIND narrows it to one machine.
bind = os.environ.get("BIND") or f"0.0.0.0:{os.environ.get('PORT', '8000')}"
backlog = 1024

# A worker that does not answer its master for 30 s is replaced; on SIGTERM it gets 20 s to finish,
# inside the 30 s most platforms allow before they kill.
timeout = 30
graceful_timeout = 20
# Longer than the idle time of the routers in front (55 to 60 s), so that they close first, never we.
keepalive = 75

# Some identity providers send authorization codes of several thousand characters in the callback's address.
limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 8190

# The app judges forwarded headers, for a fixed number of proxies; gunicorn trusts only this machine.
forwarded_allow_ips = "127.0.0.1,::1"

# WSGI cannot distinguish X_Forwarded_For from X-Forwarded-For, which a router in front sets. No header of the portal
# has a "_" in its name, so such requests are refused, and proxies of this machine cannot set the application's path.
header_map = "refuse"
forwarder_headers = ""

# The app writes one JSON line a request; gunicorn only reports about itself.
accesslog = None
errorlog = "-"
logger_class = "portal.web.observability.gunicorn_log.ServerLog"
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "warning")

# Heartbeats on a disk stall with the disk; memory does not, where the machine has it for this user.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None  # noqa: S108  # nosec B108

# Each worker writes its metrics to files here; the one that handles /metrics adds them up. The metrics read this
# variable when they are imported, which is after this file was read.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="portal-metrics-"))

# Each open page is an open file, and the usual limit of 1,024 is one from the days of select().
_, _max_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_max_files, _max_files))


def when_ready(_server: Any) -> None:
    """Keep what is loaded by now out of every later garbage collection: it stays, and the workers share it."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Close the process's open streams as soon as it is stopping, instead of waiting for them."""
    worker.wsgi.extensions["hub"].is_stopping = lambda: not worker.alive


def worker_exit(_server: Any, worker: Any) -> None:
    """Close the remaining streams in an orderly way when the process exits."""
    if (application := getattr(worker, "wsgi", None)) is not None:
        application.extensions["hub"].close_streams()
