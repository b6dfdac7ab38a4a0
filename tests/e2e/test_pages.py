"""Every page in a real browser: accessible, within the content policy, without overflow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.db import transaction
from portal.models import people, shoots
from portal.services import link_reports
from portal.services.link_reports import LinkReportInput, LinkSymptom
from tests.e2e.page_checks import PROBLEMS, check_page, record_problems
from tests.e2e.page_states import EMPLOYEE_STATES, FINISHED
from tests.e2e.site import SIGNED, STUDIO, Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def visit(site: Site, open_context: Callable[..., BrowserContext]) -> Callable[..., Page]:
    """Open a page as a person in this state; errors in it are collected in ``page.problems``."""

    def open_page(path: str, *, context: dict[str, Any] | None = None, **person_name: Any) -> Page:
        browser = open_context(**(context or {}))
        browser.add_cookies(site.cookies(site.person(**person_name)))  # type: ignore[arg-type]
        page = browser.new_page()
        record_problems(page)
        page.goto(site.address + path)
        return page

    return open_page


@pytest.mark.parametrize("stage", EMPLOYEE_STATES)
def test_each_page_is_accessible(visit: Callable[..., Page], stage: str) -> None:
    path, person_name = EMPLOYEE_STATES[stage]
    page = visit(path, context={"reduced_motion": "reduce"}, **person_name)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            check_page(page)
    expect(page.get_by_role("banner")).to_be_visible()
    expect(page.get_by_role("main")).to_be_visible()
    assert page.get_by_role("heading", level=1).count() == 1


@pytest.mark.parametrize("path", ["/", "/privacy"])
def test_public_pages_are_accessible(site: Site, open_context: Callable[..., BrowserContext], path: str) -> None:
    page = open_context().new_page()
    record_problems(page)
    page.goto(site.address + path)
    check_page(page)


def test_pages_work_without_scripts(visit: Callable[..., Page]) -> None:
    page = visit("/headshots/gallery", context={"java_script_enabled": False}, **FINISHED)
    page.get_by_role("link", name="Next photo").click()
    page.get_by_role("button", name="Shortlist").click()
    expect(page.get_by_role("link", name="Shortlist 1")).to_be_visible()
    page.get_by_role("link", name="Compare 2").click()
    expect(page.get_by_role("region", name="Photo")).to_have_count(2)
    page.get_by_role("link", name="Remove photo 3").click()
    page.get_by_role("button", name="Choose photo 4").click()
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()
    studio = visit("/headshots/studio", context={"java_script_enabled": False}, with_link=True)
    assert studio.locator("#open-tab").get_attribute("href") == SIGNED
    assert studio.get_by_role("button", name="Open the studio").count() == 0


def test_headshots_page_updates_and_announces_the_change(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/headshots", provider_status="pending")
    expect(page.get_by_role("heading", name="Your headshots are on the way")).to_be_visible()
    update_all_shoots(site, provider_status="active", problem="no_photos")
    expect(page.get_by_role("heading", name="Your headshots haven’t arrived")).to_be_visible()
    expect(page).to_have_title("Your headshots haven’t arrived – Example")
    expect(page.get_by_role("status").filter(has_text="Your headshots haven’t arrived")).to_be_attached()
    assert PROBLEMS[page] == []


def test_page_polls_where_streams_are_blocked(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    browser = open_context()
    browser.route("**/headshots/events", lambda route: route.abort())
    browser.add_cookies(site.cookies(site.person(provider_status="pending")))  # type: ignore[arg-type]
    page = browser.new_page()
    page.goto(f"{site.address}/headshots")
    update_all_shoots(site, provider_status="active", problem="no_photos")
    expect(page.get_by_role("heading", name="Your headshots haven’t arrived")).to_be_visible()


def test_lost_connection_is_shown_and_recovered(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/headshots", provider_status="pending")
    page.context.set_offline(True)
    for _ in range(2):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.wait_for_timeout(300)
    expect(page.get_by_text("Connection lost.")).to_be_visible()
    update_all_shoots(site, provider_status="active", problem="no_photos")
    page.context.set_offline(False)
    expect(page.get_by_role("heading", name="Your headshots haven’t arrived")).to_be_visible()
    expect(page.get_by_text("Connection lost.")).to_be_hidden()


def test_the_studio_opens_on_a_press_and_is_left_when_done(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/headshots/studio", context={"viewport": {"width": 1280, "height": 900}}, with_link=True)
    page.context.route(f"{STUDIO}/**", lambda route: route.fulfill(body="<h1>Hello</h1>", content_type="text/html"))
    assert page.locator("iframe").count() == 0
    page.get_by_role("button", name="Open the studio").click()
    frame = page.locator("iframe")
    expect(frame).to_be_visible()
    terms = {name: frame.get_attribute(name) for name in ("title", "allow", "referrerpolicy", "sandbox", "src")}
    assert terms == {
        "title": "Photo studio",
        "allow": f"camera {STUDIO}",
        "referrerpolicy": "no-referrer",
        "sandbox": None,
        "src": SIGNED,
    }
    box = frame.bounding_box()
    assert box is not None
    # Everything but the bar of 48 px.
    assert (box["y"], box["height"], box["width"]) == (48, 852, 1280)
    expect(page.get_by_role("banner")).to_be_hidden()
    expect(page.get_by_role("button", name="Get help")).to_be_visible()
    expect(page.get_by_role("heading", name="Photo studio")).to_be_focused()
    update_all_shoots(site, provider_status="waiting")
    page.wait_for_url(f"{site.address}/headshots")
    expect(page.get_by_role("heading", name="Your headshots are on the way")).to_be_visible()
    assert PROBLEMS[page] == []


# Leaves out the page's own polls, the first of which comes after ten seconds.
NO_POLLS = """window.setTimeout = ((set) => (call, delay, ...rest) =>
    delay >= 10000 ? 0 : set(call, delay, ...rest))(window.setTimeout)"""


@pytest.mark.asvs("A22")
def test_only_messages_from_the_studio_origin_trigger_a_refresh(site: Site, visit: Callable[..., Page]) -> None:
    page = visit("/headshots/studio", context={"viewport": {"width": 1280, "height": 900}}, with_link=True)
    script = "<script>addEventListener('message', () => parent.postMessage('done', '*'))</script>"
    page.context.route(f"{STUDIO}/**", lambda route: route.fulfill(body=script, content_type="text/html"))
    # An event of the stream would trigger a refresh as well.
    page.context.route("**/headshots/events", lambda _route: None)
    page.add_init_script(NO_POLLS)
    page.reload()
    page.get_by_role("button", name="Open the studio").click()
    expect(page.locator("iframe.is-loaded")).to_be_attached()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url) if request.url.endswith("/status") else None)
    page.evaluate("postMessage('done', '*')")
    page.wait_for_timeout(500)
    assert requested == []
    # A frame of the right origin that is not the studio's is ignored too.
    page.evaluate(
        """address => new Promise((loaded) => {
          const other = document.createElement("iframe");
          other.onload = loaded;
          other.src = address;
          document.body.append(other);
        })""",
        f"{STUDIO}/other",
    )
    page.evaluate("frames[1].postMessage('speak', '*')")
    page.wait_for_timeout(500)
    assert requested == []
    with page.expect_request("**/headshots/status"):
        page.evaluate("frames[0].postMessage('speak', '*')")


def test_on_a_phone_the_tab_is_first(visit: Callable[..., Page]) -> None:
    page = visit("/headshots/studio", context={"viewport": {"width": 390, "height": 844}}, with_link=True)
    tab = page.get_by_role("link", name="Open the studio").bounding_box()
    frame = page.get_by_role("button", name="Open it in this page").bounding_box()
    assert tab is not None
    assert frame is not None
    assert tab["y"] < frame["y"]
    assert tab["width"] >= 350
    assert tab["y"] + tab["height"] < 844


def test_stage_overview_is_accessible(visit: Callable[..., Page]) -> None:
    page = visit("/headshots/studio", context={"reduced_motion": "reduce"}, with_link=True)
    page.get_by_role("button", name="Get help").click()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            expect(page.get_by_role("button", name="Report the problem")).to_be_visible()
            check_page(page)


def test_the_list_of_link_reports_is_accessible(site: Site, visit: Callable[..., Page]) -> None:
    person = site.person(with_link=True)
    with site.app.app_context():
        report = LinkReportInput(symptom=LinkSymptom.EMPTY, browser="Firefox")
        assert link_reports.report_link(person, report, site.app.extensions["portal"])
    page = visit("/admin/links", role="admin")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            check_page(page)
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_text("No one has reported a dead link")).to_be_visible()


def test_open_studio_fills_the_window_and_escape_never_closes_it(visit: Callable[..., Page]) -> None:
    page = visit("/headshots/studio", context={"viewport": {"width": 1280, "height": 900}}, with_link=True)
    page.context.route(f"{STUDIO}/**", lambda route: route.fulfill(body="<h1>Hello</h1>", content_type="text/html"))
    page.get_by_role("button", name="Open the studio").click()
    expect(page.locator("iframe.is-loaded")).to_be_attached()
    page.evaluate("document.querySelector('iframe').dataset.sameOne = 'yes'")
    page.get_by_role("button", name="Full screen").click()
    expect(page.get_by_role("button", name="Exit full screen (Esc)")).to_be_visible()
    page.get_by_role("button", name="Exit full screen (Esc)").click()
    expect(page.get_by_role("button", name="Full screen")).to_be_visible()
    page.keyboard.press("Escape")
    for width in (390, 720, 820, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        heading = page.get_by_role("heading", name="Photo studio").bounding_box()
        assert heading is not None
        assert heading["y"] + heading["height"] <= 48, f"the bar stays 48 px high at {width} px"
        frame = page.locator("iframe").bounding_box()
        assert frame is not None
        assert (frame["x"], frame["y"], frame["width"]) == (0, 48, width)
    expect(page.locator("iframe[data-same-one]")).to_be_attached()
    page.get_by_role("button", name="Close the studio").click()
    expect(page.get_by_role("button", name="Open the studio")).to_be_focused()


def test_reduced_motion_is_respected(visit: Callable[..., Page]) -> None:
    page = visit("/headshots", context={"reduced_motion": "reduce"}, provider_status="pending")
    moving = "[...document.querySelectorAll('*')].filter((each) => each.getAnimations({ subtree: true }).length).length"
    assert page.evaluate(moving) == 0
    assert page.evaluate("getComputedStyle(document.querySelector('progress'), '::after').animationName") == "none"


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(days=2), timedelta(hours=-5)])
def test_times_are_shown_in_the_readers_time_zone(
    site: Site, open_context: Callable[..., BrowserContext], skew: timedelta
) -> None:
    browser = open_context(timezone_id="America/New_York", locale="en-US")
    person_name = {"provider_status": "pending", "status_since": NOW, "confirmed_by": "event"}
    browser.add_cookies(site.cookies(site.person(**person_name)))  # type: ignore[arg-type]
    page = browser.new_page()
    page.clock.install(time=NOW + timedelta(minutes=1) + skew)
    page.goto(f"{site.address}/headshots")
    # Nine o'clock in UTC.
    expect(page.get_by_text("Ready around 6:00\u202fAM")).to_be_visible()
    page.get_by_text("Details").click()
    expect(page.get_by_role("listitem").filter(has_text="Session started")).to_contain_text("4:00\u202fAM")
    expect(page.get_by_text("Started 1 minute ago")).to_be_visible()
    page.clock.fast_forward(3 * 60_000)
    expect(page.get_by_text("Started 4 minutes ago")).to_be_visible()


NOTIFIES = """
window.shown = [];
window.requests = 0;
window.Notification = class {
  static permission = "%s";
  static async requestPermission() { window.requests += 1; return (Notification.permission = "granted"); }
  constructor(words) { window.shown.push(words); }
  close() {}
};
"""


def test_requested_browser_notification_is_shown_when_ready(
    site: Site, open_context: Callable[..., BrowserContext]
) -> None:
    browser = open_context()
    browser.add_init_script(NOTIFIES % "default")
    person = site.person(provider_status="active", photos=0, photo_count=0)
    browser.add_cookies(site.cookies(person))  # type: ignore[arg-type]
    page = browser.new_page()
    record_problems(page)
    page.goto(f"{site.address}/headshots")
    assert page.evaluate("requests") == 0
    page.get_by_role("button", name="Notify me in this browser").click()
    expect(page.get_by_text("You’ll get a notification")).to_be_visible()
    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => true })")
    update_all_shoots(site, copied_at=NOW)
    expect(page).to_have_title("Your headshots are ready – Example")
    # Neither a name nor a company: the screen may be shared.
    assert page.evaluate("shown") == ["Your headshots are ready"]
    assert "favicon-ready" in (page.locator("link[rel=icon]").get_attribute("href") or "")
    assert PROBLEMS[page] == []


# The browser's question stays open until `grant` is called.
PROMPTS = """
window.Notification = class {
  static permission = "default";
  static requestPermission() {
    return new Promise((resolve) => { window.grant = () => resolve((Notification.permission = "granted")); });
  }
};
"""


def test_update_during_the_question_for_permission_keeps_what_was_granted(
    site: Site, open_context: Callable[..., BrowserContext]
) -> None:
    browser = open_context()
    browser.add_init_script(PROMPTS)
    browser.add_cookies(site.cookies(site.person(provider_status="waiting")))  # type: ignore[arg-type]
    page = browser.new_page()
    record_problems(page)
    page.goto(f"{site.address}/headshots")
    page.get_by_role("button", name="Notify me in this browser").click()
    page.evaluate("document.querySelector('[data-notify]').id = 'asked'")
    update_all_shoots(site, provider_status="generatingHeadshots")
    expect(page.locator("#asked")).not_to_be_attached()
    page.evaluate("grant()")
    expect(page.get_by_text("You’ll get a notification")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert PROBLEMS[page] == []


@pytest.mark.parametrize("script", ["delete window.Notification", NOTIFIES % "denied"])
def test_browser_notification_is_not_offered_where_unsupported(
    site: Site, open_context: Callable[..., BrowserContext], script: str
) -> None:
    browser = open_context()
    browser.add_init_script(script)
    browser.add_cookies(site.cookies(site.person(provider_status="pending")))  # type: ignore[arg-type]
    page = browser.new_page()
    page.goto(f"{site.address}/headshots")
    expect(page.get_by_text("You can close this page")).to_be_visible()
    expect(page.get_by_role("button", name="Notify me in this browser")).to_be_hidden()


def update_all_shoots(site: Site, **fields: Any) -> None:
    """Update every shoot as if the provider had reported it."""
    with site.app.app_context(), transaction() as session:
        for shoot in session.query(shoots.Shoot):
            for name, value in fields.items():
                setattr(shoot, name, value)
            people.publish_version(shoot.person_id)
