"""How gunicorn serves the portal: gevent workers, so that slow clients and open streams block nobody.

Nothing here decides what the portal does; gunicorn reads this file by itself.
"""

# First of all: whatever is imported before this keeps blocking sockets and locks.
from gevent import monkey

monkey.patch_all()

import contextlib  # noqa: E402
import gc  # noqa: E402
import os  # noqa: E402
import socket  # noqa: E402
import tempfile  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from gunicorn.workers.ggevent import GeventWorker  # noqa: E402

_PlainSocket = monkey.get_original("socket", "socket")
# How long a process that was told to end waits for the rest of a request that has begun to arrive.
_LAST_CALL_SECONDS = 1.5


class WebWorker(GeventWorker):  # type: ignore[misc]  # gunicorn has no types
    """Ends as soon as its last request is answered, instead of waiting for connections on which nobody asks.

    Browsers and routers keep connections open for a minute, more than the time there is for ending.
    """

    def run(self) -> None:
        """Serve until told to end."""
        self._quiet: set[Any] = set()
        gevent.spawn(self._let_quiet_ones_go)
        super().run()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """Serve one connection."""
        self._quiet.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._quiet.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> None:
        """Answer one request."""
        self._quiet.discard(sock)
        try:
            super().handle_request(listener_name, req, sock, addr)
        finally:
            self._quiet.add(sock)

    def _let_quiet_ones_go(self) -> None:
        while self.alive:
            gevent.sleep(0.25)
        while True:
            gevent.sleep(_LAST_CALL_SECONDS)
            for client in tuple(self._quiet):
                # What has arrived can still be read and is answered; after it the connection looks ended by its client.
                with contextlib.suppress(OSError):
                    plain = _PlainSocket(fileno=client.fileno())
                    try:
                        plain.shutdown(socket.SHUT_RD)
                    finally:
                        plain.detach()


wsgi_app = "wsgi"
worker_class = WebWorker
# Threads of pages and streams are cheap in one worker; more workers than cores only cost memory.
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
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

limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190

# The app judges forwarded headers, for a fixed number of proxies; gunicorn trusts only this machine.
forwarded_allow_ips = "127.0.0.1,::1"

# The app writes one JSON line a request; gunicorn only reports about itself.
accesslog = None
errorlog = "-"
loglevel = os.environ.get("GUNICORN_LOG_LEVEL", "warning")

# Heartbeats on a disk stall with the disk; memory does not, where the machine has it.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112

# Each worker counts for itself into a file here, and whichever is asked for /metrics adds them all up. The
# counters look for this when they are imported, which is after this file was read.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="portal-metrics-"))


def when_ready(_server: Any) -> None:
    """Keep what is loaded by now out of every later garbage collection: it stays, and the workers share it."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Let the process's open pages go as soon as it is told to stop, instead of waiting for them."""
    worker.wsgi.extensions["hub"].is_stopping = lambda: not worker.alive
