"""Compressed responses: which, how, and what their length may not give away."""

from __future__ import annotations

import gzip

import brotli
import pytest
from flask import Flask, render_template_string, url_for
from flask.testing import FlaskClient

from portal.web import static_files
from portal.web.security.csrf import get_masked_token, unmask_token
from tests.architecture.code import ROOT


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None)])
def test_pages_are_compressed_as_the_client_accepts(accepted: str, encoding: str | None, client: FlaskClient) -> None:
    plain = client.get("/privacy")
    response = client.get("/privacy", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert b"</html>" in decode(response.data)
    assert encoding is None or len(response.data) < len(plain.data) / 2


@pytest.mark.parametrize("accepted", ["br", "gzip"])
@pytest.mark.parametrize("name", ["css/portal.css", "js/live.js"])
def test_static_files_are_compressed(name: str, accepted: str, app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        address = url_for("static", filename=name)
    plain = client.get(address, buffered=True)
    response = client.get(address, headers={"Accept-Encoding": accepted}, buffered=True)
    assert response.headers["Content-Encoding"] == accepted
    assert len(response.data) < len(plain.data) / 2
    assert "immutable" in response.headers["Cache-Control"]
    assert {"br": brotli.decompress, "gzip": gzip.decompress}[accepted](response.data) == plain.data


def test_the_bundle_holds_every_stylesheet_in_order(client: FlaskClient) -> None:
    bundle = client.get("/static/css/portal.css", buffered=True).data
    parts = [(ROOT / "static/css" / f"{name}.css").read_bytes() for name in static_files.BUNDLED]
    assert bundle == b"".join(parts)


def test_an_unchanged_compressed_response_is_304(client: FlaskClient) -> None:
    headers = {"Accept-Encoding": "br"}
    etag = client.get("/brand.css", headers=headers).headers["ETag"]
    again = client.get("/brand.css", headers=headers | {"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_form_token_differs_in_every_response_and_is_the_same_one(app: Flask) -> None:
    found = []
    for _ in range(2):
        with app.test_request_context():
            from flask_wtf.csrf import generate_csrf  # noqa: PLC0415 - the session's own token, beside the masked one

            shown = render_template_string("{{ csrf_token() }} {{ csrf_token() }}").split()
            assert shown[0] == shown[1] == get_masked_token()
            assert unmask_token(shown[0]) == generate_csrf()
            found.append(shown[0])
    assert found[0][:40] != found[1][:40]


@pytest.mark.parametrize("sent", ["", "%%%", "a", "é", "AAAA", "A" * 5000])
def test_malformed_token_is_refused_without_error(sent: str) -> None:
    assert "." not in unmask_token(sent)
