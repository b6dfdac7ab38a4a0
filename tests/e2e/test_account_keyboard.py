"""The pages of the provider's account and the health page's test session by keyboard, with all processes running."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from demo.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MAX_TABS = 120


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything."""
    with Stack(data_dir=tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def page(stack: Stack, open_context: Callable[..., BrowserContext]) -> Page:
    """The account's page, opened by an admin, as the worker has read it."""
    page = open_context().new_page()
    page.goto(f"{stack.addresses.portal}/admin/account")
    page.get_by_role("button", name="Cleo").click()
    expect(page.get_by_role("navigation", name="Studio account")).to_be_visible()
    wait_for_worker(page)
    press_control(page, page.get_by_role("button", name="Read again"))
    expect(page.get_by_text("The account is being read.")).to_be_visible()
    wait_for_worker(page)
    return page


def wait_for_worker(page: Page) -> None:
    """Wait for the end of the worker's job: until then the page loads itself anew, without what was typed."""
    expect(page.get_by_role("button", name="Read again")).not_to_have_attribute("aria-busy", "true")


def press_control(page: Page, control: Locator) -> None:
    """Go to a control with the Tab key alone, and press Enter."""
    control.wait_for()
    page.wait_for_load_state()
    page.evaluate("document.activeElement instanceof HTMLElement && document.activeElement.blur()")
    for _ in range(MAX_TABS):
        if control.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(control).to_be_focused()
    page.keyboard.press("Enter")


def check_reloaded(page: Page, expected: Locator) -> None:
    """Reload until the worker has done its part, on a page that does not load itself anew."""
    for _ in range(180):
        if expected.is_visible():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(expected).to_be_visible()


def test_team_is_created_renamed_and_deleted_by_keyboard(page: Page) -> None:
    page.get_by_label("New team at the studio").focus()
    page.keyboard.type("Quality")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The studio’s teams are being changed.")).to_be_visible()
    expect(page.get_by_role("rowheader", name="Quality")).to_be_visible()
    wait_for_worker(page)
    name = page.get_by_label("New name for Quality")
    name.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Testing")
    press_control(page, page.get_by_role("button", name="Rename Quality"))
    expect(page.get_by_role("rowheader", name="Testing")).to_be_visible()
    wait_for_worker(page)
    expect(page.get_by_role("rowheader", name="Quality")).to_have_count(0)
    delete = page.get_by_role("button", name="Delete at the studio Testing")
    expect(delete).to_be_hidden()
    press_control(page, page.get_by_text("Delete… Testing"))
    press_control(page, delete)
    expect(page.get_by_role("rowheader", name="Testing")).to_have_count(0)


def test_invite_is_sent_looked_up_and_revoked_by_keyboard(page: Page) -> None:
    press_control(page, page.get_by_role("link", name="Invites"))
    expect(page).to_have_url(re.compile("/admin/account/invites$"))
    page.get_by_label("Email address").focus()
    page.keyboard.type("zoe@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The studio sends its invite now.")).to_be_visible()
    expect(page.get_by_role("rowheader", name="zoe@example.com")).to_be_visible()
    page.get_by_label("Email address").focus()
    page.keyboard.type("zoe@example.com")
    press_control(page, page.get_by_role("button", name="Look it up now"))
    found = page.get_by_role("status").filter(has_text="As the studio has it now")
    expect(found.get_by_text("Sent, not used")).to_be_visible()
    press_control(page, page.get_by_role("button", name="Revoke zoe@example.com"))
    expect(page.get_by_text("The invite is revoked. Its place is free again.")).to_be_visible()
    expect(page.get_by_role("button", name="Revoke zoe@example.com")).to_have_count(0)


def test_test_session_is_made_by_keyboard_and_shown_as_proof(stack: Stack, page: Page) -> None:
    page.goto(f"{stack.addresses.portal}/admin/health")
    press_control(page, page.get_by_role("button", name="Make a test session"))
    expect(page.get_by_text("The studio made a test session and deleted it")).to_be_visible()
    check_reloaded(page, page.get_by_text("proved by the session created"))
    page.goto(f"{stack.addresses.portal}/admin/account/sessions")
    expect(page.get_by_text("check-")).to_have_count(0)
