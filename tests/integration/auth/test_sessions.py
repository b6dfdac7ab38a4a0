"""Sessions: what the cookie is, how long it lasts, what keeps it alive, and what it costs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.db import db
from portal.domain.session_lifetimes import SessionLifetime, SessionLifetimes
from portal.models import sessions
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.sessions import Session
from portal.services import sessions as signins
from portal.web.security.sessions import create_token, hash_token
from tests.integration.auth.actors import Browser, MovableClock
from tests.integration.auth.hostile_provider import HostileProvider

POLLING = ["/headshots/status", "/photos/11111111-1111-1111-1111-111111111111/640.webp"]


def list_sessions(app: Flask) -> list[Session]:
    with app.app_context():
        return list(db.session.scalars(select(Session)))


def test_cookie_over_http_on_this_machine(browser: Browser) -> None:
    response = browser.sign_in()
    (cookie,) = [value for value in response.headers.getlist("Set-Cookie") if value.startswith("portal_session=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert "Expires" not in cookie
    assert len(cookie) < 4096


@pytest.mark.asvs("A01")
def test_cookies_over_https_are_bound_to_the_host(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    client = make_app(public_url="https://portal.example").test_client()
    site = {"base_url": "https://portal.example"}
    started = client.get("/login", **site)
    (browser_cookie,) = started.headers.getlist("Set-Cookie")
    ended = client.get(provider.visit(started.headers["Location"]), **site)
    (session_cookie,) = ended.headers.getlist("Set-Cookie")
    assert browser_cookie.startswith("__Host-portal-browser=")
    assert session_cookie.startswith("__Host-portal=")
    for cookie in (browser_cookie, session_cookie):
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


@pytest.mark.asvs("A04")
def test_database_holds_only_the_hash_of_the_token(browser: Browser, app: Flask) -> None:
    browser.sign_in()
    (row,) = list_sessions(app)
    token = browser.cookie() or ""
    assert row.token_hash == hashlib.sha256(token.encode()).digest()
    # The parts of a token are joined by periods. Sealed bytes hold none, and may spell anything else that is short.
    assert row.id_token
    assert b"." not in row.id_token


@pytest.mark.asvs("A04")
def test_tokens_do_not_repeat() -> None:
    assert len({create_token() for _ in range(100_000)}) == 100_000


@pytest.mark.asvs("A05")
def test_token_changes_at_sign_in_and_the_old_one_is_invalid(browser: Browser, app: Flask) -> None:
    browser.client.set_cookie("portal_session", "A" * 43)
    browser.sign_in()
    first = browser.cookie() or ""
    assert first != "A" * 43
    browser.sign_in("/login?switch=1")
    second = browser.cookie() or ""
    assert second != first
    assert len(list_sessions(app)) == 1
    browser.client.set_cookie("portal_session", first)
    assert not browser.is_signed_in()
    browser.client.set_cookie("portal_session", second)
    assert browser.is_signed_in()


@pytest.mark.parametrize("value", ["", "x", "A" * 43, "A" * 4000, "é" * 43, "../../etc", "' OR 1=1 --"])
def test_unknown_session_cookie_is_anonymous(value: str, browser: Browser) -> None:
    browser.client.set_cookie("portal_session", value)
    assert not browser.is_signed_in()


def test_expired_session_cookie_is_deleted(browser: Browser) -> None:
    browser.client.set_cookie("portal_session", "A" * 43)
    browser.get("/")
    assert browser.cookie() is None


@pytest.mark.parametrize(("role", "minutes"), [("employee", 30), ("manager", 30), ("admin", 15)])
@pytest.mark.asvs("A06")
def test_idle_session_ends(role: str, minutes: int, browser: Browser, app: Flask, clock: MovableClock) -> None:
    browser.sign_in()
    update_role(app, role)
    clock.move(minutes=minutes, seconds=-1)
    assert browser.get("/headshots/consent").status_code == 200
    clock.move(minutes=minutes, seconds=1)
    assert browser.get("/headshots/consent").status_code == 303


@pytest.mark.parametrize("role", ["employee", "admin"])
def test_lifetimes_are_settings(
    role: str, browser: Browser, app: Flask, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifetime = SessionLifetime(idle=timedelta(minutes=5), absolute=timedelta(minutes=9))
    context = app.extensions["portal"]
    settings = replace(context.settings, session_lifetimes=SessionLifetimes(usual=lifetime, admin=lifetime))
    monkeypatch.setitem(app.extensions, "portal", replace(context, settings=settings))
    browser.sign_in()
    update_role(app, role)
    for _ in range(2):
        clock.move(minutes=4)
        assert browser.get("/headshots/consent").status_code == 200
    clock.move(minutes=1)
    assert browser.get("/headshots/consent").status_code == 303
    browser.sign_in()
    update_role(app, role)
    clock.move(minutes=5)
    assert browser.get("/headshots/consent").status_code == 303


@pytest.mark.parametrize(("role", "hours"), [("employee", 12), ("admin", 8)])
@pytest.mark.asvs("A07")
def test_active_session_ends_at_its_maximum(
    role: str, hours: int, browser: Browser, app: Flask, clock: MovableClock
) -> None:
    browser.sign_in()
    update_role(app, role)
    for _ in range(hours * 6 - 1):
        clock.move(minutes=10)
        assert browser.get("/headshots/consent").status_code == 200
    clock.move(minutes=10)
    assert browser.get("/headshots/consent").status_code == 303


@pytest.mark.parametrize("path", POLLING)
def test_open_tab_extends_no_session(path: str, browser: Browser, clock: MovableClock) -> None:
    browser.sign_in()
    for _ in range(6):
        clock.move(minutes=5)
        response = browser.get(path)
    assert response.status_code == 401
    assert response.json is not None


def test_stream_extends_no_session(browser: Browser, app: Flask, clock: MovableClock) -> None:
    browser.sign_in()
    before = list_sessions(app)[0].active_at
    clock.move(minutes=5)
    app.extensions["hub"].is_stopping = lambda: True
    assert browser.get("/headshots/events").status_code == 200
    assert list_sessions(app)[0].active_at == before


def test_last_active_time_is_written_once_a_minute(browser: Browser, app: Flask, clock: MovableClock) -> None:
    browser.sign_in()
    began = list_sessions(app)[0].active_at
    clock.move(seconds=59)
    browser.get("/privacy")
    assert list_sessions(app)[0].active_at == began
    clock.move(seconds=1)
    browser.get("/privacy")
    assert list_sessions(app)[0].active_at == clock()


def test_session_costs_one_query_and_holds_no_connection(browser: Browser, app: Flask) -> None:
    browser.sign_in()
    statements: list[str] = []
    held: list[int] = []
    with app.app_context():
        engine = db.engine

    def record_statement(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", record_statement)
    app.view_functions["pages.show_landing"] = lambda: str(held.append(engine.pool.checkedout()))  # type: ignore[attr-defined]
    browser.get("/")
    assert len([text for text in statements if "sessions" in text]) == 1
    assert len(statements) == 1
    assert held == [0]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_visitor_without_cookie_costs_no_query_and_leaves_no_row(browser: Browser, app: Flask) -> None:
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_r: statements.append(statement))
    for path in ("/", "/privacy", "/healthz", "/brand.css", "/nowhere"):
        assert "Set-Cookie" not in browser.get(path).headers
    assert statements == []
    assert list_sessions(app) == []


def test_role_changes_count_at_the_next_request(browser: Browser, app: Flask) -> None:
    browser.sign_in()
    assert "Administration" not in browser.get("/privacy").text
    update_role(app, "admin")
    assert "Administration" in browser.get("/privacy").text


def test_session_row_of_deactivated_person_is_ignored(browser: Browser, app: Flask, clock: MovableClock) -> None:
    browser.sign_in()
    with app.app_context():
        db.session.scalars(select(Person)).one().deactivated_at = clock()
        db.session.commit()
    assert not browser.is_signed_in()


def test_person_can_end_their_other_sessions(
    browser: Browser, other_browser: Browser, app: Flask, clock: MovableClock
) -> None:
    browser.sign_in()
    other_browser.sign_in()
    own = hashlib.sha256((browser.cookie() or "").encode()).digest()
    with app.app_context():
        alice = db.session.scalars(select(Person)).one()
        assert len(sessions.list_of_person(alice.id)) == 2
        assert signins.end_sessions(alice.id, actor=alice, now=clock(), but=own) == 1
    assert browser.is_signed_in()
    assert not other_browser.is_signed_in()


def test_expired_sessions_are_deleted_at_the_next_sign_in(
    browser: Browser, other_browser: Browser, app: Flask, clock: MovableClock
) -> None:
    browser.sign_in()
    clock.move(hours=13)
    other_browser.sign_in()
    assert len(list_sessions(app)) == 1


def test_hundred_sessions_are_ended_by_one_logout_token(
    browser: Browser, app: Flask, audit: Callable[[str], list[AuditEntry]]
) -> None:
    statements: list[str] = []
    browser.provider.person["sid"] = "s1"
    browser.sign_in()
    with app.app_context():
        (first,) = db.session.scalars(select(Session)).all()
        for _ in range(99):
            copy = {c.name: getattr(first, c.name) for c in Session.__table__.columns}
            db.session.add(Session(**copy | {"token_hash": hash_token(create_token()), "public_id": uuid4()}))
        db.session.commit()
        event.listen(db.engine, "before_cursor_execute", lambda _c, _k, statement, *_r: statements.append(statement))
    token = browser.provider.logout_token(sub="alice")
    response = browser.post("/login/backchannel-logout", data={"logout_token": token})
    assert response.status_code == 200
    assert list_sessions(app) == []
    assert len([text for text in statements if text.startswith("DELETE FROM sessions")]) == 1
    (entry,) = audit("sign_out.ordered")
    assert entry.detail == {"sessions": 100}


def test_concurrent_first_sign_ins_create_one_person(app: Flask, provider: HostileProvider) -> None:
    browsers = [Browser(app.test_client(), provider) for _ in range(6)]
    backs = [provider.visit(each.begin()) for each in browsers]
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda pair: pair[0].get(pair[1]), zip(browsers, backs, strict=True)))
    assert [response.status_code for response in responses] == [303] * 6
    assert all(each.is_signed_in() for each in browsers)
    assert len({row.person_id for row in list_sessions(app)}) == 1


def update_role(app: Flask, role: str) -> None:
    with app.app_context():
        db.session.scalars(select(Person)).one().role = role
        db.session.commit()
