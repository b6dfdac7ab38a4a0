"""The company's own texts in a real browser: edited and published by keyboard, with and without scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.models.people import Person
from tests.e2e.keyboard import press_control
from tests.e2e.page_checks import check_page

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PAGES = ("", "/consent", "/privacy", "/links", "/mails", "/consent/versions", "/consent/versions/0")


def write_text(page: Page, label: str, text: str) -> None:
    """Replace the text of a field with the keyboard."""
    field = page.get_by_label(label, exact=True)
    field.wait_for()
    page.wait_for_load_state()
    field.focus()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible(path: str, open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, f"/admin/texts{path}")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        for width in (390, 820, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            check_page(page)


def test_text_is_previewed_checked_and_published_by_keyboard(open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, "/admin/texts")
    press_control(page, page.get_by_role("link", name="Consent", exact=True))
    preview = page.get_by_role("complementary", name="Preview")
    write_text(page, "AI, Heading, English", "A computer draws {name}")
    expect(preview.get_by_role("heading", name="A computer draws {name}")).to_be_visible()
    expect(page.get_by_text("Correct 1 text before you publish")).to_be_visible()
    press_control(page, page.get_by_role("button", name="Publish version 1"))
    expect(page.get_by_role("link", name="AI, Heading (EN)")).to_be_visible()
    write_text(page, "AI, Heading, English", "A computer draws your headshot")
    write_text(page, "AI, Heading, Deutsch", "Ein Computer zeichnet")
    press_control(page, preview.get_by_role("button", name="Deutsch"))
    expect(preview.get_by_role("heading", name="Ein Computer zeichnet")).to_be_visible()
    press_control(page, page.get_by_role("button", name="Publish version 1"))
    expect(page.get_by_text("Version 1 is published.")).to_be_visible()
    press_control(page, page.get_by_role("link", name="Versions"))
    press_control(page, page.get_by_role("link", name="Version 1"))
    expect(page.get_by_text("A computer draws your headshot").first).to_be_visible()
    page.goto(page.url.split("/admin")[0] + "/privacy")
    expect(page.get_by_role("heading", name="A computer draws your headshot")).to_be_visible()


def test_preview_button_works_without_scripts(open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, "/admin/texts/mails", java_script_enabled=False)
    write_text(page, "Headshots are ready, Title, English", "Pictures for you")
    press_control(page, page.get_by_role("button", name="Preview", exact=True))
    expect(page.get_by_role("complementary", name="Preview").get_by_text("Pictures for you")).to_be_visible()
    expect(page.get_by_label("Headshots are ready, Title, English", exact=True)).to_have_value("Pictures for you")
