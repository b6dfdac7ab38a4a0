"""The studio's page: the frame's terms, the link that is a password, and leaving when the work is done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.models.people import Person
from portal.web.context import portal_context
from tests import factories
from tests.integration.web_pages.conftest import Visitor

SIGNED = "http://127.0.0.1:1/session?signature=canary-4711"


@pytest.fixture
def in_studio(visitor: Visitor) -> Visitor:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, signed_url=portal_context().secretbox.seal(SIGNED))
    return visitor


def test_the_studio_can_be_opened_here_or_in_a_tab(in_studio: Visitor) -> None:
    page = in_studio.page("/headshots/studio")
    assert page.heading == "Photo studio"
    assert page.link("Open in a new tab") == SIGNED
    (tab,) = [each for each in page.all("a") if each.get("id") == "open-tab"]
    assert {"noopener", "noreferrer"} <= set(tab.get("rel", "").split())
    assert (tab.get("target"), tab.get("referrerpolicy")) == ("_blank", "no-referrer")
    hold = page.by_id("frame-hold")
    assert hold.get("data-src") == SIGNED
    assert hold.get("data-allow") == "camera http://127.0.0.1:1"
    assert hold.get("data-title") == "Photo studio by Profile Bakery"
    assert page.all("iframe") == []  # a camera needs a press, so the frame comes with it


def test_nobody_may_keep_the_page_with_the_link(in_studio: Visitor) -> None:
    answer = in_studio.get("/headshots/studio")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-src http://127.0.0.1:1;" in answer.headers["Content-Security-Policy"]
    assert 'camera=(self "http://127.0.0.1:1")' in answer.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/headshots", "/headshots/status", "/headshots/consent"])
def test_the_link_is_on_no_other_page(in_studio: Visitor, path: str) -> None:
    assert "canary-4711" not in in_studio.get(path).text


def test_somebody_else_never_gets_the_link(in_studio: Visitor, sign_in: Callable[[Person], Visitor]) -> None:
    person = factories.make_person()
    factories.agree(person)
    other = sign_in(person).get("/headshots/studio")
    assert (other.status_code, other.location) == (303, "/headshots")


def test_without_agreement_the_studio_stays_shut(in_studio: Visitor) -> None:
    assert in_studio.press("/headshots/consent", decision="withdraw").status_code == 303
    answer = in_studio.get("/headshots/studio")
    assert (answer.status_code, answer.location) == (303, "/headshots/consent")
    page = in_studio.page("/headshots")
    assert page.primary == ["Read and agree"]


def test_waiting_for_the_studio_says_so(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    assert visitor.press("/headshots/start").location == "/headshots/studio"
    page = visitor.page("/headshots/studio")
    assert page.heading == "Preparing your studio"
    assert page.by_id("live").get("data-etag")


def test_after_the_photos_my_page_follows(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, provider_status="waiting", signed_url=b"sealed")
    answer = visitor.get("/headshots/studio")
    assert (answer.status_code, answer.location) == (303, "/headshots")


def test_a_link_that_cannot_be_opened_is_told_plainly(visitor: Visitor) -> None:
    factories.agree(visitor.person)
    factories.make_shoot(visitor.person, signed_url=b"sealed with a key that is gone")
    assert visitor.get("/headshots/studio").location == "/headshots"
    assert visitor.page("/headshots").heading == "Your link to the studio no longer works"
