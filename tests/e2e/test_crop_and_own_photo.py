"""The crop and own photos in a real browser: mouse, touch, keyboard, plain form, and input that is refused."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect
from sqlalchemy import select

from portal.db import transaction
from portal.models.photos import Photo
from portal.services import gallery, own_photos
from tests.e2e import portraits
from tests.e2e.accessibility import check_page
from tests.e2e.site import Site
from tests.factories import NOW, USE

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def own_photo_setting() -> str:
    return "allowed"


@pytest.fixture
def site_settings(own_photo_setting: str) -> dict[str, Any]:
    return {"brand_name": "Example", "own_photos": own_photo_setting}


@pytest.fixture
def open_page(site: Site, open_context: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    """Open a page as a new person, who has chosen the first of their photos if they have any."""
    problems: list[str] = []

    def open_as_person(path: str, *, photos: int = 0, agreed: bool = True, **options: Any) -> Page:
        browser = open_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        person = site.person(photos=photos, agreed=agreed)
        if photos:
            with site.app.app_context():
                first = gallery.get_gallery(person).photos[0]
                gallery.choose_photo(person, first.id, agreement=USE, now=NOW)
        browser.add_cookies(site.cookies(person))  # type: ignore[arg-type]
        page = browser.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(site.address + path)
        return page

    yield open_as_person
    assert problems == []


def crop_of(site: Site) -> tuple[float, float, float]:
    """Return center and size of the crop that is stored."""
    with site.app.app_context(), transaction() as session:
        photo = session.scalars(select(Photo).where(Photo.crop_size.is_not(None))).one()
        return photo.crop.center_x, photo.crop.center_y, photo.crop.size


def read_fields(page: Page) -> list[float]:
    return [float(page.locator(f"#crop-{name}").input_value()) for name in ("x", "y", "size")]


def get_crop_area(page: Page) -> Locator:
    return page.get_by_role("group", name="Crop area")


def save_crop(page: Page) -> None:
    page.get_by_role("button", name="Save crop").click()
    expect(page.get_by_text("Your crop is saved.")).to_be_visible()


def test_crop_is_moved_and_resized_by_keyboard(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("/headshots/crop", photos=2)
    before = read_fields(page)
    get_crop_area(page).focus()
    for key in ("+", "+", "Shift+ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    x, y, size = read_fields(page)
    assert size == pytest.approx(before[2] - 2, abs=0.1)
    assert (x < before[0], y > before[1]) == (True, True)
    page.keyboard.press("Enter")
    save_crop(page)
    assert crop_of(site) == pytest.approx((x / 100, y / 100, size / 100), abs=0.01)


def test_crop_is_moved_by_mouse_and_zoomed_by_wheel_corner_and_slider(open_page: Callable[..., Page]) -> None:
    page = open_page("/headshots/crop", photos=2)
    page.get_by_role("slider", name="Zoom").fill("200")
    assert read_fields(page)[2] == pytest.approx(50)
    box = get_crop_area(page).bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.4)
    before = read_fields(page)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 20, middle[1] + 20, steps=3)
    page.mouse.up()
    moved = read_fields(page)
    assert moved[0] > before[0]
    assert moved[1] > before[1]
    page.mouse.wheel(0, 200)
    assert read_fields(page)[2] > moved[2]
    page.get_by_role("slider", name="Zoom").fill("200")
    corner = page.locator("[data-corner='1 1']").bounding_box()
    assert corner is not None
    page.mouse.move(corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
    page.mouse.down()
    page.mouse.move(corner["x"] - 20, corner["y"] - 20, steps=3)
    page.mouse.up()
    assert read_fields(page)[2] < 50
    save_crop(page)


def test_crop_is_pinched_with_two_fingers(open_page: Callable[..., Page]) -> None:
    page = open_page(
        "/headshots/crop", photos=2, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}
    )
    page.get_by_role("slider", name="Zoom").fill("150")
    before = read_fields(page)[2]
    box = get_crop_area(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)
    for kind, gap in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
        touches = [{"x": x - gap, "y": y, "id": 0}, {"x": x + gap, "y": y, "id": 1}]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert read_fields(page)[2] > before


def test_crop_is_a_plain_form_without_script(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("/headshots/crop", photos=2, java_script_enabled=False)
    page.get_by_label("Center, from the left in percent").fill("40")
    page.get_by_label("Center, from the top in percent").fill("99")
    page.get_by_label("Size in percent of the shorter side").fill("50")
    save_crop(page)
    x, y, size = crop_of(site)
    # A square that reaches outside is moved inside.
    assert (x, size) == pytest.approx((0.4, 0.5))
    assert y < 0.99
    page.goto(f"{site.address}/headshots/crop")
    page.get_by_role("button", name="Use automatic crop").click()
    expect(page.get_by_text("Your crop is saved.")).to_be_visible()


def test_crop_page_is_accessible(open_page: Callable[..., Page]) -> None:
    check_page(open_page("/headshots/crop", photos=2))


def render_uploads(site: Site) -> None:
    """Run the jobs of uploaded photos, as the worker does."""
    with site.app.app_context():
        with transaction() as session:
            uploaded = list(session.scalars(select(Photo.id).where(Photo.upload_key.is_not(None))))
        for photo_id in uploaded:
            own_photos.render_own_photo(photo_id, site.app.extensions["portal"])


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("own")
    found = {path.name: path for path in portraits.write_photo_files(folder)}
    made = {"paper.jpg": b"%PDF-1.7 not a photo", "huge.heic": b"\0" * 30_000_001, "moving.webp": build_animation()}
    for name, content in made.items():
        found[name] = folder / name
        found[name].write_bytes(content)
    return found


def build_animation() -> bytes:
    frames = [Image.new("RGB", (500, 500), (shade, 80, 80)) for shade in (0, 120, 240)]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    return file.getvalue()


@pytest.mark.parametrize("name", ["straight.jpg", "phone.heic", "bright.webp"])
def test_own_photo_is_uploaded_and_chosen(
    site: Site, open_page: Callable[..., Page], pictures: dict[str, Path], name: str
) -> None:
    page = open_page("/headshots/own-photo", agreed=False)
    page.get_by_label("Choose a photo").set_input_files(pictures[name])
    expect(page.get_by_text("Getting your photo ready.")).to_be_visible()
    render_uploads(site)
    page.get_by_role("button", name="Use this photo").click()
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()
    expect(page.get_by_text("AI-generated")).to_have_count(0)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("paper.jpg", "This file isn’t a photo. Use a JPEG, PNG, WebP or HEIC file."),
        ("huge.heic", "This file is larger than 30 MB. Use a smaller one."),
        ("moving.webp", "This is an animation. Use a still photo."),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(
    open_page: Callable[..., Page], pictures: dict[str, Path], name: str, sentence: str
) -> None:
    page = open_page("/headshots/own-photo")
    page.get_by_label("Choose a photo").set_input_files(pictures[name])
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_text("Choose a photo")).to_be_visible()


def test_photo_is_reduced_in_the_browser_where_it_can_be_decoded(
    site: Site, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    """The file has more than 25 megapixels, which the server refuses."""
    file = tmp_path / "large.jpg"
    Image.new("RGB", (6000, 4500), (120, 90, 80)).save(file, "JPEG", quality=60)
    page = open_page("/headshots/own-photo")
    page.get_by_label("Choose a photo").set_input_files(file)
    expect(page.get_by_text("Getting your photo ready.")).to_be_visible()
    with site.app.app_context(), transaction() as session:
        key = session.scalars(select(Photo.upload_key).where(Photo.upload_key.is_not(None))).one()
        assert key is not None
        with site.app.extensions["portal"].storage.open(key) as stored, Image.open(stored) as sent:
            assert sent.size == (4000, 3000)


def test_photo_chosen_before_the_script_arrives_is_uploaded(
    open_page: Callable[..., Page], pictures: dict[str, Path]
) -> None:
    page = open_page("/headshots/not-now")
    held: list[Route] = []
    page.route("**/own-photo.js", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function)
    with page.expect_request("**/own-photo.js"):
        page.goto(urljoin(page.url, "/headshots/own-photo"), wait_until="commit")
    page.get_by_label("Choose a photo").set_input_files(pictures["straight.jpg"])
    [script] = held
    script.continue_()
    expect(page.get_by_text("Getting your photo ready.")).to_be_visible()


def test_broken_connection_keeps_the_photo(
    site: Site, open_page: Callable[..., Page], pictures: dict[str, Path]
) -> None:
    page = open_page("/headshots/own-photo")
    page.context.set_offline(True)
    page.get_by_label("Choose a photo").set_input_files(pictures["straight.jpg"])
    expect(page.get_by_role("alert")).to_contain_text("The connection broke. Your photo is still selected: try again.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Getting your photo ready.")).to_be_visible()
    render_uploads(site)
    expect(page.get_by_role("button", name="Use this photo")).to_be_visible()


def test_own_photo_is_uploaded_by_keyboard_and_without_script(
    site: Site, open_page: Callable[..., Page], pictures: dict[str, Path]
) -> None:
    page = open_page("/headshots/own-photo", java_script_enabled=False)
    page.get_by_label("Choose a photo").set_input_files(pictures["moving.webp"])
    page.get_by_role("button", name="Upload photo").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("This is an animation. Use a still photo.")
    page.get_by_label("Choose a photo").set_input_files(pictures["straight.jpg"])
    page.get_by_role("button", name="Upload photo").press("Enter")
    render_uploads(site)
    page.reload()
    expect(page.get_by_role("button", name="Use this photo")).to_be_visible()


@pytest.mark.parametrize("own_photo_setting", ["only"])
def test_company_without_a_studio_leads_to_the_own_photo(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page("/headshots", agreed=False)
    expect(page.get_by_role("heading", name="Use your own photo")).to_be_visible()
    for path in ("/headshots/consent", "/headshots/studio", "/headshots/not-now"):
        page.goto(site.address + path)
        expect(page.get_by_role("heading", name="Use your own photo")).to_be_visible()
    page.goto(site.address)
    expect(page.get_by_text("No studio, no AI.")).to_be_visible()
    check_page(page)
