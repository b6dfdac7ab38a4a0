"""Static files: kept for ever under a versioned address only, and served by a newer release too."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from portal.web.static_files import compute_version


@pytest.fixture
def address(app: Flask) -> str:
    with app.test_request_context():
        return url_for("static", filename="css/tokens.css")


def test_versioned_address_is_kept_for_ever(client: FlaskClient, address: str) -> None:
    response = client.get(address, buffered=True)
    assert response.status_code == 200
    assert response.mimetype == "text/css"
    assert "immutable" in response.headers["Cache-Control"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("path", ["/static/css/tokens.css", "/static/0123456789ab/css/tokens.css"])
def test_other_addresses_work_but_are_not_kept(path: str, client: FlaskClient) -> None:
    response = client.get(path, buffered=True)
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "max-age=60, public"


@pytest.mark.parametrize(
    "path",
    [
        "/static/",
        "/static/css/",
        "/static/../wsgi.py",
        "/static/%2e%2e/wsgi.py",
        "/static/0123456789ab/../../wsgi.py",
        "/static/nothing.css",
        "/.git/config",
    ],
)
def test_nothing_else_is_served(path: str, client: FlaskClient) -> None:
    assert client.get(path).status_code == 404


def test_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "a.css").write_text("a")
    first = compute_version(tmp_path)
    assert compute_version(tmp_path) == first
    (tmp_path / "css" / "a.css").write_text("b")
    second = compute_version(tmp_path)
    (tmp_path / "css" / "a.css").rename(tmp_path / "css" / "b.css")
    assert len({first, second, compute_version(tmp_path)}) == 3
