"""Rights beyond one's own page: they count while the identity provider's word for them is fresh."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.models.people import Person
from portal.models.sessions import Session
from tests.integration.auth.actors import Browser, MovableClock, parse_query
from tests.integration.auth.hostile_provider import HostileProvider
from tests.integration.web_pages.html_document import Document

ADMINS = frozenset({"headshot-admins"})
CONSOLE = "/admin/deliveries?state=dead"
# No webhook has this number.
REPLAY = f"/admin/deliveries/{2**63 - 1}/replay"


@pytest.fixture
def app(make_app: Callable[..., Flask], provider: HostileProvider) -> Flask:
    """A portal whose admins are a group that the person is in."""
    provider.person["groups"] = ["staff", "headshot-admins"]
    return make_app(admin_groups=ADMINS)


@pytest.fixture
def admin(browser: Browser, clock: MovableClock) -> Browser:
    """An admin who signed in, was here all the time, and whose rights were confirmed just over 15 minutes ago."""
    browser.sign_in()
    assert browser.get(CONSOLE).status_code == 200
    clock.move(minutes=14)
    assert browser.get(CONSOLE).status_code == 200
    clock.move(minutes=1, seconds=1)
    return browser


def list_sessions(app: Flask) -> list[Session]:
    with app.app_context():
        return list(db.session.scalars(select(Session)))


def get_provider_url(browser: Browser, path: str = CONSOLE) -> str:
    """Request a page of the console; the address at the identity provider that the browser ends up at."""
    response = browser.get(path)
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/login?confirm=1&next=")
    return browser.begin(response.headers["Location"])


def test_silent_reauthentication_returns_to_the_requested_page(admin: Browser) -> None:
    address = get_provider_url(admin)
    assert parse_query(address)["prompt"] == "none"
    assert parse_query(address)["login_hint"] == "alice@example.com"
    assert parse_query(address)["id_token_hint"].startswith("eyJ")
    back = admin.get(admin.provider.visit(address))
    assert back.headers["Location"] == CONSOLE
    assert admin.get(CONSOLE).status_code == 200


def test_reauthentication_keeps_session_with_new_token(
    admin: Browser, app: Flask, other_browser: Browser, clock: MovableClock
) -> None:
    (before,) = list_sessions(app)
    token, form_token = admin.cookie() or "", admin.form_token()
    admin.get(admin.provider.visit(get_provider_url(admin)))
    (after,) = list_sessions(app)
    assert (after.public_id, after.created_at, after.expires_at) == (
        before.public_id,
        before.created_at,
        before.expires_at,
    )
    assert after.confirmed_at == clock()
    assert admin.cookie() != token
    other_browser.client.set_cookie("portal_session", token)
    assert not other_browser.is_signed_in()
    assert admin.form_token() != ""
    assert after.data["csrf_token"] == before.data["csrf_token"]
    response = admin.post("/logout", data={"csrf_token": form_token})
    assert response.status_code == 200, "a form that was open meanwhile is still good"


def test_confirmations_do_not_outlive_the_maximum_session(browser: Browser, clock: MovableClock) -> None:
    browser.sign_in()
    for _ in range(8 * 6 - 1):
        clock.move(minutes=10)
        response = browser.get(CONSOLE)
        if response.status_code == 303:
            browser.get(browser.provider.visit(browser.begin(response.headers["Location"])))
            assert browser.get(CONSOLE).status_code == 200
    clock.move(minutes=10)
    assert browser.get(CONSOLE).headers["Location"].startswith("/login?next=")


def test_lost_group_closes_the_console_and_nothing_else(admin: Browser, app: Flask) -> None:
    admin.provider.person["groups"] = ["staff"]
    back = admin.get(admin.provider.visit(get_provider_url(admin)))
    refused = admin.get(back.headers["Location"])
    assert refused.status_code == 403
    assert "You don’t have access" in refused.text
    assert "Administration" not in refused.text
    assert admin.get("/headshots/consent").status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Person)).one().role == "employee"


def test_own_pages_never_require_a_confirmation(admin: Browser, clock: MovableClock) -> None:
    clock.move(minutes=10)
    for path in ("/headshots/consent", "/privacy", "/headshots/status"):
        assert admin.get(path).status_code == 200


def test_person_signed_out_at_provider_signs_in_interactively(admin: Browser, app: Flask) -> None:
    silent = get_provider_url(admin)
    requested = admin.get(admin.provider.visit(silent, code=None, error="login_required"))
    assert requested.status_code == 303
    assert "prompt" not in parse_query(requested.headers["Location"])
    back = admin.get(admin.provider.visit(requested.headers["Location"]))
    assert back.headers["Location"] == CONSOLE
    assert admin.get(CONSOLE).status_code == 200
    assert len(list_sessions(app)) == 1


@pytest.mark.parametrize("error", ["invalid_request", "server_error"])
def test_silent_confirmation_that_fails_is_repeated_with_a_page(error: str, admin: Browser, app: Flask) -> None:
    again = admin.get(admin.provider.visit(get_provider_url(admin), code=None, error=error))
    assert "prompt" not in parse_query(again.headers["Location"])
    assert admin.get(admin.provider.visit(again.headers["Location"])).headers["Location"] == CONSOLE
    assert admin.get(CONSOLE).status_code == 200
    assert len(list_sessions(app)) == 1


def test_abandoned_silent_reauthentication_is_interactive_next_time(admin: Browser) -> None:
    """The provider responded with an error page of its own, so the browser never returned."""
    get_provider_url(admin)
    again = get_provider_url(admin)
    assert "prompt" not in parse_query(again)
    assert admin.get(admin.provider.visit(again)).headers["Location"] == CONSOLE


def test_changing_switches_report_it_and_change_nothing(admin: Browser) -> None:
    token = admin.form_token()
    response = admin.post(REPLAY, data={"csrf_token": token}, headers={"Referer": f"http://localhost{CONSOLE}"})
    assert response.status_code == 403
    page = Document(response.text)
    assert "Confirm it’s you" in page.text
    back = admin.get(admin.provider.visit(admin.begin(page.link("Confirm and go back"))))
    assert back.headers["Location"] == CONSOLE
    # The press counts now; there is no such webhook.
    assert admin.post(REPLAY, data={"csrf_token": token}).status_code == 404


def test_two_tabs_at_once_make_one_session_with_one_token(admin: Browser, app: Flask, clock: MovableClock) -> None:
    first, second = get_provider_url(admin), get_provider_url(admin, "/admin/")
    clock.move(seconds=1)
    assert admin.get(admin.provider.visit(first)).status_code == 303
    token = admin.cookie()
    slower = admin.get(admin.provider.visit(second))
    assert slower.headers["Location"] == "/admin/"
    assert admin.cookie() == token
    assert len(list_sessions(app)) == 1
    assert admin.get("/admin/").status_code == 200


def test_reauthentication_as_another_person_starts_a_new_session(admin: Browser, app: Flask) -> None:
    address = get_provider_url(admin)
    admin.provider.person.update(sub="bob", email="bob@example.com", groups=["staff"])
    admin.get(admin.provider.visit(address))
    (row,) = list_sessions(app)
    with app.app_context():
        owner = db.session.get_one(Person, row.person_id)
        assert (owner.subject, owner.role) == ("bob", "employee")
    assert admin.get(CONSOLE).status_code == 403


def test_rights_gained_in_another_browser_count_in_this_one_only_under_a_fresh_token(
    browser: Browser, other_browser: Browser, provider: HostileProvider
) -> None:
    provider.person["groups"] = ["staff"]
    browser.sign_in()
    assert browser.get(CONSOLE).status_code == 403
    provider.person["groups"] = ["staff", "headshot-admins"]
    other_browser.sign_in()
    assert other_browser.get(CONSOLE).status_code == 200
    token = browser.cookie()
    browser.get(provider.visit(get_provider_url(browser)))
    assert browser.cookie() != token
    assert browser.get(CONSOLE).status_code == 200


def test_identity_provider_outage_blocks_console_but_not_own_pages(
    admin: Browser, provider: HostileProvider, clock: MovableClock
) -> None:
    clock.move(minutes=5)
    provider.lies.down.add("openid-configuration")
    expected = admin.get(CONSOLE)
    assert admin.get(expected.headers["Location"]).status_code == 503
    assert admin.get("/headshots/consent").status_code == 200
