"""What changes or breaks while a gallery or an upload is open: a deleted photo, a connection cut in the middle."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from portal.db import transaction
from portal.models import photos
from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import gallery
from tests.e2e import portraits
from tests.e2e.site import Site
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor, sign_in_as
from tests.integration.web_pages.html_document import Document

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

BOUNDARY = "----photo"


@pytest.fixture
def page(site: Site, open_context: Callable[..., BrowserContext]) -> Page:
    """The gallery of a person whose first photo is deleted after the page was loaded."""
    browser = open_context(viewport={"width": 1280, "height": 900})
    browser.add_cookies(site.cookies(site.person(photos=3)))  # type: ignore[arg-type]
    page = browser.new_page()
    page.goto(f"{site.address}/headshots/gallery")
    shown = page.get_by_role("link", name="Photo 1", exact=True).get_attribute("href")
    with site.app.app_context(), transaction():
        photos.hide_photos([UUID(str(shown).split("photo=")[1])], NOW)
    return page


def test_choosing_a_photo_that_was_deleted_meanwhile_changes_nothing(page: Page) -> None:
    page.get_by_role("button", name="Choose this photo").click()
    expect(page.get_by_role("status").filter(has_text="That photo was deleted in the meantime.")).to_be_visible()
    expect(page.get_by_role("button", name="Choose this photo")).to_be_visible()
    page.reload()
    expect(page.get_by_role("navigation", name="All photos").get_by_role("link")).to_have_count(2)


def test_marking_a_photo_that_was_deleted_meanwhile_shows_a_message(page: Page) -> None:
    page.keyboard.press("p")
    expect(
        page.get_by_role("status").filter(has_text="A photo you marked was deleted in the meantime.")
    ).to_be_visible()
    assert page.evaluate("localStorage.getItem('unsent-marks')") is None


def test_unsent_marks_are_cleared_at_sign_out(page: Page) -> None:
    page.route("**/headshots/marks", lambda route: route.abort())
    page.keyboard.press("p")
    expect(page.get_by_role("status").filter(has_text="You’re offline.")).to_be_visible()
    assert page.evaluate("localStorage.getItem('unsent-marks')") is not None
    page.goto(urljoin(page.url, "/headshots"))
    page.get_by_label("Ada Lovelace: your menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    assert page.evaluate("localStorage.getItem('unsent-marks')") is None


def test_choice_without_a_connection_changes_nothing_and_can_be_repeated(page: Page) -> None:
    """Choosing is an agreement, so that it is never sent later without the person."""
    page.keyboard.press("ArrowRight")
    page.context.set_offline(True)
    page.get_by_role("button", name="Choose this photo").click()
    expect(page.get_by_role("status").filter(has_text="That didn’t work. Check your connection")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_hidden()
    page.context.set_offline(False)
    page.get_by_role("button", name="Choose this photo").click()
    expect(page.get_by_role("link", name="Continue")).to_be_focused()


def test_choice_is_kept_after_a_double_press_a_reload_and_going_back(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(site.person(photos=3), "/headshots/gallery", viewport={"width": 1280, "height": 900})
    choose = page.get_by_role("button", name="Choose this photo")
    proceed = page.get_by_role("link", name="Continue")
    choose.dblclick()
    expect(proceed).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    # Both presses were one choice, so nothing is chosen now.
    expect(choose).to_be_visible()
    choose.click()
    expect(proceed).to_be_visible()
    page.reload()
    expect(proceed).to_be_visible()
    proceed.click()
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()
    page.go_back()
    expect(proceed).to_be_visible()
    expect(choose).to_be_hidden()


def test_both_presses_of_a_double_click_send_one_choice(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(site.person(photos=2), "/headshots/gallery", viewport={"width": 1280, "height": 900})
    held: list[Route] = []
    # Playwright marks what it is given, and a list's own method cannot be marked.
    page.route("**/headshots/choice", lambda route: held.append(route))  # noqa: PLW0108
    with page.expect_request("**/headshots/choice"):
        page.get_by_role("button", name="Choose this photo").dblclick()
    proceed = page.get_by_role("link", name="Continue")
    expect(proceed).to_be_hidden()
    held[0].continue_()
    expect(proceed).to_be_focused()
    assert len(held) == 1


def test_choice_made_while_another_is_sent_follows_it(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(site.person(photos=2), "/headshots/gallery", viewport={"width": 1280, "height": 900})
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        held.append(route)
        if len(held) > 1:
            route.continue_()

    page.route("**/headshots/choice", hold_first)
    page.wait_for_load_state()
    with page.expect_request("**/headshots/choice"):
        page.keyboard.press("f")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("region", name="Large picture").get_by_role("img")).to_have_accessible_name("Photo 2 of 2")
    page.keyboard.press("f")
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("link", name="Photo 2, your headshot")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Photo 2, your headshot")).to_be_visible()


def press_second_time(page: Page, control: Locator) -> None:
    """Send the second click of a double click whose first one replaced what was pressed."""
    control.hover()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)


@pytest.mark.parametrize("path", ["/headshots/gallery", "/headshots/gallery?compare={0}&compare={1}"])
def test_second_click_on_choose_does_not_leave_the_undo_behind(
    site: Site, open_as: Callable[..., Page], path: str
) -> None:
    person = site.person(photos=2)
    with site.app.app_context():
        ids = [photo.id for photo in gallery.get_gallery(person).photos]
    page = open_as(person, path.format(*ids), viewport={"width": 1280, "height": 900})
    page.get_by_role("button", name="Choose").first.click()
    proceed = page.get_by_role("link", name="Continue")
    expect(proceed).to_be_focused()
    press_second_time(page, proceed)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("status").filter(has_text="Undone.")).to_be_attached()
    page.get_by_role("button", name="Choose").first.click()
    expect(proceed).to_be_focused()
    proceed.dblclick()
    expect(page.get_by_role("heading", name="You’re all set")).to_be_visible()


def test_second_click_on_a_link_does_not_press_the_last_question(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(site.person(photos=2), "/headshots/consent", viewport={"width": 1280, "height": 900})
    page.get_by_role("link", name="Withdraw my agreement").click()
    withdraw = page.get_by_role("button", name="Withdraw")
    press_second_time(page, withdraw)
    expect(page.get_by_role("heading", name="Withdraw your agreement?")).to_be_visible()
    withdraw.dblclick()
    expect(page.get_by_role("heading", name="You withdrew your agreement")).to_be_visible()


def test_single_photo_has_no_neighbors_and_no_comparison(site: Site, open_as: Callable[..., Page]) -> None:
    page = open_as(site.person(photos=1), "/headshots/gallery", viewport={"width": 390, "height": 844})
    for name in ("Previous photo", "Next photo", "Compare 1"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    page.keyboard.press("c")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Shortlist")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Choose this photo").click()
    expect(page.get_by_role("link", name="Continue")).to_be_visible()


# Werkzeug leaves the temporary file of a form that breaks off to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_upload_cut_at_nine_tenths_stores_nothing_and_can_be_sent_again(site: Site, tmp_path: Path) -> None:
    content = next(path for path in portraits.write_photo_files(tmp_path) if path.name == "straight.jpg").read_bytes()
    with site.app.app_context():
        person = site.person(agreed=False)
        visitor = sign_in_as(site.app, person)
        token = Document(visitor.get("/headshots/own-photo").text).value_of("csrf_token")
    head, body = build_upload(site, visitor, token, content)
    with socket.create_connection(get_address(site), timeout=60) as connection:
        connection.sendall(head + body[: len(body) * 9 // 10])
        connection.shutdown(socket.SHUT_WR)
        # The server has given up when it closes its side.
        while connection.recv(4096):
            pass
    assert count_own_photos(site, person) == 0
    assert list(site.app.extensions["portal"].storage.list("uploads/")) == []
    with socket.create_connection(get_address(site), timeout=60) as connection:
        connection.sendall(head + body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 303")
    assert count_own_photos(site, person) == 1


def build_upload(site: Site, visitor: Visitor, token: str, content: bytes) -> tuple[bytes, bytes]:
    cookie = visitor.client.get_cookie(site.app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    fields = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
    file = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="me.jpg"\r\n\r\n'
    body = f"{fields}{file}".encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    lines = [
        "POST /headshots/own-photo HTTP/1.1",
        f"Host: {urlsplit(site.address).netloc}",
        f"Cookie: {cookie.key}={cookie.value}",
        "Sec-Fetch-Site: same-origin",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode(), body


def get_address(site: Site) -> tuple[str, int]:
    return "127.0.0.1", urlsplit(site.address).port or 0


def count_own_photos(site: Site, person: Person) -> int:
    with site.app.app_context(), transaction() as session:
        return session.query(Photo).filter_by(person_id=person.id).count()
