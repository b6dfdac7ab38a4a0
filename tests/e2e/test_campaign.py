"""From an empty roster to invitations in people's mailboxes, by keyboard alone, with all processes running."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from demo.stack import Stack
from tests.e2e.keyboard import press_control

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LIST = "E-Mail;Name;Abteilung\n" + "".join(f"p{number}@example.com;Person {number};Sales\n" for number in range(12))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, with a mail server that shows what it receives."""
    with Stack(data_dir=tmp_path_factory.mktemp("stack"), has_mail=True) as running:
        yield running


def open_as_admin(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_role("button", name="Cleo").click()
    expect(page).to_have_url(url)


def test_import_and_campaign_by_keyboard(stack: Stack, open_context: Callable[..., BrowserContext]) -> None:
    page = open_context().new_page()
    open_as_admin(page, f"{stack.addresses.portal}/admin/roster/import")
    page.get_by_label("Paste addresses or rows").focus()
    page.keyboard.insert_text(LIST + "j.grossmann@meridian,example;;\n")
    press_control(page, page.get_by_role("button", name="Check the list"))
    expect(page.get_by_role("cell", name="The part after @ isn’t a domain.")).to_be_visible()
    press_control(page, page.get_by_role("button", name="Confirm the import"))
    expect(page.get_by_text("12 people added")).to_be_visible()

    page.goto(f"{stack.addresses.portal}/admin/campaigns/new")
    page.get_by_label("Name", exact=True).focus()
    page.keyboard.insert_text("Headshots")
    page.get_by_label("Also on weekends").focus()
    page.keyboard.press("Space")
    page.get_by_label("Quiet hours").select_option("None")
    press_control(page, page.get_by_role("button", name="Create"))
    press_control(page, page.get_by_role("button", name="Invite 12 people"))
    expect(page.get_by_text("12 invitations are on their way.")).to_be_visible()

    mails = open_context().new_page()
    for _ in range(90):
        mails.goto(f"{stack.addresses.sandbox}/mails")
        if mails.get_by_role("row").count() == 13:
            break
        mails.wait_for_timeout(1000)
    expect(mails.get_by_role("row")).to_have_count(13)
    mails.get_by_role("row").nth(1).get_by_role("link").click()
    button = mails.frame_locator("iframe").get_by_role("link", name="Get started")
    expect(button).to_have_attribute("href", f"{stack.addresses.portal}/start")
    mute = mails.frame_locator("iframe").get_by_role("link", name=re.compile("Stop emails")).get_attribute("href")
    assert mute is not None
    mails.goto(mute)
    press_control(mails, mails.get_by_role("button", name="Stop these emails"))
    expect(mails.get_by_role("heading", name="Emails are off")).to_be_visible()
    page.goto(f"{stack.addresses.portal}/admin/roster?state=muted")
    expect(page.get_by_role("rowheader")).to_have_count(1)
