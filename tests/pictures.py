"""Makes the pictures of README and of the mails anew: ``make pictures``.

A person does the whole journey, an admin opens the board; each mail is rendered from samples.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from demo.stack import Stack
from tests import mail_pictures
from tests.browser import build_launch_arguments, find_chromium
from tests.e2e import portraits
from tests.e2e.session_steps import complete_session

FOLDER = Path(__file__).parents[1] / "docs/img"
# Slow enough that a page about work in progress can be photographed.
SPEED = 600.0
CAMPAIGN_PEOPLE = 2000
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
_PICTURES_DECODED = """Promise.all([...document.images].filter((each) => {
    const { top, bottom } = each.getBoundingClientRect();
    return each.loading !== "lazy" || (bottom > 0 && top < innerHeight);
}).map((each) => each.decode().catch(() => null))).then(() => true)"""
_GAP = 24
_GROUND = "#e6e8ec"
_QUALITY = 82


def main() -> None:
    """Write journey.jpg, gallery.jpg and board.jpg to docs/img, and the mails below it."""
    mail_pictures.main()
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        photos = portraits.write_photo_files(folder / "photos")
        with (
            Stack(data_dir=folder / "stack", speed=SPEED, people=CAMPAIGN_PEOPLE) as stack,
            sync_playwright() as playwright,
        ):
            chromium = playwright.chromium.launch(executable_path=str(find_chromium()), args=build_launch_arguments())
            try:
                _save(_join(_take_journey(chromium, stack, photos)), "journey.jpg")
                _save(_take_gallery(chromium, stack), "gallery.jpg")
                _save(_take_board(chromium, stack), "board.jpg")
            finally:
                chromium.close()


def _open(chromium: Browser, stack: Stack, size: dict[str, int], path: str) -> Page:
    context = chromium.new_context(viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(180_000)
    page = context.new_page()
    page.goto(f"{stack.addresses.portal}{path}")
    return page


def _take_journey(chromium: Browser, stack: Stack, photos: list[Path]) -> list[Image.Image]:
    page = _open(chromium, stack, PHONE, "/start")
    page.get_by_role("button", name="Ada Example").click()
    shots = [_take(page, page.get_by_role("checkbox").first)]
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Agree and continue").click()
    shots.append(_take(page, page.get_by_role("link", name="Open the studio")))
    page.get_by_role("button", name="Open it in this page").click()
    complete_session(page.frame_locator("iframe"), photos)
    page.wait_for_url(f"{stack.addresses.portal}/headshots")
    shots.append(_take(page, page.get_by_role("progressbar").first))
    choose = page.get_by_role("link", name="Choose your headshot")
    choose.wait_for()
    shots.append(_take(page, choose))
    choose.click()
    page.get_by_role("button", name="Choose this photo").first.wait_for()
    shots.append(_take(page, page.get_by_role("heading", level=1)))
    return shots


def _take_gallery(chromium: Browser, stack: Stack) -> Image.Image:
    page = _open(chromium, stack, DESKTOP, "/start")
    page.get_by_role("button", name="Ada Example").click()
    page.wait_for_url(f"{stack.addresses.portal}/headshots**")
    page.goto(f"{stack.addresses.portal}/headshots/gallery")
    return _take(page, page.get_by_role("button", name="Choose this photo").first)


def _take_board(chromium: Browser, stack: Stack) -> Image.Image:
    page = _open(chromium, stack, DESKTOP, "/start")
    page.get_by_role("button", name="Cleo Admin").click()
    page.wait_for_url(f"{stack.addresses.portal}/headshots**")
    page.goto(f"{stack.addresses.portal}/admin/")
    return _take(page, page.get_by_role("heading", level=1))


def _take(page: Page, landmark: object) -> Image.Image:
    """Wait for a part of the page and its pictures, then return what the window shows."""
    landmark.wait_for(state="attached")  # type: ignore[attr-defined]
    page.wait_for_load_state()
    # A live update brings pictures after the page has loaded.
    page.evaluate(_PICTURES_DECODED)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _join(shots: Sequence[Image.Image]) -> Image.Image:
    height = max(shot.height for shot in shots)
    width = sum(shot.width for shot in shots) + _GAP * (len(shots) + 1)
    sheet = Image.new("RGB", (width, height + 2 * _GAP), _GROUND)
    left = _GAP
    for shot in shots:
        sheet.paste(shot, (left, _GAP))
        left += shot.width + _GAP
    return sheet


def _save(image: Image.Image, name: str) -> None:
    image.save(FOLDER / name, quality=_QUALITY, optimize=True)
    sys.stdout.write(f"docs/img/{name}\n")


if __name__ == "__main__":
    main()
