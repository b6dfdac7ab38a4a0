"""The gallery in a real browser: turning, zoom, marks, filters, grid, comparing, choosing and undoing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Locator, Page, expect
from sqlalchemy import text, update

from portal.db import transaction
from portal.models import photo_marks
from portal.models.photos import Photo
from tests.e2e.accessibility import list_violations
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def open_gallery(site: Site, open_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Open the gallery of a new person with six photos."""
    problems: list[str] = []

    def open_page(options: dict[str, Any] = DESKTOP, *, photos: int = 6) -> Page:
        browser = open_context(**options)
        browser.add_cookies(site.cookies(site.person(photos=photos)))  # type: ignore[arg-type]
        page = browser.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(f"{site.address}/headshots/gallery")
        return page

    yield open_page
    assert problems == []


def get_large_picture(page: Page) -> Locator:
    return page.get_by_role("region", name="Large picture").get_by_role("img")


def get_thumbnail(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation", name="All photos").get_by_role("link", name=name, exact=True)


def get_status(page: Page, text: str) -> Locator:
    return page.get_by_role("status").filter(has_text=text)


def test_keyboard_shows_marks_compares_and_chooses(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    for key, number in (("ArrowRight", 2), ("End", 6), ("ArrowRight", 1), ("ArrowLeft", 6), ("Home", 1)):
        page.keyboard.press(key)
        expect(get_large_picture(page)).to_have_accessible_name(f"Photo {number} of 6")
    page.keyboard.press("p")
    expect(get_thumbnail(page, "Photo 1, shortlisted")).to_be_attached()
    expect(get_large_picture(page)).to_have_accessible_name("Photo 2 of 6")
    page.keyboard.press("x")
    expect(get_thumbnail(page, "Photo 2, skipped")).to_be_attached()
    page.keyboard.press("Control+z")
    expect(get_thumbnail(page, "Photo 2")).to_be_attached()
    expect(get_large_picture(page)).to_have_accessible_name("Photo 2 of 6")
    page.keyboard.press("u")
    expect(page.get_by_role("link", name="Shortlist 1")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("u")
    expect(get_thumbnail(page, "Photo 1")).to_be_attached()
    for _ in range(2):
        page.keyboard.press("p")
    expect(page.get_by_role("link", name="Shortlist 2")).to_be_visible()
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Compare 2")).to_be_visible()
    # The page's script shows this, and handles keys from then on.
    expect(page.get_by_role("slider", name="Zoom of all photos")).to_be_visible()
    page.keyboard.press("Escape")
    expect(get_large_picture(page)).to_have_accessible_name("Photo 1 of 6")
    page.wait_for_load_state()
    page.keyboard.press("f")
    expect(page.get_by_role("link", name="Continue")).to_be_focused()
    expect(get_status(page, "Photo 1 of 6 is your headshot. Undo available.")).to_be_attached()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()


def test_undo_restores_the_earlier_choice(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.get_by_role("button", name="Choose this photo").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Choose this photo").click()
    expect(get_thumbnail(page, "Photo 2, your headshot")).to_be_attached()
    page.get_by_role("button", name="Undo").click()
    expect(get_thumbnail(page, "Photo 1, your headshot")).to_be_attached()
    expect(page.get_by_role("button", name="Choose this photo")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_undo_stays_while_the_pointer_is_on_it(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.clock.install()
    page.get_by_role("button", name="Choose this photo").click()
    page.get_by_role("button", name="Undo").hover()
    page.clock.run_for(15_000)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(11_000)
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()


def test_zoom_by_press_wheel_buttons_and_keys(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    zoom = page.get_by_role("group", name="Zoom")
    expect(zoom).to_contain_text("Fit")
    get_large_picture(page).click()
    expect(zoom).to_contain_text("200%")
    get_large_picture(page).click()
    expect(zoom).to_contain_text("Fit")
    get_large_picture(page).hover()
    page.mouse.wheel(0, -200)
    expect(zoom).not_to_contain_text("Fit")
    page.keyboard.press("Escape")
    expect(zoom).to_contain_text("Fit")
    zoom.get_by_role("button", name="Zoom in").click()
    expect(zoom).to_contain_text("125%")
    zoom.get_by_role("button", name="Zoom out").click()
    expect(zoom).to_contain_text("Fit")
    for key, shown in (("z", "200%"), ("+", "250%"), ("-", "200%"), ("z", "Fit")):
        page.keyboard.press(key)
        expect(zoom).to_contain_text(shown)


def test_zoomed_picture_follows_the_mouse_and_the_keys(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.keyboard.press("z")
    before = get_large_picture(page).bounding_box()
    page.keyboard.press("Shift+ArrowDown")
    after = get_large_picture(page).bounding_box()
    assert before is not None
    assert after is not None
    assert after["y"] < before["y"]
    page.mouse.move(700, 450)
    page.mouse.down()
    page.mouse.move(700, 520, steps=4)
    page.mouse.up()
    dragged = get_large_picture(page).bounding_box()
    assert dragged is not None
    assert dragged["y"] > after["y"]
    expect(page.get_by_role("group", name="Zoom")).to_contain_text("200%")


def send_touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    touches = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})


def test_touch_swipes_double_taps_and_pinches(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery(PHONE)
    fingers = page.context.new_cdp_session(page)
    send_touch(fingers, "touchStart", (300, 300))
    for x in (250, 200, 150):
        send_touch(fingers, "touchMove", (x, 300))
    send_touch(fingers, "touchEnd")
    expect(get_large_picture(page)).to_have_accessible_name("Photo 2 of 6")
    fit = get_large_picture(page).bounding_box()
    page.touchscreen.tap(195, 300)
    page.touchscreen.tap(195, 300)
    expect(get_status(page, "Zoom 200 percent")).to_be_attached()
    zoomed = get_large_picture(page).bounding_box()
    assert fit is not None
    assert zoomed is not None
    assert zoomed["width"] == pytest.approx(2 * fit["width"], rel=0.02)
    page.touchscreen.tap(195, 300)
    page.touchscreen.tap(195, 300)
    expect(get_status(page, "Zoom 100 percent")).to_be_attached()
    send_touch(fingers, "touchStart", (170, 300), (220, 300))
    send_touch(fingers, "touchMove", (120, 300), (270, 300))
    send_touch(fingers, "touchEnd")
    expect(get_status(page, "Zoom 300 percent")).to_be_attached()


@pytest.mark.parametrize("size", [(1440, 900), (820, 1180), (390, 844), (320, 640), (844, 390), (720, 450)])
def test_whole_picture_is_in_view(open_gallery: Callable[..., Page], size: tuple[int, int]) -> None:
    page = open_gallery({"viewport": {"width": size[0], "height": size[1]}})
    box = page.locator("#pan").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= size[1]
    assert min(box["width"], box["height"]) >= 180
    assert page.evaluate("[document.documentElement.scrollWidth - innerWidth, scrollY]") == [0, 0]
    expect(page.get_by_role("button", name="Choose this photo")).to_be_in_viewport()


def test_grid_rows_are_followed_and_enter_opens(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery(PHONE | {"has_touch": False, "is_mobile": False}, photos=9)
    page.get_by_role("link", name="Show as grid").click()
    expect(get_thumbnail(page, "Photo 1")).to_be_focused()
    for key, number in (("ArrowDown", 4), ("ArrowDown", 7), ("ArrowUp", 4), ("ArrowRight", 5)):
        page.keyboard.press(key)
        expect(get_thumbnail(page, f"Photo {number}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(get_large_picture(page)).to_have_accessible_name("Photo 5 of 9")
    page.keyboard.press("g")
    page.reload()
    expect(get_thumbnail(page, "Photo 5")).to_be_visible()
    expect(get_large_picture(page)).to_be_hidden()


def test_grid_has_the_mark_of_ai_generated_pictures(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.keyboard.press("g")
    expect(page.get_by_text("AI-generated").filter(visible=True)).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_text("AI-generated").filter(visible=True)).to_have_count(1)


def test_filters_show_marks_and_an_empty_shortlist_explains_itself(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.get_by_role("link", name="Shortlist 0").click()
    expect(page.get_by_role("heading", name="Nothing here yet")).to_be_visible()
    page.get_by_role("link", name="See all 6").click()
    page.get_by_role("button", name="Skip").click()
    page.get_by_role("link", name="Skipped 1").click()
    expect(page.get_by_role("navigation", name="All photos").get_by_role("link")).to_have_count(1)
    page.reload()
    expect(get_large_picture(page)).to_have_accessible_name("Photo 1 of 6")


def test_comparison_eliminates_photos_until_one_remains(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    for _ in range(3):
        page.keyboard.press("p")
    page.get_by_role("link", name="Compare 3").click()
    expect(page.get_by_role("slider", name="Zoom of all photos")).to_have_value("160")
    boxes = [picture.bounding_box() for picture in page.get_by_role("img", name="Photo").all()]
    page.keyboard.press("+")
    expect(page.get_by_role("slider")).to_have_value("200")
    wider = [picture.bounding_box() for picture in page.get_by_role("img", name="Photo").all()]
    assert len(wider) == 3
    assert all(after["width"] > before["width"] for before, after in zip(boxes, wider, strict=True) if before and after)
    page.get_by_role("link", name="Remove photo 2").click()
    expect(page.get_by_role("link", name="Remove photo 3")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The last one: Photo 1")).to_be_visible()
    expect(page.get_by_role("button", name="Choose photo 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Continue")).to_be_focused()
    assert list_violations(page) == []


def test_comparison_fits_a_small_phone(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery({"viewport": {"width": 320, "height": 640}})
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Compare 2")).to_be_visible()
    first, second = (pane.bounding_box() for pane in page.get_by_role("region", name="Photo").all())
    assert first is not None
    assert second is not None
    assert first["width"] == second["width"] == 320
    assert second["y"] >= first["y"] + first["height"]
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


# How far from the middle of its pane each face is, in shares of the pane; 0.5 is its edge.
FACES_OFF_CENTER = """() => [...document.querySelectorAll(".pane .pan")].map((pan) => {
    const numbers = (text) => text.split(" ").map(Number);
    const [width, height] = numbers(pan.dataset.shape);
    const [x, y] = numbers(pan.dataset.crop);
    const image = pan.querySelector("img").getBoundingClientRect();
    const box = pan.getBoundingClientRect();
    const drawn = Math.min(pan.clientWidth / width, pan.clientHeight / height) * (image.width / pan.clientWidth);
    const across = image.x + image.width / 2 + (x - 0.5) * width * drawn - (box.x + box.width / 2);
    const down = image.y + image.height / 2 + (y - 0.5) * height * drawn - (box.y + box.height / 2);
    return Math.max(Math.abs(across) / box.width, Math.abs(down) / box.height);
})"""


def test_faces_stay_in_view_when_the_phone_is_turned(site: Site, open_gallery: Callable[..., Page]) -> None:
    page = open_gallery({"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"})
    with site.app.app_context(), transaction() as session:
        session.execute(update(Photo).values(face_x=0.3, face_y=0.1, face_size=0.4))
    page.reload()
    for _ in range(3):
        page.keyboard.press("p")
    page.keyboard.press("c")
    expect(page.get_by_role("slider", name="Zoom of all photos")).to_have_value("160")
    for width, height in ((844, 390), (390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        fresh = page.context.new_page()
        fresh.set_viewport_size({"width": width, "height": height})
        fresh.goto(page.url)
        expect(fresh.get_by_role("slider", name="Zoom of all photos")).to_have_value("160")
        assert page.evaluate(FACES_OFF_CENTER) == pytest.approx(fresh.evaluate(FACES_OFF_CENTER), abs=0.02)


@pytest.mark.parametrize("size", [(390, 844), (447, 900), (820, 1180), (1280, 800), (844, 390), (568, 320)], ids=str)
@pytest.mark.parametrize("where", ["gallery", "comparison"])
def test_going_on_needs_no_wait_for_the_undo(
    open_gallery: Callable[..., Page], where: str, size: tuple[int, int]
) -> None:
    page = open_gallery({"viewport": {"width": size[0], "height": size[1]}})
    if where == "comparison":
        page.keyboard.press("c")
        expect(page.get_by_role("slider", name="Zoom of all photos")).to_be_visible()
    # The sentence on what choosing agrees to is in view before the choice.
    expect(page.get_by_text("By choosing, you agree that")).to_be_in_viewport()
    page.get_by_role("button", name="Choose").filter(visible=True).first.click()
    expect(page.get_by_role("button", name="Undo")).to_be_in_viewport()
    # Playwright's click fails when something else receives it.
    page.get_by_role("link", name="Continue").click()
    expect(page).to_have_url(re.compile("/headshots$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_dark_surround_is_remembered(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.get_by_role("button", name="Dark surround").click()
    page.reload()
    expect(page.get_by_role("button", name="Dark surround")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert list_violations(page) == []


def test_shortcut_keys_can_be_disabled(open_gallery: Callable[..., Page]) -> None:
    page = open_gallery()
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Use single letters as keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("p")
    page.keyboard.press("ArrowRight")
    expect(get_large_picture(page)).to_have_accessible_name("Photo 2 of 6")
    expect(page.get_by_role("link", name="Shortlist 0")).to_be_visible()


def test_marks_made_offline_are_sent_later_and_the_latest_act_stays(
    site: Site, open_gallery: Callable[..., Page]
) -> None:
    page = open_gallery()
    page.clock.set_fixed_time(NOW)
    page.context.set_offline(True)
    page.get_by_role("button", name="Shortlist", exact=True).click()
    expect(get_status(page, "You’re offline. Your marks are saved here and sent later.")).to_be_visible()
    stored = page.evaluate("JSON.parse(localStorage.getItem('unsent-marks'))")
    assert [sorted(act) for act in stored] == [["at", "mark", "photo"]]
    skip_on_another_device(site, UUID(stored[0]["photo"]), at=NOW + timedelta(seconds=30))
    page.context.set_offline(False)
    expect(get_status(page, "You marked a photo on another device later. That mark stays.")).to_be_visible()
    expect(get_thumbnail(page, "Photo 1, skipped")).to_be_attached()
    assert page.evaluate("localStorage.getItem('unsent-marks')") is None


def skip_on_another_device(site: Site, photo_id: UUID, *, at: datetime) -> None:
    with site.app.app_context(), transaction() as session:
        person_id = session.execute(text("SELECT id FROM people")).scalar_one()
        photo_marks.store_mark(person_id, photo_id, photo_marks.Mark.SKIP, acted_at=at, now=at)
