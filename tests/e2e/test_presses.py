"""How few presses lead to the studio, and the way from sign-in to a chosen headshot by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo.stack import Stack
from tests.e2e.keyboard import focus_by_tab, press_key_on
from tests.e2e.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MAX_PRESSES = 4
COUNT_PRESSES = "addEventListener('pointerdown', () => countPress(), true)"


DESKTOP = ({"width": 1440, "height": 900}, "Ben Example")
PHONE = ({"width": 390, "height": 844}, "Mia Manager")


@pytest.mark.parametrize(("viewport", "name"), [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_four_presses_lead_to_the_studio(
    stack: Stack,
    open_context: Callable[..., BrowserContext],
    sign_in: Callable[[Page, str], None],
    viewport: dict[str, int],
    name: str,
) -> None:
    """From the intranet link, signed in at the identity provider, to the studio's first screen."""
    context = open_context(viewport=viewport)
    page = context.new_page()
    sign_in(page, name)
    presses: list[str] = []
    context.expose_binding("countPress", lambda source: presses.append(source["page"].url))
    context.add_init_script(COUNT_PRESSES)
    page.goto(f"{stack.addresses.portal}/start")
    for box in page.get_by_role("checkbox").all():
        expect(box).to_be_in_viewport()
        box.click()
    agree = page.get_by_role("button", name="Agree and continue")
    expect(agree).to_be_in_viewport()
    agree.click()
    if viewport["width"] < 700:
        link = page.get_by_role("link", name="Open the studio")
        expect(link).to_be_in_viewport()
        with page.expect_popup() as opened:
            link.click()
        first_screen = opened.value.get_by_role("textbox", name="Your name")
    else:
        page.get_by_role("button", name="Open the studio").click()
        first_screen = page.frame_locator("iframe").get_by_role("textbox", name="Your name")
    expect(first_screen).to_be_visible()
    assert len(presses) == MAX_PRESSES, presses


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720)])
def test_code_for_the_phone_is_beside_the_button_on_a_desktop(
    site: Site, open_as: Callable[..., Page], size: tuple[int, int]
) -> None:
    viewport = {"width": size[0], "height": size[1]}
    page = open_as(site.person(with_link=True), "/headshots/studio", viewport=viewport)
    code = page.get_by_role("img", name="QR code").filter(visible=True)
    button = page.get_by_role("button", name="Open the studio")
    expect(code).to_have_count(1)
    for each in (code, button):
        expect(each).to_be_in_viewport(ratio=1)
    code_box, button_box = code.bounding_box(), button.bounding_box()
    assert code_box is not None
    assert button_box is not None
    assert code_box["x"] > button_box["x"] + button_box["width"]
    assert code_box["y"] < button_box["y"] + button_box["height"]


def test_keyboard_alone_leads_from_sign_in_to_a_chosen_headshot(
    stack: Stack, open_context: Callable[..., BrowserContext], photos: list[Path]
) -> None:
    """No pointer and no call of focus: every step is Tab and a key, in the studio's frame, too."""
    page = open_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{stack.addresses.portal}/start")
    press_key_on(page, "Ada Example")
    page.wait_for_url("**/headshots/consent")
    press_key_on(page, "Use my photos", "Space")
    press_key_on(page, "Share my photos", "Space")
    press_key_on(page, "Agree and continue")
    expect(page.get_by_role("button", name="Open the studio")).to_be_visible()
    press_key_on(page, "Open the studio")
    expect(page.get_by_role("heading", name="Photo studio")).to_be_focused()
    complete_session_by_keyboard(page, photos)
    expect(page.get_by_role("link", name="Choose your headshot")).to_be_visible()
    press_key_on(page, "Choose your headshot")
    page.wait_for_url("**/headshots/gallery")
    shown = page.get_by_role("region", name="Large picture")
    expect(shown.get_by_role("img", name="Photo 1 of")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("ArrowRight")
    expect(shown.get_by_role("img", name="Photo 2 of")).to_be_visible()
    press_key_on(page, "Choose this photo")
    expect(page.get_by_role("link", name="Continue")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()


def complete_session_by_keyboard(page: Page, photos: list[Path]) -> None:
    """Reach the studio inside its frame by Tab, fill in its form, upload and submit."""
    studio = page.frame_locator("iframe")
    expect(studio.get_by_role("textbox", name="Your name")).to_be_visible()
    focus_by_tab(page, "Your name")
    page.keyboard.type("Ada Example")
    press_key_on(page, "Female", "Space")
    expect(studio.get_by_role("radio", name="Female", exact=True)).to_be_checked()
    press_key_on(page, "Continue")
    expect(studio.get_by_role("heading", name="Your photos")).to_be_visible()
    focus_by_tab(page, "Add photos")
    # What a key opens here is the browser's own window, which a headless one has not: handing it over to the test is
    # a race that the key wins now and then.
    studio.get_by_label("Add photos").set_input_files(photos)
    expect(studio.get_by_text("6 of at least")).to_be_visible()
    press_key_on(page, "Continue")
    expect(studio.get_by_role("heading", name="Check and submit")).to_be_visible()
    press_key_on(page, "Start my session")
