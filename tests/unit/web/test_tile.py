"""The address of the launcher's tile: public, cached, made from the brand's settings."""

from __future__ import annotations

import io
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

RED = (176, 0, 32)


def build_logo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (60, 60), RED).save(stream, "PNG")
    return stream.getvalue()


def get_center_color(client: FlaskClient) -> object:
    response = client.get("/brand/tile.png")
    assert (response.status_code, response.mimetype) == (200, "image/png")
    image = Image.open(io.BytesIO(response.data))
    assert image.size == (215, 215)
    return image.convert("RGB").getpixel((107, 107))


def test_any_site_may_fetch_it_and_cache_it_until_it_changes(client: FlaskClient) -> None:
    response = client.get("/brand/tile.png")
    assert set(response.headers["Cache-Control"].split(", ")) == {"public", "no-cache"}
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in response.headers
    again = client.get("/brand/tile.png", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_logo_out_of_the_settings(make_app: Callable[..., Flask]) -> None:
    address = "data:image/png;base64," + b64encode(build_logo()).decode()
    assert get_center_color(make_app(brand_logo=address).test_client()) == RED


def test_logo_out_of_a_file(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(brand_logo="/static/img/logo.png")
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "logo.png").write_bytes(build_logo())
    app.static_folder = str(tmp_path)
    assert get_center_color(app.test_client()) == RED


@pytest.mark.parametrize(
    "address",
    ["data:image/svg+xml,<svg/>", "data:image/png;base64,?", "/static/nowhere.png", "/static/../wsgi.py", "/static/"],
)
def test_invalid_logo_falls_back_to_the_initial(address: str, make_app: Callable[..., Flask]) -> None:
    assert get_center_color(make_app(brand_logo=address).test_client()) != RED
