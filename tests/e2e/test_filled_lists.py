"""Lists with every cell filled, long names and long teams included: each cell has its place at every width."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from portal.db import transaction
from portal.models import deliveries, provider_records
from portal.models.people import Person
from portal.models.provider_records import RecordKind
from tests.e2e.accessibility import check_page
from tests.e2e.site import Site
from tests.factories import NOW

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TEAMS = ("Sales", "Customer success and a department whose name is longer than the line of a phone", None)
NAMES = ("Ana", "María-Fernanda Wolfeschlegelsteinhausenbergerdorff de los Infantes", None)
STATUSES = {
    RecordKind.MEMBER: ("accepted", "pending", "finished"),
    RecordKind.MODEL: ("onboarding", "failed", "active"),
    RecordKind.INVITE: ("pending", "accepted", "pending"),
    RecordKind.FAVORITE: (None, None, None),
}


def fill_lists() -> None:
    """Store three records of each kind, and three webhooks."""
    with transaction():
        for kind, statuses in STATUSES.items():
            for number, status in enumerate(statuses):
                provider_records.store_record(
                    kind,
                    f"person{number}@example.com" if kind is RecordKind.INVITE else f"key{number}",
                    email=f"person{number}.{'with-a-long-part-' * number}@example.com",
                    name=NAMES[number],
                    status=status,
                    team_id="t1" if TEAMS[number] else None,
                    team_name=TEAMS[number],
                    model_id=f"model{number}",
                    is_development=number == 1,
                    created_at=NOW - timedelta(days=200 * number),
                )
    for number, event in enumerate(("model.deleted", "model.status.updated", None)):
        deliveries.insert_delivery(
            dedupe_key=f"profilebakery:{number}", provider="profilebakery", event=event, model_id="m" * 24,
            received_at=NOW, stale=False, key_id="k", body_sha256="0" * 64, body=b"{}", error=None,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("/admin/account/members", 3),
        ("/admin/account/sessions", 3),
        ("/admin/account/invites", 3),
        ("/admin/account/favorites", 3),
        ("/admin/deliveries", 3),
        ("/admin/audit", 1),
    ],
)
def test_cells_of_a_filled_list_have_their_places(
    site: Site, open_as: Callable[..., Page], admin: Person, path: str, rows: int
) -> None:
    with site.app.app_context():
        fill_lists()
    page = open_as(admin, path)
    assert page.get_by_role("rowheader").count() >= rows
    check_page(page)
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.get_by_role("rowheader").first).to_be_visible()


def test_page_of_a_webhook_fits_a_phone(site: Site, open_as: Callable[..., Page], admin: Person) -> None:
    with site.app.app_context():
        fill_lists()
    page = open_as(admin, "/admin/deliveries")
    page.get_by_role("link", name="model.status.updated").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Webhook")
    check_page(page)


def test_small_button_of_a_row_is_no_block_of_text(site: Site, open_as: Callable[..., Page], admin: Person) -> None:
    with site.app.app_context():
        fill_lists()
    page = open_as(admin, "/admin/account/invites")
    button = page.get_by_role("button", name="Revoke").first
    # Small text below a cell's value is a block of regular weight; a small button is neither.
    style = button.evaluate("(each) => [getComputedStyle(each).display, getComputedStyle(each).fontWeight]")
    assert style == ["inline-flex", "600"]
