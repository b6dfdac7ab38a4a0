"""Signing in as people do: links, tabs, back buttons, other accounts, other pages' requests to sign in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.domain.roles import Principals
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.sessions import SignInAttempt
from portal.services import people
from tests.factories import make_person
from tests.integration.auth.actors import Browser, MovableClock, get_person, parse_query
from tests.integration.auth.hostile_provider import HostileProvider

Audit = Callable[[str], list[AuditEntry]]


def count_rows(app: Flask, table: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.asvs("A50")
def test_sign_in_ends_on_my_page_with_pkce_state_and_nonce(browser: Browser) -> None:
    location = browser.begin()
    requested = parse_query(location)
    assert requested["response_type"] == "code"
    assert requested["code_challenge_method"] == "S256"
    assert requested["scope"] == "openid email profile"
    assert requested["redirect_uri"] == "http://localhost/login/callback"
    assert len({requested["state"], requested["nonce"], requested["code_challenge"]}) == 3
    response = browser.get(browser.provider.visit(location))
    assert (response.status_code, response.headers["Location"]) == (303, "/headshots")
    assert browser.get("/headshots", follow_redirects=True).request.path == "/headshots/consent"
    assert browser.provider.last_token_request["authorization"].startswith("Basic ")
    assert "client_secret" not in browser.provider.last_token_request


def test_sign_in_returns_to_the_protected_page(browser: Browser) -> None:
    response = browser.get("/headshots/gallery?photo=7&x=%20y")
    assert response.status_code == 303
    ended = browser.sign_in(response.headers["Location"])
    assert ended.headers["Location"] == "/headshots/gallery?photo=7&x=%20y"


@pytest.mark.parametrize(("auth_age", "status"), [(0, 303), (299, 303), (331, 400), (3600, 400), (None, 400)])
@pytest.mark.asvs("A12")
def test_reauthentication_requires_recent_auth_time(auth_age: int | None, status: int, browser: Browser) -> None:
    browser.sign_in()
    location = browser.begin("/login?fresh=1")
    assert parse_query(location)["max_age"] == "300"
    if auth_age is not None:
        browser.provider.lies.claims = lambda claims: claims | {"auth_time": claims["iat"] - auth_age}
    assert browser.get(browser.provider.visit(location)).status_code == status


def test_sign_in_in_two_tabs_completes_in_both(browser: Browser) -> None:
    first, second = browser.begin("/login?next=/privacy"), browser.begin()
    assert browser.get(browser.provider.visit(second)).headers["Location"] == "/headshots"
    assert browser.get(browser.provider.visit(first)).headers["Location"] == "/privacy"
    assert browser.is_signed_in()


@pytest.mark.asvs("A03")
def test_fifty_sign_in_attempts_leave_one_small_cookie(browser: Browser) -> None:
    locations = [browser.begin() for _ in range(50)]
    value = browser.cookie("portal_browser")
    assert value is not None
    assert len(value) == 22
    assert browser.get(browser.provider.visit(locations[0])).status_code == 303
    assert browser.is_signed_in()


def test_callback_without_or_with_unknown_state_is_refused(browser: Browser, audit: Audit) -> None:
    browser.begin()
    for query in ("", "?code=x", "?code=x&state=", "?code=x&state=" + "A" * 43, "?error=%3Cscript%3E"):
        response = browser.get(f"/login/callback{query}")
        assert response.status_code == 400
        assert "script>" not in response.text
    assert {entry.detail["reason"] for entry in audit("sign_in")} == {"state_unknown"}
    assert len(audit("sign_in")) == 5


def test_ambiguous_state_is_refused(browser: Browser, audit: Audit) -> None:
    back = browser.provider.visit(browser.begin())
    assert browser.get(f"{back}&code=other").status_code == 400
    assert audit("sign_in")[0].detail["reason"] == "answer_ambiguous"


def test_attackers_callback_does_nothing_in_another_browser(browser: Browser, other_browser: Browser) -> None:
    other_browser.begin()
    attackers = browser.provider.visit(browser.begin())
    assert other_browser.get(attackers).status_code == 400
    assert not other_browser.is_signed_in()
    assert browser.get(attackers).status_code == 303


def test_callback_works_once_even_with_the_previous_cookies(browser: Browser, other_browser: Browser) -> None:
    location = browser.begin()
    saved = browser.cookie("portal_browser") or ""
    back = browser.provider.visit(location)
    assert browser.get(back).status_code == 303
    other_browser.client.set_cookie("portal_browser", saved)
    assert other_browser.get(back).status_code == 400
    assert not other_browser.is_signed_in()


def test_back_button_after_signing_in_leads_to_my_page(browser: Browser) -> None:
    back = browser.provider.visit(browser.begin())
    browser.get(back)
    token = browser.cookie()
    again = browser.get(back)
    assert (again.status_code, again.headers["Location"]) == (303, "/headshots")
    assert browser.cookie() == token


def test_callback_after_ten_minutes_is_too_late_and_its_row_is_deleted(
    browser: Browser, app: Flask, clock: MovableClock, audit: Audit
) -> None:
    late, never = browser.begin(), browser.begin()
    clock.move(minutes=10, seconds=1)
    assert browser.get(browser.provider.visit(late)).status_code == 400
    assert audit("sign_in")[0].detail["reason"] == "attempt_expired"
    browser.begin()
    assert count_rows(app, SignInAttempt) == 1
    assert browser.get(browser.provider.visit(never)).status_code == 400


def test_person_is_issuer_and_subject_never_the_address(browser: Browser, app: Flask) -> None:
    browser.sign_in()
    browser.provider.person["email"] = "alice.new@example.com"
    browser.sign_in("/login?switch=1")
    assert count_rows(app, Person) == 1
    assert get_person(app, "alice").email == "alice.new@example.com"
    browser.provider.person["sub"] = "impostor"
    browser.sign_in("/login?switch=1")
    assert count_rows(app, Person) == 2
    assert get_person(app, "impostor").id != get_person(app, "alice").id


def test_admin_by_group_until_the_group_is_gone(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    app = make_app(admin_groups=frozenset({"headshot-admins"}))
    browser = Browser(app.test_client(), provider)
    provider.person["groups"] = ["staff", "headshot-admins"]
    browser.sign_in()
    assert get_person(app, "alice").role == "admin"
    provider.person["groups"] = ["staff"]
    browser.sign_in("/login?switch=1")
    assert get_person(app, "alice").role == "employee"


def test_admin_by_address_whatever_its_case(make_app: Callable[..., Flask], provider: HostileProvider) -> None:
    app = make_app(admin_emails=frozenset({"alice@example.com"}))
    provider.person["email"] = "Alice@Example.com"
    Browser(app.test_client(), provider).sign_in()
    assert get_person(app, "alice").role == "admin"


def test_manager_by_group_until_the_group_is_gone(
    make_app: Callable[..., Flask], provider: HostileProvider, audit: Audit
) -> None:
    app = make_app(team_managers={"sales": Principals(groups=frozenset({"sales-leads"}))})
    browser = Browser(app.test_client(), provider)
    provider.person["groups"] = ["sales", "sales-leads"]
    browser.sign_in()
    alice = get_person(app, "alice")
    assert (alice.role, alice.manages) == ("manager", ["sales"])
    provider.person["groups"] = ["sales"]
    browser.sign_in("/login?switch=1")
    alice = get_person(app, "alice")
    assert (alice.role, alice.roles, alice.manages) == ("employee", ["employee"], [])
    changes = [(entry.detail["before"], entry.detail["after"]) for entry in audit("person.role")]
    assert changes == [("employee", "manager"), ("manager", "employee")]


def test_groups_are_requested_where_only_teams_depend_on_them(
    make_app: Callable[..., Flask], provider: HostileProvider
) -> None:
    app = make_app(team_managers={"sales": Principals(groups=frozenset({"sales-leads"}))})
    provider.lies.claims = lambda claims: {name: value for name, value in claims.items() if name != "groups"}
    provider.person["groups"] = ["sales-leads"]
    Browser(app.test_client(), provider).sign_in()
    assert provider.calls["userinfo"] == 1
    assert get_person(app, "alice").role == "manager"


def test_operator_by_address_and_admin_by_group_is_both(
    make_app: Callable[..., Flask], provider: HostileProvider, audit: Audit
) -> None:
    app = make_app(operator_emails=frozenset({"alice@example.com"}), admin_groups=frozenset({"headshot-admins"}))
    provider.person["groups"] = ["headshot-admins"]
    Browser(app.test_client(), provider).sign_in()
    alice = get_person(app, "alice")
    assert (alice.role, alice.roles) == ("admin", ["admin", "operator"])
    (change,) = audit("person.role")
    assert (change.detail["before"], change.detail["after"]) == ("employee", "admin operator")


@pytest.mark.asvs("A09")
def test_deactivated_person_is_signed_out_and_cannot_sign_in(
    browser: Browser, other_browser: Browser, app: Flask, clock: MovableClock, audit: Audit
) -> None:
    browser.sign_in()
    other_browser.sign_in()
    alice = get_person(app, "alice")
    with app.app_context():
        admin = make_person(role="admin")
        people.deactivate_person(alice.id, actor=admin, now=clock())
    assert not browser.is_signed_in()
    assert not other_browser.is_signed_in()
    assert browser.sign_in().status_code == 403
    assert audit("sign_in")[-1].detail["reason"] == "person_deactivated"
    with app.app_context():
        people.reactivate_person(alice.id, actor=admin, now=clock())
    browser.sign_in()
    assert browser.is_signed_in()


@pytest.mark.parametrize("method", ["get", "post"])
def test_provider_page_can_begin_a_sign_in(method: str, browser: Browser) -> None:
    requested = {
        "iss": browser.provider.issuer,
        "login_hint": "alice@example.com",
        "target_link_uri": "http://localhost/headshots/gallery",
        "unknown": "x",
    }
    sent = {"query_string": requested} if method == "get" else {"data": requested}
    response = getattr(browser, method)("/login/initiate", **sent)
    assert response.status_code == 303
    assert parse_query(response.headers["Location"])["login_hint"] == "alice@example.com"
    ended = browser.get(browser.provider.visit(response.headers["Location"]))
    assert ended.headers["Location"] == "/headshots/gallery"


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("issuer", [None, "", "https://evil.example", "{issuer}/", " {issuer}"])
def test_unknown_issuer_cannot_initiate_sign_in(
    issuer: str | None, method: str, browser: Browser, audit: Audit
) -> None:
    requested = {"login_hint": "alice@example.com", "target_link_uri": "http://localhost/headshots"}
    requested |= {} if issuer is None else {"iss": issuer.format(issuer=browser.provider.issuer)}
    sent = {"query_string": requested} if method == "get" else {"data": requested}
    response = getattr(browser, method)("/login/initiate", **sent)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert [(entry.result, entry.detail["reason"]) for entry in audit("sign_in")] == [
        ("refused", "initiated_by_stranger")
    ]


@pytest.mark.parametrize(
    "target",
    [
        *[
            "https://evil.example/",
            "//evil.example",
            "http://localhost.evil.example/x",
            "http://localhost@evil.example/",
        ],
        *["https://localhost/headshots", "http://localhost:81/headshots", "javascript:alert(1)", "/\\evil.example"],
        *["http://localhost//evil.example", "http://localhost/%2f%2fevil.example", "http://localhost/logout"],
        *["http://localhost/login?next=//evil.example", "http://localhost/nowhere", "headshots/gallery", ""],
    ],
)
def test_initiated_sign_in_never_ends_on_another_site(target: str, browser: Browser) -> None:
    query = {"iss": browser.provider.issuer, "target_link_uri": target}
    location = browser.get("/login/initiate", query_string=query).headers["Location"]
    assert browser.get(browser.provider.visit(location)).headers["Location"] == "/headshots"


@pytest.mark.parametrize("target", ["http://localhost/headshots/gallery?photo=7", "/headshots/gallery?photo=7"])
def test_initiated_sign_in_ends_on_the_requested_page_of_the_portal(target: str, browser: Browser) -> None:
    query = {"iss": browser.provider.issuer, "target_link_uri": target}
    location = browser.get("/login/initiate", query_string=query).headers["Location"]
    assert browser.get(browser.provider.visit(location)).headers["Location"] == "/headshots/gallery?photo=7"


@pytest.mark.parametrize("hint", ["", "a\r\nSet-Cookie: x=y", "x" * 321, "\x00"])
def test_invalid_login_hint_is_not_forwarded(hint: str, browser: Browser) -> None:
    query = {"iss": browser.provider.issuer, "login_hint": hint}
    response = browser.get("/login/initiate", query_string=query)
    assert response.status_code == 303
    assert "login_hint" not in parse_query(response.headers["Location"])


def test_initiated_sign_ins_each_start_anew_and_in_no_frame(browser: Browser) -> None:
    fixed = {"state": "theirs", "nonce": "theirs", "code_challenge": "theirs", "redirect_uri": "https://evil.example"}
    started = []
    for _ in range(2):
        response = browser.get("/login/initiate", query_string={"iss": browser.provider.issuer, **fixed})
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "DENY"
        started.append(parse_query(response.headers["Location"]))
    for name in ("state", "nonce", "code_challenge"):
        assert started[0][name] != started[1][name]
        assert "theirs" not in {started[0][name], started[1][name]}
    assert started[0]["redirect_uri"] == "http://localhost/login/callback"


def test_success_is_audited_without_anything_private(browser: Browser, audit: Audit) -> None:
    browser.sign_in()
    (entry,) = audit("sign_in")
    assert entry.result == "ok"
    assert entry.actor_id == entry.subject_id
    assert entry.request_id
    assert entry.address_digest
    assert "127.0.0.1" not in entry.address_digest
    assert entry.detail == {"role": "employee"}
