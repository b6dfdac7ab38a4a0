"""The main job in a real browser: from the intranet link to a chosen headshot, with real photographs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo.stack import Stack
from tests.e2e.session_steps import complete_session, give_consent, open_studio
from tests.markup import remove_random_values

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

GENERATED = 40


def list_provider_calls(stack: Stack) -> list[tuple[str, str]]:
    """Return every call the portal has made to the provider, in order."""
    with psycopg.connect(stack.database_url.replace("+psycopg", "")) as database:
        return database.execute("SELECT method, path_template FROM provider_calls ORDER BY id").fetchall()


def test_from_the_intranet_link_to_a_chosen_headshot(
    stack: Stack,
    open_context: Callable[..., BrowserContext],
    sign_in: Callable[[Page, str], None],
    photos: list[Path],
) -> None:
    """One person goes all the way without touching anything while the photos are made."""
    page = open_context(viewport={"width": 1280, "height": 900}).new_page()
    sign_in(page, "Ada Example")
    assert not [call for call in list_provider_calls(stack) if call[0] == "POST"]
    give_consent(page)
    # From here on the browser itself must find nothing wrong, security policy included.
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(f"{line.text} {line.location}") if line.type == "error" else None)
    studio = open_studio(page)
    studio_link = page.locator("iframe").get_attribute("src") or ""
    complete_session(studio, photos)

    # From here on the page is not touched; it advances by itself.
    expect(page.get_by_role("link", name="Choose your headshot")).to_be_visible()
    page.get_by_role("link", name="Choose your headshot").click()
    expect(page.get_by_role("heading", name="Choose your headshot")).to_be_visible()
    shown = page.get_by_role("region", name="Large picture")
    expect(shown.get_by_role("img", name=f"Photo 1 of {GENERATED}")).to_be_visible()
    page.wait_for_load_state("load")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(shown.get_by_role("img", name=f"Photo 3 of {GENERATED}")).to_be_visible()
    page.get_by_role("button", name="Choose this photo").click()
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_role("link", name="Choose another photo")).to_be_visible()
    creates = [call for call in list_provider_calls(stack) if call == ("POST", "/organization/models")]
    assert len(creates) == 1
    assert problems == []
    choose_in_studio(page, studio_link)
    check_photo_is_private(stack, open_context, sign_in)


def choose_in_studio(page: Page, studio_link: str) -> None:
    """A pick made in the studio's own results shows here by itself, with where it was made."""
    tab = page.context.new_page()
    tab.goto(studio_link)
    tab.get_by_role("radio", name="Photo 5", exact=True).check(force=True)
    tab.get_by_role("button", name="Make this my favorite").click()
    expect(tab.get_by_text("Your favorite").first).to_be_visible()
    tab.close()
    expect(page.get_by_text("You chose it in the studio")).to_be_visible()


def check_photo_is_private(
    stack: Stack, open_context: Callable[..., BrowserContext], sign_in: Callable[[Page, str], None]
) -> None:
    """A photo of one person does not exist for another, nor without a session."""
    with psycopg.connect(stack.database_url.replace("+psycopg", "")) as database:
        row = database.execute("SELECT id FROM photos WHERE copied_at IS NOT NULL LIMIT 1").fetchone()
    assert row is not None
    address = f"{stack.addresses.portal}/photos/{row[0]}/320.webp"
    other = open_context()
    outsider = other.new_page()
    assert other.request.get(address, max_redirects=0).status in {302, 303, 401, 404}
    sign_in(outsider, "Ben Example")
    assert other.request.get(address).status == 404
    assert "Ada" not in remove_random_values(outsider.content())
