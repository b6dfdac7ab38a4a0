"""The studio as people meet it: in a real browser, inside a frame of another site that may not set cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask, Response
from playwright.sync_api import Browser, BrowserContext, FilePayload, FrameLocator, Page, expect, sync_playwright

from sandbox.studio.pictures import render_gallery
from tests.local_server import serve_app
from tests.unit.sandbox_studio.fake_store import TOKEN, FakeStore
from tests.unit.sandbox_studio.portraits import build_photo, encode_image, load_portrait

# A busy machine is slow; nothing here is about speed.
expect.set_options(timeout=60_000)

pytestmark = pytest.mark.browser

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
NO_FOREIGN_COOKIES = ["--test-third-party-cookie-phaseout"]


@pytest.fixture(scope="module")
def browser(chromium_path: str, chromium_args: list[str]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        args = [*chromium_args, *CAMERA, *NO_FOREIGN_COOKIES]
        browser = playwright.chromium.launch(executable_path=chromium_path, args=args)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1000, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def studio(app: Flask) -> Iterator[str]:
    """The studio's origin; its photos come from the same server."""
    pictures = list(render_gallery([encode_image(load_portrait(), quality=88)], 4, "browser"))

    @app.get("/cdn/p<int:number>-<size>.jpg")
    def cdn(number: int, size: str) -> Response:
        return Response(getattr(pictures[number - 1], size), mimetype="image/jpeg")

    with serve_app(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(context: BrowserContext, studio: str) -> Iterator[Page]:
    """A portal of another site with the studio in a frame; fails on script errors and on calls to elsewhere."""
    portal = Flask("portal_elsewhere")
    frame = f'<iframe title="Photo studio" allow="camera" width="100%" height="720" src="{studio}/auth/social'
    portal.add_url_rule("/", "home", lambda: f'{frame}?token={TOKEN}&anonymous=1"></iframe>')
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]))
    hosts: set[str] = set()
    with serve_app(portal) as port:
        page.goto(f"http://localhost:{port}/")
        yield page
        page.close()
    assert troubles == []
    assert {host for host in hosts if host} <= {"localhost", "127.0.0.1"}


def build_upload(number: int) -> FilePayload:
    return {"name": f"me-{number}.jpg", "mimeType": "image/jpeg", "buffer": build_photo(number)}


def get_frame(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def test_the_whole_session(page: Page, context: BrowserContext, store: FakeStore) -> None:
    studio = get_frame(page)
    expect(studio.get_by_role("heading", name="About you")).to_be_visible()
    studio.get_by_role("textbox", name="Your name").fill("Ada Example")
    studio.get_by_role("radiogroup").get_by_role("radio", name="Female", exact=True).check()
    studio.get_by_role("button", name="Continue").click()

    expect(studio.get_by_role("heading", name="Your photos")).to_be_visible()
    text: FilePayload = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"no photo"}
    studio.get_by_label("Add photos").set_input_files([build_upload(1), text, build_upload(2)])
    expect(studio.get_by_text("2 of at least 2")).to_be_visible()
    expect(studio.get_by_text("“note.txt” is text, not a photo we can use.")).to_be_visible()
    studio.get_by_role("button", name="Remove photo 1").click()
    expect(studio.get_by_text("1 of at least 2")).to_be_visible()

    studio.get_by_role("button", name="Take a photo").click()
    studio.get_by_role("button", name="Take picture").click()
    expect(studio.get_by_text("2 of at least 2")).to_be_visible()
    studio.get_by_role("button", name="Close camera").click()
    expect(studio.get_by_role("button", name="Take a photo")).to_be_focused()
    studio.get_by_role("button", name="Continue").click()

    expect(studio.get_by_role("heading", name="Check and submit")).to_be_visible()
    studio.get_by_role("button", name="Start my session").click()
    expect(studio.get_by_role("heading", name="Your photos have arrived")).to_be_visible()
    store.change(status="generatingHeadshots")
    expect(studio.get_by_role("heading", name="Taking your portraits")).to_be_visible()
    store.fill_album(4)

    expect(studio.get_by_role("heading", name="Your portraits")).to_be_visible()
    studio.get_by_role("radio", name="Photo 3", exact=True).check()
    expect(studio.get_by_role("img", name="Portrait 3, large")).to_have_js_property("naturalWidth", 768)
    studio.get_by_role("button", name="Love").click()
    expect(studio.get_by_role("button", name="Love", pressed=True)).to_be_visible()
    studio.get_by_role("button", name="Make this my favorite").click()
    expect(studio.get_by_text("Your favorite")).to_be_visible()
    assert (store.model.favorite_photo_id, store.album["p3"].liked_status) == ("p3", "loved")

    page.keyboard.press("Shift+Tab")
    studio.get_by_role("radio", name="Photo 3", exact=True).press("ArrowRight")
    expect(studio.get_by_text("Your favorite")).to_be_hidden()
    studio.get_by_role("button", name="Make this my favorite").click()
    studio.get_by_role("button", name="Remove my pick").click()
    expect(studio.get_by_role("button", name="Make this my favorite")).to_be_focused()
    assert store.model.favorite_photo_id is None
    assert context.cookies() == []


def test_without_scripts(browser: Browser, studio: str, store: FakeStore) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 760})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{studio}/auth/social?token={TOKEN}&anonymous=1")
    page.get_by_role("textbox", name="Your name").fill("Ada")
    page.get_by_role("radio", name="Male", exact=True).check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Take a photo")).to_be_hidden()
    page.get_by_label("Add photos").set_input_files([build_upload(1), build_upload(2)])
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_text("2 of at least 2")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Start my session").click()
    expect(page.get_by_role("heading", name="Your photos have arrived")).to_be_visible()
    store.fill_album(4)
    expect(page.get_by_role("heading", name="Your portraits")).to_be_visible()
    page.get_by_role("radio", name="Photo 2", exact=True).check()
    page.get_by_role("button", name="Make this my favorite").click()
    expect(page.get_by_text("Your favorite")).to_be_visible()
    assert store.model.favorite_photo_id == "p2"
    page.get_by_role("button", name="Remove my pick").click()
    page.wait_for_url(re.compile("photo=p2"))
    expect(page.get_by_text("Your favorite")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_every_page_is_accessible_and_fits(
    browser: Browser, studio: str, store: FakeStore, scheme: str, width: int
) -> None:
    context = browser.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 700},
        reduced_motion="reduce",
        bypass_csp=True,
    )
    context.set_default_timeout(60_000)
    page, at = context.new_page(), f"{studio}/studio/{TOKEN}"

    def check(address: str) -> None:
        page.goto(address)
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") == width

    check(f"{at}/about")
    check(f"{studio}/studio/unknown/")
    store.set_profile("m1", "Ada", "female")
    for number in (1, 2):
        store.add_upload("m1", build_photo(number), "a.jpg")
    check(f"{at}/photos")
    check(f"{at}/check")
    store.change(status="pending")
    check(f"{at}/progress")
    store.fill_album(4)
    store.select_favorite("m1", "p2")
    store.set_liked("m1", "p3", "loved")
    check(f"{at}/results")
    context.close()
