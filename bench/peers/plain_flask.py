"""A Flask application with one route, and nothing else."""

from __future__ import annotations

from flask import Flask

application = Flask(__name__)


@application.get("/healthz")
def answer() -> str:
    """Answer."""
    return "ok\n"
