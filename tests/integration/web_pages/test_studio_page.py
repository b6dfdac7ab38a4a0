"""The studio's page: the frame's terms, the link that is a password, and leaving when the work is done."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import segno
from flask import Flask

from portal.db import transaction
from portal.domain.framing import find_disagreement
from portal.domain.job_types import REFRESH_SHOOT
from portal.models import link_reports, queue, shoots
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services.link_reports import resolve_report
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor, sign_in_as
from tests.integration.web_pages.html_document import Document, get_text

SIGNED = "http://127.0.0.1:1/session?signature=canary-4711"


@pytest.fixture
def in_studio(visitor: Visitor) -> Visitor:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, signed_url=get_context().secretbox.seal(SIGNED))
    return visitor


def test_the_studio_can_be_opened_in_the_page_or_in_a_tab(in_studio: Visitor) -> None:
    page = in_studio.page("/headshots/studio")
    assert page.by_id("studio-title").text == "Take your photos"
    assert page.by_id("open-tab").get("href") == SIGNED
    (tab,) = [each for each in page.all("a") if each.get("id") == "open-tab"]
    assert {"noopener", "noreferrer"} <= set(tab.get("rel", "").split())
    assert (tab.get("target"), tab.get("referrerpolicy")) == ("_blank", "no-referrer")
    hold = page.by_id("frame-hold")
    assert hold.get("data-src") == SIGNED
    assert hold.get("data-allow") == "camera http://127.0.0.1:1"
    assert hold.get("data-title") == "Photo studio"
    assert page.all("iframe") == []  # a camera needs a press, so the frame comes with it


def test_studio_page_is_not_cacheable(in_studio: Visitor) -> None:
    response = in_studio.get("/headshots/studio")
    assert response.headers["Cache-Control"] == "no-store"
    assert "frame-src http://127.0.0.1:1;" in response.headers["Content-Security-Policy"]
    assert 'camera=(self "http://127.0.0.1:1")' in response.headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/headshots", "/headshots/status", "/headshots/consent"])
def test_the_link_is_on_no_other_page(in_studio: Visitor, path: str) -> None:
    assert "canary-4711" not in in_studio.get(path).text


def test_signed_url_is_never_sent_to_another_person(in_studio: Visitor, sign_in: Callable[[Person], Visitor]) -> None:
    person = factories.make_person()
    factories.make_consent(person)
    other = sign_in(person).get("/headshots/studio")
    assert (other.status_code, other.location) == (303, "/headshots")


def test_studio_requires_consent(in_studio: Visitor) -> None:
    assert in_studio.press("/headshots/withdraw", scope="pictures").status_code == 303
    response = in_studio.get("/headshots/studio")
    assert (response.status_code, response.location) == (303, "/headshots/consent")
    page = in_studio.page("/headshots")
    assert page.heading == "You withdrew your agreement"


def test_waiting_for_the_studio_is_explained(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    assert visitor.press("/headshots/start").location == "/headshots/studio"
    page = visitor.page("/headshots/studio")
    assert page.heading == "Take your photos"
    assert "Preparing your studio" in page.text
    assert page.by_id("live").get("data-etag")


def test_studio_page_redirects_to_my_page_after_the_photos(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status="waiting", signed_url=b"sealed")
    response = visitor.get("/headshots/studio")
    assert (response.status_code, response.location) == (303, "/headshots")


def test_undecryptable_link_shows_an_error_message(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, signed_url=b"sealed with a key that is gone")
    assert visitor.get("/headshots/studio").location == "/headshots"
    assert visitor.page("/headshots").heading == "Your studio link stopped working"


@pytest.mark.asvs("A20")
def test_the_three_permissions_of_the_frame_agree(make_app: Callable[..., Flask]) -> None:
    app = make_app(embed_origins=("http://127.0.0.1:1", "http://127.0.0.1:2"))
    with app.app_context():
        visitor = sign_in_as(app, factories.make_person())
        factories.make_consent(visitor.person)
        factories.make_shoot(visitor.person, signed_url=get_context().secretbox.seal(SIGNED))
        response = visitor.get("/headshots/studio")
    allow = Document(response.text).by_id("frame-hold").get("data-allow", "")
    headers = response.headers
    assert allow == "camera http://127.0.0.1:1 http://127.0.0.1:2"
    assert (
        find_disagreement(
            allow=allow,
            permissions_policy=headers["Permissions-Policy"],
            content_policy=headers["Content-Security-Policy"],
        )
        == set()
    )


@pytest.mark.parametrize("path", ["/headshots", "/headshots/consent", "/privacy"])
def test_no_other_page_grants_the_camera_or_allows_framing(in_studio: Visitor, path: str) -> None:
    headers = in_studio.get(path).headers
    assert headers["Permissions-Policy"].startswith("camera=(), ")
    assert "frame-src 'none';" in headers["Content-Security-Policy"]


def test_page_is_not_cross_origin_isolated(in_studio: Visitor) -> None:
    assert "Cross-Origin-Embedder-Policy" not in in_studio.get("/headshots/studio").headers


@pytest.mark.parametrize("is_on", [False, True])
def test_a_sandbox_is_only_put_around_the_studio_where_it_is_configured(
    make_app: Callable[..., Flask], is_on: bool
) -> None:
    app = make_app(frame_sandbox=is_on)
    with app.app_context():
        visitor = sign_in_as(app, factories.make_person())
        factories.make_consent(visitor.person)
        factories.make_shoot(visitor.person, signed_url=get_context().secretbox.seal(SIGNED))
        sandbox = visitor.page("/headshots/studio").by_id("frame-hold").get("data-sandbox")
    assert (sandbox is not None) is is_on
    assert not is_on or {"allow-scripts", "allow-downloads"} <= set((sandbox or "").split())
    assert "allow-top-navigation" not in (sandbox or "")


def parse_code(page: Document) -> list[list[int]]:
    """The dark modules of the drawn code, row by row, without its rim."""
    svg = next(each for each in page.root.iter() if each.tag.endswith("}svg") and each.get("class") == "qr-code")
    size = int(svg.get("viewBox", "").split()[2])
    paths = [each for each in svg if each.get("stroke")]
    grid = [[0] * size for _ in range(size)]
    x, y = 0.0, 0.0
    for kind, numbers in re.findall("([Mmh])([-0-9. ]+)", paths[0].get("d", "")):
        values = [float(number) for number in numbers.split()]
        if kind == "h":
            for column in range(int(x), int(x + values[0])):
                grid[int(y)][column] = 1
            x += values[0]
        else:
            x, y = (values[0], values[1]) if kind == "M" else (x + values[0], y + values[1])
    return [row[4:-4] for row in grid[4:-4]]


def test_the_code_for_the_phone_is_the_address_of_this_portal_and_nothing_else(in_studio: Visitor) -> None:
    address = get_context().settings.public_url + "/start"
    page = in_studio.page("/headshots/studio")
    assert parse_code(page) == [list(row) for row in segno.make(address, error="m", micro=False).matrix]
    assert address in page.text


def test_page_explains_what_to_expect_before_the_studio(in_studio: Visitor) -> None:
    text_parts = in_studio.page("/headshots/studio").text
    for sentence in ("About 15 minutes.", "Light makes the difference", "Just you, head and shoulders"):
        assert sentence in text_parts
    # The provider's brand stands only where consent and privacy name it.
    assert "Profile Bakery" not in text_parts


def test_dead_link_report_is_a_task_and_rereads_the_session(in_studio: Visitor) -> None:
    for symptom in ("expired", "empty"):
        response = in_studio.press("/headshots/studio/dead-link", saw=symptom)
        assert response.location == "/headshots/studio"
    (task,) = link_reports.list_open()
    assert (task.report.symptom, task.person.id) == ("expired", in_studio.person.id)
    assert queue.has_active_job(REFRESH_SHOOT, shoot_id=str(task.shoot.id))
    page = in_studio.page("/headshots/studio")
    assert "your admins are on it" in get_text(page.by_id("dead-link"))
    assert "You reported a problem" in page.text


def test_resolved_link_report_is_shown_until_link_is_opened(in_studio: Visitor) -> None:
    in_studio.page("/headshots/studio")
    in_studio.press("/headshots/studio/dead-link", saw="expired")
    (task,) = link_reports.list_open()
    resolve_report(task.report.id, actor_id=factories.make_person().id, now=NOW + timedelta(minutes=5))
    message = "Your studio link has been looked after. Open the studio again."
    page = in_studio.page("/headshots/studio")
    assert message in page.text
    assert "You reported a problem" not in page.text
    with transaction():
        shoot = shoots.lock_shoot(task.shoot.id)
        assert shoot is not None
        shoot.last_opened_at = NOW + timedelta(minutes=6)
    assert message not in in_studio.page("/headshots/studio").text


def test_mark_of_unseen_photo_is_refused(in_studio: Visitor) -> None:
    assert in_studio.press("/headshots/studio/dead-link", saw="<b>").status_code == 400
    assert link_reports.list_open() == []


def test_report_without_link_is_ignored(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, provider_status="waiting")
    assert visitor.press("/headshots/studio/dead-link", saw="expired").location == "/headshots"
    assert link_reports.list_open() == []


@pytest.mark.parametrize(
    ("responses", "is_notified"),
    [((503, None), True), ((503, 200), False), ((404, 404), False), ((503,), False), ((), False)],
)
def test_provider_outage_is_shown_on_the_page(
    in_studio: Visitor, responses: tuple[int | None, ...], is_notified: bool
) -> None:
    for status in responses:
        factories.record_call(status=status)
    assert ("isn’t responding right now" in in_studio.page("/headshots/studio").text) is is_notified


def test_first_and_last_opening_are_stored(in_studio: Visitor) -> None:
    in_studio.page("/headshots/studio")
    with transaction() as session:
        (shoot,) = session.query(Shoot)
        shoot.opened_at = shoot.last_opened_at = NOW - timedelta(days=1)
    in_studio.page("/headshots/studio")
    with transaction() as session:
        (shoot,) = session.query(Shoot)
        assert (shoot.opened_at, shoot.last_opened_at) == (NOW - timedelta(days=1), NOW + timedelta(minutes=1))


def test_another_device_on_another_day_leads_to_the_same_session(
    in_studio: Visitor, sign_in: Callable[[Person], Visitor]
) -> None:
    first = in_studio.page("/headshots/studio").by_id("open-tab").get("href")
    in_studio.client.delete_cookie("portal_session")
    again = sign_in(in_studio.person)
    assert again.get("/start").location.endswith("/headshots")
    assert again.get("/headshots").location == "/headshots/studio"
    assert again.page("/headshots/studio").by_id("open-tab").get("href") == first
