"""The steps of a person from consent to submitted photos, in a browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect


def give_consent(page: Page) -> None:
    """Agree to both purposes; no box is checked beforehand, and a missing one is marked and focused."""
    page.wait_for_load_state()
    boxes = page.get_by_role("checkbox").all()
    assert len(boxes) == 2
    for box in boxes:
        expect(box).not_to_be_checked()
    boxes[0].check()
    page.get_by_role("button", name="Agree and continue").click()
    missing = page.get_by_role("checkbox", name="Share my photos")
    expect(missing).to_be_focused()
    expect(missing).to_have_accessible_description("Tick this box to continue")
    missing.check()
    page.get_by_role("button", name="Agree and continue").click()


def open_studio(page: Page) -> FrameLocator:
    """Wait for the session and open its frame."""
    page.get_by_role("button", name="Open the studio").click()
    return page.frame_locator("iframe")


def complete_session(studio: FrameLocator, photos: list[Path]) -> None:
    """Fill in the form, upload and submit, as a person does inside the frame."""
    studio.get_by_role("textbox", name="Your name").fill("Ada Example")
    studio.get_by_role("radio", name="Female", exact=True).check()
    studio.get_by_role("button", name="Continue").click()
    studio.get_by_label("Add photos").set_input_files(photos)
    expect(studio.get_by_text("6 of at least")).to_be_visible()
    studio.get_by_role("button", name="Continue").click()
    studio.get_by_role("button", name="Start my session").click()
