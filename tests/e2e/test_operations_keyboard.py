"""Exports, webhooks, the rotation guide and the notes about a person, by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from demo.crowd import create_campaign_people
from portal.db import db, transaction
from portal.models import deliveries
from portal.models.exports import Export
from portal.models.people import Person
from tests import factories
from tests.e2e.keyboard import focus_by_tab, press_control, press_key_on
from tests.e2e.site import Site
from tests.factories import NOW
from tests.integration.web_pages.chosen_headshots import make_person_with_choice

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_export_is_requested_by_keyboard(site: Site, open_as: Callable[..., Page], admin: Person) -> None:
    with site.app.app_context():
        make_person_with_choice("Ada Lovelace")
    page = open_as(admin, "/admin/exports")
    focus_by_tab(page, "Reason", limit=80)
    press_key_on(page, "Make export")
    expect(page.get_by_text("Write why you need these pictures")).to_be_visible()
    focus_by_tab(page, "Reason", limit=80)
    page.keyboard.type("New badges")
    press_key_on(page, "Make export")
    expect(page.get_by_text("The export is being made.")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_be_visible()
    with site.app.app_context(), transaction() as session:
        [export] = session.scalars(select(Export))
        assert (export.reason, export.kind, export.state) == ("New badges", "headshots", "pending")


def test_webhooks_are_found_and_applied_again_by_keyboard(
    site: Site, open_as: Callable[..., Page], admin: Person
) -> None:
    with site.app.app_context():
        for number, event in enumerate(("model.deleted", "model.status.updated", "model.deleted")):
            deliveries.insert_delivery(
                dedupe_key=f"profilebakery:{number}", provider="profilebakery", event=event, model_id="m1",
                received_at=NOW, stale=False, key_id="k", body_sha256="0" * 64, body=b"{}", error=None,
            )  # fmt: skip
        with transaction():
            db.session.query(deliveries.Delivery).update({"state": "applied"})
    page = open_as(admin, "/admin/deliveries", java_script_enabled=False)
    page.get_by_label("Event").select_option("model.deleted")
    press_control(page, page.get_by_role("button", name="Show", exact=True))
    expect(page.get_by_role("rowheader")).to_have_count(2)
    page.get_by_label("all that match").focus()
    page.keyboard.press("Space")
    press_control(page, page.get_by_role("button", name="Apply again", exact=True))
    expect(page.get_by_text("2 webhooks are queued again.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"event=model\.deleted"))
    with site.app.app_context(), transaction() as session:
        states = list(session.scalars(select(deliveries.Delivery.state).order_by(deliveries.Delivery.id)))
        assert states == ["pending", "applied", "pending"]


def test_rotation_is_followed_by_keyboard(open_as: Callable[..., Page], admin: Person) -> None:
    page = open_as(admin, "/admin/health")
    press_control(page, page.get_by_role("link", name="Rotate the webhook secret…"))
    expect(page).to_have_url(re.compile("/admin/health/rotate/webhook$"))
    press_key_on(page, "Fly")
    expect(page.get_by_text('fly secrets set HEADSHOT_WEBHOOK_SECRET="NEW,OLD"')).to_be_visible()
    press_key_on(page, "Compare now")
    expect(page.get_by_text("Every session is being compared with the studio.")).to_be_visible()


def test_note_about_a_person_is_written_and_deleted_by_keyboard(
    site: Site, open_as: Callable[..., Page], admin: Person
) -> None:
    with site.app.app_context():
        person = factories.make_person(name="Ada Lovelace")
    page = open_as(admin, f"/admin/people/{person.id}")
    page.get_by_label("New note").focus()
    page.keyboard.type("On leave until May")
    press_control(page, page.get_by_role("button", name="Add note"))
    expect(page.get_by_text("On leave until May")).to_be_visible()
    press_control(page, page.get_by_role("button", name=re.compile("note of")))
    expect(page.get_by_text("On leave until May")).to_have_count(0)


def test_table_beside_the_chart_of_the_board_opens_by_keyboard(
    site: Site, open_as: Callable[..., Page], admin: Person
) -> None:
    with site.app.app_context():
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        create_campaign_people(url, 40, provider="profilebakery", now=NOW)
    page = open_as(admin, "/admin/", java_script_enabled=False)
    name = "Signed in and chosen by day"
    expect(page.get_by_role("img", name=name)).to_be_visible()
    region = page.get_by_role("region", name=name)
    expect(region).to_be_hidden()
    focus_by_tab(page, "As a table", limit=120)
    page.keyboard.press("Enter")
    expect(region.get_by_role("columnheader")).to_have_text(["Day", "Signed in", "Chosen"])
    page.keyboard.press("Tab")
    expect(region).to_be_focused()
