"""Health and metrics endpoints: /healthz, /readyz and /metrics; their responses contain nothing private."""

from __future__ import annotations

import hmac
import logging
import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from psycopg.errors import UndefinedTable
from sqlalchemy.exc import SQLAlchemyError

from portal import migrations
from portal.db import DATABASE_ERRORS, execute_best_effort
from portal.web.context import EXTENSION, get_context
from portal.web.observability.database_metrics import render_metrics

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

blueprint = Blueprint("ops", __name__)

_PROBES = frozenset({"/healthz", "/readyz"})

_CACHED_FOR = timedelta(seconds=2)


def init_app(app: Flask) -> None:
    """Accept probes with any host name: platforms address an instance by its network address."""
    host = urlsplit(app.extensions[EXTENSION].settings.public_url).netloc
    inner: WSGIApplication = app.wsgi_app

    def accept_any_host(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _PROBES and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            environ["HTTP_HOST"] = host
        return inner(environ, start_response)

    app.wsgi_app = accept_any_host  # type: ignore[method-assign]


class _Readiness:
    """The database's state, cached for two seconds, so that probes cause few queries."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cached: tuple[str, datetime, str] | None = None

    def get_state(self, database_url: str, now: datetime) -> str:
        with self._lock:
            if self._cached and self._cached[2] == database_url and abs(now - self._cached[1]) < _CACHED_FOR:
                return self._cached[0]
            found = _check_database()
            self._cached = (found, now, database_url)
            return found


_readiness = _Readiness()


@blueprint.get("/healthz")
def show_liveness() -> Response:
    """Respond that the process is alive, without any outside call."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def show_readiness() -> tuple[Response, int]:
    """Respond whether the database is available and has the schema of this release."""
    context = get_context()
    state = _readiness.get_state(context.settings.database_url, context.clock())
    return jsonify(status=state), 200 if state == "ready" else 503


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """Respond with the metrics if the request has the token; 404 if no token is configured."""
    token = get_context().settings.metrics_token
    if token is None:
        abort(404)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(401)
    text = generate_latest(_create_registry())
    try:
        text += render_metrics(get_context().clock())
    except SQLAlchemyError as error:
        # The processes' own metrics are needed most while the database is unavailable.
        log.warning("metrics.database_unavailable", extra={"error": type(error).__name__})
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _create_registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    # Each web process writes its metrics to files; the one that handles the request adds them up.
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _check_database() -> str:
    try:
        # On the connection for best-effort statements: probes do not take one from the pool of pages.
        row = execute_best_effort("SELECT version_num FROM alembic_version", {})
        return "ready" if row == (migrations.get_head(),) else "migrations pending"
    except UndefinedTable:
        return "migrations pending"
    except DATABASE_ERRORS as error:
        log.warning("health.not_ready", extra={"error": type(error).__name__})
        return "database unavailable"
