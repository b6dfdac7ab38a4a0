"""What a platform sees of the web process: readiness, a clean refusal to start, databases that come and go."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from flask import Flask, session
from sqlalchemy.exc import OperationalError

from portal.app import create_app
from portal.db import db
from portal.models import sessions
from portal.settings import Settings
from portal.web.observability import health
from portal.web.observability.health import _Readiness
from tests.integration.core.conftest import close_connections

TOP = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_readiness", _Readiness())


def test_readiness_requires_the_schema_of_this_code(
    portal_settings: Callable[..., Settings], database_url: str
) -> None:
    app = create_app(portal_settings())
    with close_connections(app):
        response = app.test_client().get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ready"})


def test_not_ready_while_migrations_are_pending(portal_settings: Callable[..., Settings], database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    app = create_app(portal_settings())
    with close_connections(app):
        response = app.test_client().get("/readyz")
    assert (response.status_code, response.json) == (503, {"status": "migrations pending"})


def run_wsgi(env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "import wsgi; print(wsgi.application.name)"],
        cwd=TOP,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_settings_problems_are_listed_without_a_trace() -> None:
    ended = run_wsgi({"SECRET_KEY": "short"})
    assert ended.returncode == 3
    assert "OIDC_ISSUER is missing" in ended.stderr
    assert "SECRET_KEY is too short" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_app_is_built_without_outside_calls() -> None:
    """Neither the database nor the identity provider nor the bucket of these settings exists."""
    ended = run_wsgi(
        {
            "SECRET_KEY": "k" * 32,
            "DATABASE_URL": "postgres://127.0.0.1:1/none",
            "PUBLIC_URL": "https://portal.example",
            "OIDC_ISSUER": "https://id.invalid",
            "OIDC_CLIENT_ID": "x",
            "OIDC_CLIENT_SECRET": "x",
            "HEADSHOT_PROVIDER": "headshotpro",
            "HEADSHOT_API_KEY": "x",
            "STORAGE_URL": "s3://nowhere/photos",
        }
    )
    assert (ended.returncode, ended.stdout.strip()) == (0, "portal"), ended.stderr


def test_origins_of_the_brand_count_where_none_are_named(portal_settings: Callable[..., Settings]) -> None:
    settings = portal_settings(provider="headshotpro", embed_origins=(), photo_origins=())
    built = create_app(settings).extensions["portal"].settings
    assert built.embed_origins == ("https://yourproheadshots.com",)
    assert built.photo_origins == ("https://cdn.headshotpro.com",)


@pytest.fixture
def app(portal_settings: Callable[..., Settings], database_url: str) -> Flask:
    return create_app(portal_settings())


def test_database_that_dies_before_the_session_is_written(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def remember() -> str:
        session["x"] = "y"
        return "done"

    def die(*_arguments: object) -> None:
        raise OperationalError("INSERT", {}, Exception("gone"))

    app.view_functions["pages.show_landing"] = remember
    client = app.test_client()
    assert client.get("/").text == "done"
    monkeypatch.setattr(sessions, "update_data", die)
    response = client.get("/")
    assert response.status_code == 503
    assert "Set-Cookie" not in response.headers
    monkeypatch.undo()
    assert client.get("/").status_code == 200
    with app.app_context():
        db.engine.dispose()


def test_database_that_is_available_again_is_used_again(app: Flask, database_url: str) -> None:
    client = app.test_client()
    client.set_cookie("portal_session", "A" * 43)
    assert client.get("/privacy").status_code == 200
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchall()
    assert ended
    client.set_cookie("portal_session", "B" * 43)
    assert client.get("/privacy").status_code == 200
    with app.app_context():
        db.engine.dispose()
