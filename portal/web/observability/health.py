"""What machines ask: is the process alive, is it ready, what does it count; nothing private is answered."""

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

_REMEMBERED = timedelta(seconds=2)


def init_app(app: Flask) -> None:
    """Answer probes whatever host name they use: platforms call an instance by its address."""
    host = urlsplit(app.extensions[EXTENSION].settings.public_url).netloc
    inner: WSGIApplication = app.wsgi_app

    def accept_any_host(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") in _PROBES and environ["REQUEST_METHOD"] in {"GET", "HEAD"}:
            environ["HTTP_HOST"] = host
        return inner(environ, start_response)

    app.wsgi_app = accept_any_host  # type: ignore[method-assign]


class _Readiness:
    """What the database said last; asked at most every two seconds, however many probes there are."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._said: tuple[str, datetime, str] | None = None

    def state(self, database_url: str, now: datetime) -> str:
        with self._lock:
            if self._said and self._said[2] == database_url and abs(now - self._said[1]) < _REMEMBERED:
                return self._said[0]
            found = _check_database()
            self._said = (found, now, database_url)
            return found


_readiness = _Readiness()


@blueprint.get("/healthz")
def show_liveness() -> Response:
    """The process answers; no database or other server is asked."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def show_readiness() -> tuple[Response, int]:
    """The database answers and has the schema this code expects."""
    portal = get_context()
    state = _readiness.state(portal.settings.database_url, portal.clock())
    return jsonify(status=state), 200 if state == "ready" else 503


@blueprint.get("/metrics")
def show_metrics() -> Response:
    """The counters, for whoever has the token; without a token configured there is no such page."""
    token = get_context().settings.metrics_token
    if token is None:
        abort(404)
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        abort(401)
    text = generate_latest(_registry())
    try:
        text += render_metrics(get_context().clock())
    except SQLAlchemyError as error:
        # The counters of the processes are wanted most when the database is away.
        log.warning("metrics.database_unavailable", extra={"error": type(error).__name__})
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    # Several web processes: each writes its numbers to files, whoever is asked adds them up.
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def _check_database() -> str:
    try:
        # On the connection that is kept for such statements: probes must not take one from pages.
        row = execute_best_effort("SELECT version_num FROM alembic_version", {})
        return "ready" if row == (migrations.get_head(),) else "migrations pending"
    except UndefinedTable:
        return "migrations pending"
    except DATABASE_ERRORS as error:
        log.warning("health.not_ready", extra={"error": type(error).__name__})
        return "database unavailable"
