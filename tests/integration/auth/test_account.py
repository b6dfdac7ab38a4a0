"""A person's own sign-ins: listed and ended by them alone."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import db
from portal.models.audit import AuditEntry
from portal.models.sessions import Session
from tests.integration.auth.actors import Browser, MovableClock
from tests.integration.web_pages.html_document import Document, get_text

PAGE = "/account/sessions"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1"


@pytest.fixture
def two(browser: Browser, other_browser: Browser) -> tuple[Browser, Browser]:
    """One person's two browsers."""
    for each, name in ((browser, FIREFOX), (other_browser, SAFARI)):
        each.client.environ_base["HTTP_USER_AGENT"] = name
        each.sign_in()
    return browser, other_browser


def list_public_ids(app: Flask) -> dict[str, UUID]:
    """The public name of each session, by the browser's description of itself."""
    with app.app_context():
        return {row.user_agent or "": row.public_id for row in db.session.scalars(select(Session))}


def submit_form(browser: Browser, path: str, **fields: str) -> int:
    return browser.post(path, data={"csrf_token": browser.form_token(), **fields}).status_code


def test_sign_ins_are_listed_readably_and_the_current_one_is_marked(two: tuple[Browser, Browser], app: Flask) -> None:
    page = Document(two[0].get(PAGE).text)
    listed = [get_text(item) for item in page.all("li")]
    assert len(listed) == 2
    (own,) = [text_parts for text_parts in listed if "This browser" in text_parts]
    (other,) = [text_parts for text_parts in listed if "This browser" not in text_parts]
    assert "Firefox on Linux" in own
    assert "Sign out" not in own
    assert "Safari on iPhone" in other
    assert "Sign out Safari on iPhone, signed in" in other


def test_page_holds_no_token_and_no_hash_of_one(two: tuple[Browser, Browser], app: Flask) -> None:
    text = two[0].get(PAGE).text
    with app.app_context():
        for row in db.session.scalars(select(Session)):
            assert row.token_hash.hex() not in text
    for browser in two:
        assert (browser.cookie() or "-") not in text


@pytest.mark.asvs("A10")
def test_every_page_links_to_the_list_of_sessions(browser: Browser) -> None:
    browser.sign_in()
    page = Document(browser.get("/headshots/consent").text)
    (link,) = [each for each in page.all("a") if each.get("href") == PAGE]
    assert "Your devices" in page.text
    assert link is not None


@pytest.mark.asvs("A11")
def test_one_session_is_ended_and_the_other_stays(
    two: tuple[Browser, Browser], app: Flask, audit: Callable[[str], list[AuditEntry]]
) -> None:
    local, remote = two
    assert submit_form(local, f"{PAGE}/{list_public_ids(app)[SAFARI]}/end") == 303
    assert "That device is signed out." in local.get(PAGE).text
    assert not remote.is_signed_in()
    assert local.is_signed_in()
    (entry,) = audit("session.ended")
    assert entry.actor_id == entry.subject_id is not None


def test_all_other_sessions_are_ended_and_this_one_stays(
    two: tuple[Browser, Browser], app: Flask, audit: Callable[[str], list[AuditEntry]]
) -> None:
    local, remote = two
    assert submit_form(local, f"{PAGE}/end-others") == 303
    page = local.get(PAGE).text
    assert "1 other device is signed out." in page
    assert "Sign out all other devices" not in page
    assert not remote.is_signed_in()
    (entry,) = audit("sessions.ended")
    assert entry.detail["sessions"] == 1


def test_ending_the_current_session_signs_out(two: tuple[Browser, Browser], app: Flask) -> None:
    local, remote = two
    response = local.post(f"{PAGE}/{list_public_ids(app)[FIREFOX]}/end", data={"csrf_token": local.form_token()})
    assert response.headers["Location"] == "/"
    assert local.cookie() is None
    assert remote.is_signed_in()


def test_ended_session_is_not_listed(two: tuple[Browser, Browser], app: Flask) -> None:
    path = f"{PAGE}/{list_public_ids(app)[SAFARI]}/end"
    assert [submit_form(two[0], path), submit_form(two[0], path)] == [303, 404]


def test_repeated_form_redirects_to_the_page(two: tuple[Browser, Browser], app: Flask) -> None:
    local, _ = two
    path = f"{PAGE}/{list_public_ids(app)[SAFARI]}/end"
    submit_form(local, path)
    fields = {"csrf_token": local.form_token()}
    page = Document(local.post(path, data=fields, headers={"Referer": f"http://localhost{PAGE}"}).text)
    assert page.heading == "That’s already gone"
    assert PAGE in {link.get("href") for link in page.all("a") if "Reload the page" in get_text(link)}


def test_ended_sessions_are_not_counted(two: tuple[Browser, Browser]) -> None:
    local, _ = two
    fields = {"csrf_token": local.form_token()}
    for _press in range(3):
        assert local.post(f"{PAGE}/end-others", data=fields).status_code == 303
    page = local.get(PAGE).text
    assert page.count("1 other device is signed out.") == 1
    assert page.count("No other device was signed in.") == 1


def test_session_of_another_person_is_404_like_an_unknown_one(
    browser: Browser, other_browser: Browser, app: Flask
) -> None:
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    browser.sign_in()
    other_browser.provider.person.update(sub="bob", email="bob@example.com")
    other_browser.sign_in()
    somebodys, nobodys = (
        other_browser.post(f"{PAGE}/{public_id}/end", data={"csrf_token": other_browser.form_token()})
        for public_id in (list_public_ids(app)[FIREFOX], uuid4())
    )
    assert somebodys.status_code == nobodys.status_code == 404
    assert Document(somebodys.text).heading == Document(nobodys.text).heading
    assert browser.is_signed_in()


def test_fields_that_a_form_does_not_have_change_nothing(browser: Browser, other_browser: Browser, app: Flask) -> None:
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    browser.sign_in()
    other_browser.provider.person.update(sub="bob", email="bob@example.com")
    other_browser.sign_in()
    with app.app_context():
        alice = db.session.scalars(select(Session).where(Session.user_agent == FIREFOX)).one()
    fields = {"person_id": str(alice.person_id), "public_id": str(alice.public_id), "role": "admin", "but": ""}
    assert submit_form(other_browser, f"{PAGE}/end-others", **fields) == 303
    assert browser.is_signed_in()
    assert other_browser.is_signed_in()
    assert "Administration" not in other_browser.get("/headshots/consent").text


def test_expired_sessions_are_not_listed(two: tuple[Browser, Browser], clock: MovableClock) -> None:
    local, _remote = two
    clock.move(minutes=20)
    local.get("/headshots")
    clock.move(minutes=11)
    page = local.get(PAGE).text
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" not in page


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/end-others", f"{PAGE}/11111111-1111-1111-1111-111111111111/end"])
def test_sessions_require_a_sign_in(path: str, browser: Browser) -> None:
    assert browser.get(path).status_code in {303, 405}
    assert browser.post(path).status_code in {401, 405}
