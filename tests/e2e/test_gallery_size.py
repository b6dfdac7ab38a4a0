"""What a browser transfers for the first screen of a gallery of 200 photos, and what it fetches ahead."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import ImageEnhance
from playwright.sync_api import BrowserContext, Locator, Page, expect

from portal.db import transaction
from portal.domain.renditions import ImageFormat
from portal.images.renditions import RenderedFile, render_photo
from portal.models.people import Person
from portal.models.photos import Photo, Rendition
from portal.web.context import get_context
from tests import factories
from tests.e2e import portraits
from tests.e2e.site import Site
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PHOTOS = 200
KIB = 1024
LARGE = "/640.webp"
VARIATIONS = 4
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
_COUNT_SHIFTS = """new Promise((resolve) => {
  let shifts = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) shifts += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(shifts), 100);
})"""


@dataclass
class Transfers:
    """What the network transferred for a page, headers included."""

    size: int = 0
    addresses: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """List every request with its bytes, so that a failure names what grew."""
        lines = [f"{self.sizes.get(key, 0):7,} {address}" for key, address in self.addresses.items()]
        return "\n".join([*lines, f"{self.size:7,} bytes in {len(lines)} requests"])


@pytest.fixture
def owner(site: Site) -> Person:
    """A person with 200 photos whose files are those of a real portrait."""
    with site.app.app_context():
        person = factories.make_person(name="Ada Lovelace")
        factories.make_consent(person)
        _, photos = factories.make_finished_shoot(person, PHOTOS)
        _store_portraits(photos)
    return person


def _store_portraits(photos: list[Photo]) -> None:
    variations = _render_variations()
    with transaction() as session:
        session.query(Rendition).delete()
        for number, photo in enumerate(photos):
            session.add_all(_store_file(photo, file) for file in variations[number % VARIATIONS])


def _store_file(photo: Photo, file: RenderedFile) -> Rendition:
    key = f"photos/{photo.id}/{file.spec.name}"
    get_context().storage.put(key, file.content, file.spec.format.content_type)
    return Rendition(
        photo_id=photo.id,
        name=file.spec.name,
        content_type=file.spec.format.content_type,
        width=file.width,
        height=file.height,
        size=len(file.content),
        sha256=file.sha256,
        storage_key=key,
    )


@cache
def _render_variations() -> list[list[RenderedFile]]:
    """Render variations of the portrait; of the files, those that pages show."""
    found = []
    for number in range(VARIATIONS):
        stream = io.BytesIO()
        ImageEnhance.Brightness(portraits.load_portrait()).enhance(1 + 0.05 * number).save(stream, "JPEG", quality=92)
        files = render_photo(stream.getvalue(), is_generated=True).files
        found.append([file for file in files if file.spec.format is ImageFormat.WEBP])
    return found


@pytest.fixture
def open_gallery(
    site: Site, owner: Person, open_context: Callable[..., BrowserContext]
) -> Callable[..., tuple[Page, Transfers]]:
    """Open the gallery with an empty cache; return the page and what was transferred until the network was idle."""

    def open_page(
        options: dict[str, Any], path: str = "/headshots/gallery", *, slowdown: int = 1
    ) -> tuple[Page, Transfers]:
        browser = open_context(**options)
        browser.add_cookies(site.cookies(owner))  # type: ignore[arg-type]
        page = browser.new_page()
        found = Transfers()
        network = browser.new_cdp_session(page)
        network.send("Network.enable")
        network.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
        network.on("Network.requestWillBeSent", lambda sent: _record_request(found, sent))
        network.on("Network.loadingFinished", lambda done: _record_size(found, done))
        page.goto(site.address + path, wait_until="networkidle")
        return page, found

    return open_page


def _record_request(found: Transfers, sent: dict[str, Any]) -> None:
    # Icons inside the stylesheet are data: addresses and transfer nothing.
    if sent["request"]["url"].startswith("http"):
        found.addresses[sent["requestId"]] = sent["request"]["url"]


def _record_size(found: Transfers, done: dict[str, Any]) -> None:
    found.size += done["encodedDataLength"]
    found.sizes[done["requestId"]] = done["encodedDataLength"]


@pytest.mark.parametrize(
    ("options", "max_bytes", "max_requests"),
    [
        pytest.param(PHONE | {"device_scale_factor": 1}, 120 * KIB, 20, id="390 px"),
        pytest.param(PHONE | {"device_scale_factor": 3}, 120 * KIB, 20, id="390 px, dense screen"),
        pytest.param(DESKTOP, 250 * KIB, 50, id="1440 px"),
    ],
)
def test_first_screen_is_few_and_small_requests(
    site: Site,
    open_gallery: Callable[..., tuple[Page, Transfers]],
    options: dict[str, Any],
    max_bytes: int,
    max_requests: int,
) -> None:
    page, found = open_gallery(options)
    assert all(address.startswith(site.address) for address in found.addresses.values())
    assert found.size <= max_bytes, str(found)
    assert len(found.addresses) <= max_requests, str(found)
    assert page.evaluate(_COUNT_SHIFTS) == 0


def test_slow_machine_paints_the_first_screen_at_once(open_gallery: Callable[..., tuple[Page, Transfers]]) -> None:
    """Painted in parts, the picture shrank and the filters moved as the rest of the page arrived."""
    page, _ = open_gallery(PHONE, slowdown=12)
    assert page.evaluate(_COUNT_SHIFTS) == 0


def test_next_picture_is_fetched_before_it_is_shown(open_gallery: Callable[..., tuple[Page, Transfers]]) -> None:
    page, found = open_gallery(DESKTOP)

    def list_fetched() -> list[str]:
        # Requests become known while Playwright waits.
        page.wait_for_timeout(10)
        return _list_large(found)

    wait_until(lambda: len(list_fetched()) > 1, "the next picture is requested")
    ahead = _list_large(found)
    page.keyboard.press("ArrowRight")
    expect(_large(page)).to_have_accessible_name(f"Photo 2 of {PHOTOS}")
    _large(page).evaluate("picture => picture.decode()")
    assert _large(page).evaluate("picture => new URL(picture.currentSrc).pathname") == ahead[1]
    assert _list_large(found).count(ahead[1]) == 1


def test_first_touch_fetches_both_neighbors(open_gallery: Callable[..., tuple[Page, Transfers]]) -> None:
    page, found = open_gallery(PHONE | {"device_scale_factor": 3})
    assert len(_list_large(found)) == 1
    fingers = page.context.new_cdp_session(page)
    number = count(1)
    with page.expect_request(lambda request: request.url.endswith(LARGE) and next(number) == len(("next", "previous"))):
        fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": 200, "y": 300}]})


def test_thumbnails_are_fetched_when_visible(open_gallery: Callable[..., tuple[Page, Transfers]]) -> None:
    page, found = open_gallery(PHONE | {"device_scale_factor": 1})
    last = page.get_by_role("link", name=f"Photo {PHOTOS}", exact=True).locator("img").get_attribute("src")
    assert not any(address.endswith(str(last)) for address in found.addresses.values())
    with page.expect_request_finished(lambda request: request.url.endswith(str(last))):
        page.keyboard.press("End")


def _large(page: Page) -> Locator:
    return page.get_by_role("region", name="Large picture").get_by_role("img")


def _list_large(found: Transfers) -> list[str]:
    return [urlsplit(address).path for address in found.addresses.values() if address.endswith(LARGE)]
