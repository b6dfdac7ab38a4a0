"""Signing out: here first, then at the provider; and by the provider's own order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from portal.models.audit import AuditEntry
from tests.integration.auth.actors import Browser, MovableClock, parse_query
from tests.integration.auth.hostile_provider import (
    FOREIGN_KEY,
    OTHER_KEY,
    HostileProvider,
    build_secret_key,
    sign_token,
)

Audit = Callable[[str], list[AuditEntry]]
EVENT = "http://schemas.openid.net/event/backchannel-logout"


@pytest.mark.asvs("A08")
def test_sign_out_ends_the_session_before_the_provider_is_called(browser: Browser, audit: Audit) -> None:
    browser.sign_in()
    token = browser.cookie() or ""
    response = browser.sign_out()
    assert response.status_code == 200
    address = browser.leave_for_provider(response)
    assert address.startswith(f"{browser.provider.issuer}/end?")
    requested = parse_query(address)
    assert requested["post_logout_redirect_uri"] == "http://localhost/"
    assert requested["client_id"] == "portal"
    assert requested["id_token_hint"].startswith("eyJ")
    assert '"storage"' in response.headers["Clear-Site-Data"]
    assert "cookies" not in response.headers["Clear-Site-Data"]
    assert browser.cookie() is None
    browser.client.set_cookie("portal_session", token)
    assert not browser.is_signed_in()
    assert len(audit("sign_out")) == 1
    back = browser.get("/", query_string={"state": requested["state"]})
    assert (back.status_code, back.headers["Location"]) == (303, "/signed-out")
    assert audit("sign_out.return") == []


@pytest.mark.parametrize("state", ["other", "", "é"])
def test_callback_with_another_state_is_logged_and_changes_nothing(state: str, browser: Browser, audit: Audit) -> None:
    browser.sign_in()
    browser.sign_out()
    assert browser.get("/", query_string={"state": state}).headers["Location"] == "/"
    assert len(audit("sign_out.return")) == 1


def test_return_without_state_shows_the_landing_page(browser: Browser) -> None:
    browser.sign_in()
    browser.sign_out()
    assert browser.get("/").status_code == 200


def test_sign_out_works_while_the_provider_is_down(browser: Browser, clock: MovableClock) -> None:
    browser.sign_in()
    token = browser.form_token()
    clock.move(minutes=6)
    browser.provider.lies.down |= {"openid-configuration", "jwks", "token"}
    assert browser.post("/logout", data={"csrf_token": token}).status_code == 200
    assert not browser.is_signed_in()


def test_provider_without_such_a_page_ends_on_the_signed_out_page(browser: Browser) -> None:
    browser.provider.lies.metadata = {"end_session_endpoint": None}
    browser.sign_in()
    assert browser.sign_out().headers["Location"] == "/signed-out"
    assert "You’re signed out in every tab" in browser.get("/signed-out").text


def test_second_sign_out_is_no_error(browser: Browser) -> None:
    browser.sign_in()
    token = browser.form_token()
    browser.post("/logout", data={"csrf_token": token})
    again = browser.post("/logout", data={"csrf_token": token})
    assert (again.status_code, again.headers["Location"]) == (303, "/")


def test_picture_or_foreign_form_cannot_sign_a_person_out(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/logout").status_code == 405
    assert browser.post("/logout").status_code == 400
    assert browser.is_signed_in()


@pytest.mark.parametrize("path", ["/start", "/login", "/login/initiate?iss={issuer}"])
def test_first_sign_in_after_signing_out_requests_an_account(
    path: str, browser: Browser, other_browser: Browser, clock: MovableClock
) -> None:
    browser.sign_in()
    browser.sign_out()
    requested = browser.begin(path.format(issuer=browser.provider.issuer))
    assert parse_query(requested)["prompt"] == "select_account"
    clock.move(seconds=3)
    assert browser.get(browser.provider.visit(requested)).headers["Location"] == "/headshots"
    assert browser.cookie("portal_signed-out") is None
    assert "prompt" not in parse_query(other_browser.begin("/login"))


def test_provider_that_ignores_the_account_prompt_gets_a_login_prompt(browser: Browser, clock: MovableClock) -> None:
    browser.sign_in()
    browser.sign_out()
    silent = browser.get(browser.provider.visit(browser.begin("/login")))
    requested = parse_query(silent.headers["Location"])
    assert requested["prompt"] == "login", "the same account came back faster than a person can answer"
    assert browser.get(browser.provider.visit(silent.headers["Location"])).headers["Location"] == "/headshots"


def test_pages_do_not_sign_in_by_themselves_after_signing_out(browser: Browser) -> None:
    browser.sign_in()
    browser.sign_out()
    for path in ("/headshots", "/headshots/gallery?photo=7"):
        response = browser.get(path)
        assert response.status_code == 303
        assert response.headers["Location"].startswith("/signed-out?next=%2Fheadshots")
    page = browser.get("/signed-out?next=/headshots/gallery")
    assert 'href="/login?next=%2Fheadshots%2Fgallery"' in page.text


def test_signed_out_page_leads_on_while_signed_in(browser: Browser) -> None:
    browser.sign_in()
    assert browser.get("/signed-out?next=/privacy").headers["Location"] == "/privacy"


def test_hint_too_long_for_an_address_is_posted(browser: Browser) -> None:
    browser.provider.lies.metadata = {"end_session_endpoint": "http://127.0.0.2:9/end"}
    browser.provider.lies.claims = lambda claims: claims | {"padding": "x" * 4000}
    browser.sign_in()
    response = browser.sign_out()
    assert 'http-equiv="refresh"' not in response.text
    assert 'method="post" action="http://127.0.0.2:9/end"' in response.text
    assert 'name="id_token_hint" value="eyJ' in response.text
    assert "form-action http://127.0.0.2:9 https:;" in response.headers["Content-Security-Policy"]


def test_forms_of_other_pages_end_at_this_portal_only(browser: Browser) -> None:
    browser.sign_in()
    assert "form-action 'self';" in browser.get("/headshots").headers["Content-Security-Policy"]


def send_logout_token(browser: Browser, token: Any) -> Any:
    return browser.post("/login/backchannel-logout", data={"logout_token": token})


def test_logout_token_ends_the_session_it_names(browser: Browser, other_browser: Browser) -> None:
    browser.provider.person["sid"] = "s1"
    browser.sign_in()
    browser.provider.person["sid"] = "s2"
    other_browser.sign_in()
    response = send_logout_token(Browser(browser.client, browser.provider), browser.provider.logout_token(sid="s1"))
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert not browser.is_signed_in()
    assert other_browser.is_signed_in()


def test_logout_token_ends_all_sessions_of_a_person(browser: Browser, other_browser: Browser, audit: Audit) -> None:
    browser.sign_in()
    other_browser.sign_in()
    assert send_logout_token(browser, browser.provider.logout_token(sub="alice")).status_code == 200
    assert not browser.is_signed_in()
    assert not other_browser.is_signed_in()
    (entry,) = audit("sign_out.ordered")
    assert entry.detail == {"sessions": 2}


def test_logout_token_for_an_unknown_session_changes_nothing(browser: Browser) -> None:
    browser.sign_in()
    assert send_logout_token(browser, browser.provider.logout_token(sid="unknown")).status_code == 200
    assert send_logout_token(browser, browser.provider.logout_token(sub="bob", sid="s9")).status_code == 200
    assert browser.is_signed_in()


def test_logout_token_is_accepted_once(browser: Browser) -> None:
    token = browser.provider.logout_token(sub="alice")
    assert send_logout_token(browser, token).status_code == 200
    browser.sign_in()
    assert send_logout_token(browser, token).status_code == 400
    assert browser.is_signed_in()


@pytest.mark.parametrize("typ", ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt", "JWT"])
def test_logout_token_of_usual_types_is_accepted(typ: str, browser: Browser) -> None:
    assert send_logout_token(browser, browser.provider.logout_token(sub="alice", typ=typ)).status_code == 200


BAD_ORDERS: dict[str, Callable[[HostileProvider], Any]] = {
    "nothing": lambda _: "",
    "garbage": lambda _: "a.b.c",
    "not signed": lambda p: p.logout_token(sub="alice", alg="none"),
    "shared secret": lambda p: p.logout_token(sub="alice", alg="HS256", key=build_secret_key()),
    "foreign key": lambda p: p.logout_token(sub="alice", key=FOREIGN_KEY),
    "unknown key": lambda p: p.logout_token(sub="alice", key=OTHER_KEY),
    "other issuer": lambda p: p.logout_token(sub="alice", iss="https://evil.example"),
    "other audience": lambda p: p.logout_token(sub="alice", aud="other"),
    "no audience": lambda p: p.logout_token(sub="alice", aud=None),
    "no events": lambda p: p.logout_token(sub="alice", events=None),
    "wrong event": lambda p: p.logout_token(sub="alice", events={"x": {}}),
    "event is no object": lambda p: p.logout_token(sub="alice", events={EVENT: True}),
    "with nonce": lambda p: p.logout_token(sub="alice", nonce="x"),
    "nobody meant": lambda p: p.logout_token(),
    "no id": lambda p: p.logout_token(sub="alice", jti=None),
    "id is a number": lambda p: p.logout_token(sub="alice", jti=7),
    "subject is empty": lambda p: p.logout_token(sub=""),
    "sign-in is a list": lambda p: p.logout_token(sid=["s1"]),
    "no issue time": lambda p: p.logout_token(sub="alice", iat=None),
    "issued long ago": lambda p: p.logout_token(sub="alice", iat=int(p.clock().timestamp()) - 3600),
    "expired": lambda p: p.logout_token(sub="alice", exp=int(p.clock().timestamp()) - 60),
    "an ID token": lambda p: sign_token(p.honest_claims("x")),
    "of type access token": lambda p: p.logout_token(sub="alice", typ="at+jwt"),
}


@pytest.mark.parametrize("made", BAD_ORDERS.values(), ids=BAD_ORDERS)
@pytest.mark.asvs("A50")
def test_invalid_logout_token_is_refused_and_audited(
    made: Callable[[HostileProvider], Any], browser: Browser, audit: Audit
) -> None:
    browser.sign_in()
    response = send_logout_token(browser, made(browser.provider))
    assert response.status_code == 400
    assert response.json["error"] == "invalid_request"
    assert response.headers["Cache-Control"] == "no-store"
    assert [entry.result for entry in audit("sign_out.ordered")] == ["refused"]
    assert browser.is_signed_in()


def test_logout_token_without_readable_keys_is_retried(browser: Browser) -> None:
    browser.provider.lies.down.add("jwks")
    assert send_logout_token(browser, browser.provider.logout_token(sub="alice")).status_code == 503


def test_logout_token_ends_sessions_of_its_issuer_only(
    browser: Browser, make_app: Callable[..., Flask], provider: HostileProvider
) -> None:
    browser.sign_in()
    assert send_logout_token(browser, provider.logout_token(sub="alice", iss=provider.issuer + "/")).status_code == 400
    assert browser.is_signed_in()
