"""Two accounts with one address: an admin sees both, and links them or reads the obstacle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from portal.models.people import Person
from tests import factories
from tests.e2e.accessibility import check_page, record_problems
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def create_two_accounts(site: Site, *, photos_of_newer: int = 0) -> Person:
    """Create a person with three photos and, later, another account with the same address; return the first."""
    with site.app.app_context():
        older = factories.make_person(
            name="Ada King, Countess of Lovelace", email="ada.king.countess.of.lovelace@research.example.com",
            subject="old", created_at=NOW - timedelta(days=200), signed_in_at=NOW - timedelta(days=40),
        )  # fmt: skip
        factories.make_finished_shoot(older, 3)
        newer = factories.make_person(
            name="Ada Lovelace", email=older.email, subject="new", created_at=NOW, signed_in_at=NOW
        )
        if photos_of_newer:
            factories.make_finished_shoot(newer, photos_of_newer)
        return older


def open_as_admin(site: Site, open_context: Callable[..., BrowserContext], older: Person) -> tuple[Page, list[str]]:
    context = open_context(reduced_motion="reduce")
    context.add_cookies(site.cookies(site.person(agreed=False, role="admin")))  # type: ignore[arg-type]
    page = context.new_page()
    problems = record_problems(page)
    page.goto(f"{site.address}/admin/people/{older.id}/relink")
    return page, problems


def test_admin_sees_both_accounts_and_links_them(site: Site, open_context: Callable[..., BrowserContext]) -> None:
    older = create_two_accounts(site)
    page, problems = open_as_admin(site, open_context, older)
    expect(page.get_by_role("heading", level=1, name="Link two accounts?")).to_be_visible()
    kept = page.get_by_role("region", name="Older account")
    expect(kept.get_by_role("definition").last).to_have_text("3")
    check_page(page)
    page.get_by_role("button", name="Link accounts").click()
    expect(page.get_by_text("The accounts are linked. The next sign-in opens this one.")).to_be_visible()
    assert page.url == f"{site.address}/admin/people/{older.id}"
    assert problems == []


def test_admin_reads_why_two_accounts_with_photos_cannot_be_linked(
    site: Site, open_context: Callable[..., BrowserContext]
) -> None:
    older = create_two_accounts(site, photos_of_newer=2)
    page, problems = open_as_admin(site, open_context, older)
    expect(page.get_by_text("Both accounts have photos or a photo session.")).to_be_visible()
    expect(page.get_by_role("button", name="Link accounts")).to_have_count(0)
    command = f"python -m portal erase {older.email} --person {older.id}"
    expect(page.get_by_role("region", name="Older account").get_by_text(command)).to_be_visible()
    check_page(page)
    assert problems == []
