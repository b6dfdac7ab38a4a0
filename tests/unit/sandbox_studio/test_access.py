"""Getting in, being kept out, and the headers that make both safe inside a foreign frame."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.sandbox_studio.fake_store import TOKEN, FakeStore


@pytest.mark.parametrize(
    ("fields", "step"),
    [
        ({}, "about"),
        ({"title": "Ada", "trigger": "female"}, "photos"),
        ({"status": "waiting"}, "progress"),
        ({"status": "pending"}, "progress"),
        ({"status": "generatingHeadshots"}, "progress"),
        ({"status": "failed"}, "progress"),
        ({"status": "something-new"}, "progress"),
        ({"status": "active"}, "results"),
    ],
)
def test_the_signed_url_leads_to_the_present_step(
    client: FlaskClient, store: FakeStore, fields: dict[str, str], step: str
) -> None:
    store.change(**fields)
    response = client.get(f"/auth/social?token={TOKEN}&anonymous=1", follow_redirects=True)
    assert response.status_code == 200
    assert response.request.path == f"/studio/{TOKEN}/{step}"


def test_needs_no_cookie(client: FlaskClient) -> None:
    response = client.get(f"/auth/social?token={TOKEN}&anonymous=1", follow_redirects=True)
    assert all("Set-Cookie" not in each.headers for each in (*response.history, response))


@pytest.mark.parametrize(("scheme", "count"), [("https", 1), ("http", 2)])
def test_required_cookie_also_suits_webkit_over_http(
    client: FlaskClient, store: FakeStore, scheme: str, count: int
) -> None:
    store.cookies_required = True
    response = client.get(f"/auth/social?token={TOKEN}", base_url=f"{scheme}://studio.example")
    framed, *own_page = response.headers.getlist("Set-Cookie")
    assert len([framed, *own_page]) == count
    assert {"Secure", "SameSite=None"} <= set(framed.split("; "))
    for each in own_page:
        assert "SameSite=Lax" in each
        assert "Secure" not in each
    assert client.get(f"/studio/{TOKEN}/", base_url=f"{scheme}://studio.example").status_code == 303
    client.delete_cookie("studio_session", domain="studio.example")
    client.delete_cookie("studio_session_http", domain="studio.example")
    assert client.get(f"/studio/{TOKEN}/", base_url=f"{scheme}://studio.example").status_code == 403


def check_error_page(client: FlaskClient, address: str, status: int, text_parts: str) -> None:
    response = client.get(address)
    assert response.status_code == status
    assert text_parts in response.text
    assert "<h1>" in response.text
    # The portal sent them, so only the portal can help.
    assert "Go back to where you" in response.text
    assert "invited" not in response.text


@pytest.mark.parametrize("address", ["/auth/social?token=guess", "/auth/social", "/studio/guess/results"])
def test_an_unknown_link_has_its_own_message(client: FlaskClient, address: str) -> None:
    check_error_page(client, address, 401, "does not open a session")


@pytest.mark.parametrize("address", [f"/auth/social?token={TOKEN}", f"/studio/{TOKEN}/results"])
@pytest.mark.parametrize("status", ["onboarding", "active"])
def test_an_expired_link_has_its_own_message(client: FlaskClient, store: FakeStore, address: str, status: str) -> None:
    store.change(session_expired=True, status=status)
    check_error_page(client, address, 410, "link has expired")


@pytest.mark.parametrize("address", [f"/auth/social?token={TOKEN}", f"/studio/{TOKEN}/photos/u1.jpg"])
def test_deleted_session_shows_deleted_page(client: FlaskClient, store: FakeStore, address: str) -> None:
    store.change(status="deleted")
    check_error_page(client, address, 410, "was deleted")


def test_a_script_gets_json(client: FlaskClient) -> None:
    response = client.get("/studio/guess/status", headers={"Accept": "application/json"})
    assert response.status_code == 401
    assert response.json is not None
    assert response.json["error"].startswith("This link does not open a session.")


@pytest.mark.parametrize("address", [f"/auth/social?token={TOKEN}", f"/studio/{TOKEN}/about", "/studio/guess/"])
def test_headers(client: FlaskClient, address: str) -> None:
    headers = client.get(address).headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "X-Frame-Options" not in headers
    policy = headers["Content-Security-Policy"].split("; ")
    assert "default-src 'self'" in policy
    assert "img-src 'self' blob: data:" in policy
    assert "frame-ancestors *" in policy
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_framing_can_be_refused(store: FakeStore, client: FlaskClient) -> None:
    store.frames_refused = True
    headers = client.get(f"/studio/{TOKEN}/about").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_static_files_may_be_cached(client: FlaskClient) -> None:
    with client.get("/studio/static/studio.css") as response:
        assert response.status_code == 200
        assert "no-store" not in response.headers["Cache-Control"]
        assert response.headers["ETag"]


def test_the_brand_is_the_stores_unless_the_app_has_one(app: Flask, client: FlaskClient) -> None:
    assert "Profile Bakery" in client.get(f"/studio/{TOKEN}/about").text
    app.config["SANDBOX_BRAND_NAME"] = "HeadshotPro sandbox"
    page = client.get(f"/studio/{TOKEN}/about").text
    assert "HeadshotPro sandbox" in page
    assert "Profile Bakery" not in page
