"""Requests that change something: each needs this session's own token and must come from this site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.domain.roles import RIGHTS, Role
from portal.models.people import Person
from portal.models.sessions import Session
from portal.web.security.access import RULES
from portal.web.security.access_rule import Access
from tests.architecture.addresses import Call, iterate_requests
from tests.integration.auth.actors import Browser, MovableClock
from tests.integration.auth.hostile_provider import HostileProvider

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def list_guarded_requests(app: Flask) -> list[Call]:
    found = [
        call
        for call in iterate_requests(app)
        if call.method in UNSAFE and RULES[call.endpoint].access is not Access.MACHINE
    ]
    assert len(found) >= 4
    return found


@pytest.fixture
def admin(browser: Browser, app: Flask) -> Browser:
    """Signed in as a person who may call every endpoint."""
    browser.sign_in()
    with app.app_context():
        person = db.session.scalars(select(Person)).one()
        person.role, person.roles, person.manages = "admin", ["admin", "manager"], ["sales"]
        db.session.commit()
    return browser


def test_no_change_without_a_token(admin: Browser, app: Flask, clock: MovableClock) -> None:
    for call in list_guarded_requests(app):
        clock.move(seconds=1)
        response = admin.client.open(call.path, method=call.method)
        assert response.status_code == 400, call
        assert "page is out of date" in response.text, call


def test_expired_session_returns_to_same_page_after_sign_in(browser: Browser) -> None:
    browser.sign_in()
    token = browser.form_token()
    browser.post("/logout", data={"csrf_token": token})
    page = "http://localhost/headshots/gallery?photo=1"
    response = browser.client.post("/headshots/choice", data={"csrf_token": token}, headers={"Referer": page})
    assert response.status_code == 401
    assert 'href="/login?next=%2Fheadshots%2Fgallery%3Fphoto%3D1"' in response.text


@pytest.mark.parametrize(
    ("referrer", "leads_to"),
    [
        ("http://localhost/headshots/consent", "/headshots/consent"),
        ("http://localhost/logout", "/headshots"),
        ("http://localhost.evil.example/headshots/consent", "/headshots"),
        ("//evil.example/", "/headshots"),
    ],
)
def test_a_form_that_is_out_of_date_leads_to_its_own_page_and_no_other(
    admin: Browser, referrer: str, leads_to: str
) -> None:
    response = admin.client.post("/headshots/consent", headers={"Referer": referrer})
    assert response.status_code == 400
    assert f'class="button primary" href="{leads_to}"' in response.text


def test_no_change_with_another_sessions_token(
    admin: Browser, other_browser: Browser, app: Flask, clock: MovableClock
) -> None:
    admin.provider.person = {"sub": "bob", "email": "bob@example.com", "name": "Bob"}
    other_browser.sign_in()
    foreign = other_browser.form_token()
    for call in list_guarded_requests(app):
        clock.move(seconds=1)
        response = admin.client.open(call.path, method=call.method, data={"csrf_token": foreign})
        assert response.status_code == 400, call


def test_no_change_with_the_token_of_an_earlier_session(admin: Browser, app: Flask) -> None:
    old = admin.form_token()
    admin.sign_in("/login?switch=1")
    assert admin.post("/headshots/start", data={"csrf_token": old}).status_code == 400
    assert admin.post("/logout", data={"csrf_token": old}).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:5001"},
        {"Origin": "null"},
    ],
)
def test_no_change_from_another_site_even_with_the_token(headers: dict[str, str], admin: Browser) -> None:
    token = admin.form_token()
    assert admin.post("/logout", data={"csrf_token": token}, headers=headers).status_code == 400
    assert admin.is_signed_in()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
)
def test_own_form_works(headers: dict[str, str], admin: Browser) -> None:
    token = admin.form_token()
    assert admin.post("/logout", data={"csrf_token": token}, headers=headers).status_code == 200
    assert not admin.is_signed_in()


def test_form_token_exists_before_the_first_page(browser: Browser, app: Flask) -> None:
    """Made by the first page instead, two tabs opened at once would each make one, and one would lose."""
    browser.sign_in()
    with app.app_context():
        made = db.session.scalars(select(Session.data)).one()["csrf_token"]
    browser.form_token()
    with app.app_context():
        assert db.session.scalars(select(Session.data)).one()["csrf_token"] == made


def test_script_may_send_the_token_as_a_header(admin: Browser) -> None:
    assert admin.post("/logout", headers={"X-CSRFToken": admin.form_token()}).status_code == 200


def test_form_made_before_a_change_of_keys_is_accepted(
    make_app: Callable[..., Flask], provider: HostileProvider
) -> None:
    old, new = "o" * 32, "n" * 32
    before = Browser(make_app(secret_keys=(old,)).test_client(), provider)
    before.sign_in()
    token, cookie = before.form_token(), before.cookie() or ""
    after = Browser(make_app(secret_keys=(new, old)).test_client(), provider)
    after.client.set_cookie("portal_session", cookie)
    assert after.post("/logout", data={"csrf_token": token}).status_code == 200


def test_machines_need_no_token_and_get_no_cookie(app: Flask) -> None:
    client = app.test_client()
    for call in iterate_requests(app):
        if RULES[call.endpoint].access is Access.MACHINE and call.endpoint != "auth.start_initiated_login":
            response = client.open(call.path, method=call.method)
            assert b"page is out of date" not in response.data, call
            assert "Set-Cookie" not in response.headers, call


def test_viewing_changes_nothing(admin: Browser, app: Flask) -> None:
    """Each page is requested twice; only the traces of signing in and of the request limits may differ afterwards."""
    admin.form_token()
    before = read_tables(app)
    for _ in range(2):
        for call in iterate_requests(app):
            if call.method == "GET" and not call.endpoint.startswith("auth.") and call.endpoint != "live.stream_events":
                assert admin.get(call.path).status_code < 500, call
    assert read_tables(app) == before


def read_tables(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    with app.app_context():
        return {
            table.name: [tuple(row) for row in db.session.execute(select(table))]
            for table in db.metadata.sorted_tables
            if table.name not in {"audit_entries", "audit_links", "sign_in_attempts", "rate_limits"}
        }


@pytest.mark.parametrize("role", Role)
def test_each_role_reaches_its_own_pages_only(role: Role, browser: Browser, app: Flask, clock: MovableClock) -> None:
    browser.sign_in()
    with app.app_context():
        db.session.scalars(select(Person)).one().role = role
        db.session.commit()
    token = browser.form_token()
    for call in iterate_requests(app):
        rule = RULES[call.endpoint]
        if rule.access is not Access.SIGNED_IN or call.endpoint in {"live.stream_events", "auth.end_session"}:
            continue
        # One call a second stays below the rate limits.
        clock.move(seconds=1)
        response = browser.client.open(call.path, method=call.method, data={"csrf_token": token})
        is_refused = response.status_code == 403
        assert is_refused == (rule.right is not None and rule.right not in RIGHTS[role]), (call, response.status_code)
