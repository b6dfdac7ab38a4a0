"""A Flask application with one route, and nothing else."""

from __future__ import annotations

from flask import Flask

application = Flask(__name__)


@application.get("/healthz")
def show_health() -> str:
    """Return a constant."""
    return "ok\n"
