"""The console: its pages for operators and admins, and responses to odd addresses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask

from portal.db import transaction
from portal.models import deliveries
from portal.models import link_reports as rows
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.services import link_reports
from portal.services.link_reports import LinkReportInput, LinkSymptom
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import get_text


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def store_delivery(number: int = 1) -> int:
    """Store a webhook about an unknown session."""
    kept = deliveries.insert_delivery(
        dedupe_key=f"profilebakery:{number}",
        provider="profilebakery",
        event="model.status.updated",
        model_id=None,
        received_at=NOW,
        stale=False,
        key_id="k",
        body_sha256="0" * 64,
        body=b"{}",
        error=None,
    )
    assert kept.id is not None
    return kept.id


def test_statuses_and_problems_have_readable_names(admin: Visitor) -> None:
    moving, held = (factories.make_person(name=name) for name in ("Ada", "Ben"))
    factories.make_shoot(moving, provider_status="generatingHeadshots", status_since=NOW)
    factories.make_shoot(held, problem="no_photos", provider_status="active", status_since=NOW - timedelta(days=1))
    text_parts = admin.page("/admin/health").text
    assert "being made" in text_parts
    assert "no pictures arrived" in text_parts
    assert "generatingHeadshots" not in text_parts
    assert "no_photos" not in text_parts


def test_operator_sees_stuck_shoots_without_names(sign_in: Callable[[Person], Visitor], context: None) -> None:
    operator = sign_in(factories.make_person(name="Otto", role="operator"))
    held = factories.make_person(name="Ben Held", email="ben.held@example.com")
    factories.make_shoot(held, problem="no_photos", provider_status="active", status_since=NOW - timedelta(days=1))
    page = operator.get("/admin/health").text
    assert "no pictures arrived" in page
    assert "Ben Held" not in page
    assert "ben.held@example.com" not in page


def test_missing_webhook_secret_is_reported_with_next_step(app: Flask, admin: Visitor) -> None:
    assert "No webhook secret is set" not in admin.get("/admin/health").text
    portal = app.extensions["portal"]
    app.extensions["portal"] = replace(portal, settings=replace(portal.settings, webhook_secrets=()))
    assert "Set HEADSHOT_WEBHOOK_SECRET" in admin.get("/admin/health").text


def test_reported_link_is_listed_until_studio_is_opened(admin: Visitor) -> None:
    person = factories.make_person(name="Dora")
    factories.make_consent(person)
    shoot = factories.make_shoot(person, signed_url=b"sealed")
    assert "Dora" not in admin.page("/admin/health").text
    assert link_reports.report_link(person, LinkReportInput(symptom=LinkSymptom.EXPIRED), get_context())
    listed = admin.page("/admin/health").text
    assert "Dora" in listed
    assert "says their link no longer works" in listed
    with transaction() as session:
        session.get_one(type(shoot), shoot.id).provider_status = "waiting"
    assert "says their link no longer works" not in admin.page("/admin/health").text


@pytest.mark.parametrize("before", ["abc", "-1", "0", "9" * 30])
def test_invalid_page_of_webhooks_shows_the_newest(admin: Visitor, before: str) -> None:
    number = store_delivery()
    assert f"Apply webhook {number} again" in admin.get(f"/admin/deliveries?before={before}").text


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30])
def test_unknown_delivery_cannot_be_replayed(admin: Visitor, number: str) -> None:
    assert admin.press(f"/admin/deliveries/{number}/replay").status_code == 404


def test_webhook_can_be_replayed_from_the_console(admin: Visitor) -> None:
    number = store_delivery()
    assert admin.press(f"/admin/deliveries/{number}/replay").status_code == 303
    assert f"Webhook {number} is queued again" in admin.page("/admin/deliveries").text


def test_replay_from_failed_filter_returns_to_failed_filter(admin: Visitor) -> None:
    path, among = f"/admin/deliveries/{store_delivery()}/replay", "/admin/deliveries?state=dead"
    fields = {"csrf_token": admin.page("/privacy").value_of("csrf_token")}
    for referrer, leads_to in ((f"http://localhost{among}", among), ("https://evil.example/", "/admin/deliveries")):
        response = admin.client.post(path, data=fields, headers={"Referer": referrer})
        assert response.headers["Location"] == leads_to


def test_times_of_the_console_name_their_zone(admin: Visitor) -> None:
    store_delivery()
    person = factories.make_person(name="Ada")
    for path in ("/admin/health", "/admin/deliveries", f"/admin/people/{person.id}"):
        moments = [get_text(each) for each in admin.page(path).all("time")]
        assert moments
        assert all(
            text_parts.endswith("UTC") or "ago" in text_parts or text_parts == "just now" for text_parts in moments
        ), moments


def test_no_stuck_shoot_is_reported_without_one(admin: Visitor) -> None:
    assert "These people" not in admin.page("/admin/links").text


def make_link_report(email: str = "dora@example.com") -> tuple[Person, Shoot]:
    """A person who has reported that their link is dead."""
    person = factories.make_person(email, name="Dora")
    factories.make_consent(person)
    shoot = factories.make_shoot(
        person, signed_url=b"sealed", provider_id="theirs-7", minted_at=NOW, opened_at=NOW, last_opened_at=NOW
    )
    report = LinkReportInput(symptom=LinkSymptom.EXPIRED, browser="Netscape 4", request_id="request-9")
    assert link_reports.report_link(person, report, get_context())
    return person, shoot


def test_dead_link_task_shows_all_support_details(admin: Visitor) -> None:
    make_link_report()
    page = admin.page("/admin/links")
    for text_parts in ("Dora", "dora@example.com", "theirs-7", "expired or is not valid", "Netscape 4", "request-9"):
        assert text_parts in page.text
    for text_parts in ("Link issued", "First opened", "Last opened", "Last seen here", "onboarding, confirmed"):
        assert text_parts in page.text
    mail = page.link("Write to Profile Bakery support")
    assert mail.startswith("mailto:support@profilebakery.com?")
    assert "theirs-7" in mail
    assert "dora" not in mail.casefold()


def test_operator_sees_link_task_without_name(sign_in: Callable[[Person], Visitor]) -> None:
    make_link_report()
    page = sign_in(factories.make_person(role="operator", roles=["operator"])).page("/admin/links")
    assert "theirs-7" in page.text
    assert "Dora" not in page.markup
    assert "dora@" not in page.markup


def test_dead_link_task_is_resolved_once_and_can_be_reported_again(admin: Visitor) -> None:
    person, _ = make_link_report()
    (task,) = rows.list_open()
    for _ in range(2):
        assert admin.press(f"/admin/links/{task.report.id}/done").status_code == 303
    assert "No one has reported a dead link" in admin.page("/admin/links").text
    with transaction() as session:
        kept = session.query(AuditEntry).filter(AuditEntry.action == "shoot.link_seen_to").all()
        assert [entry.actor_id for entry in kept] == [admin.person.id]
    assert link_reports.report_link(person, LinkReportInput(symptom=LinkSymptom.OTHER), get_context())
    assert len(rows.list_open()) == 1


def test_refused_start_is_started_with_a_variant_of_the_address(admin: Visitor) -> None:
    person = factories.make_person("dora@example.com", name="Dora")
    factories.make_consent(person)
    shoot = factories.make_shoot(person, provider_id=None, provider_status=None, problem="refused")
    with transaction():
        report_id = rows.create_report(shoot.id, symptom=rows.START_REFUSED, browser=None, request_id=None, now=NOW)
    assert "dora+2@example.com" in admin.page("/admin/links").text
    assert admin.press(f"/admin/links/{report_id}/done", address="variant").status_code == 303
    with transaction() as session:
        kept = session.get_one(Shoot, shoot.id, populate_existing=True)
        assert (kept.address_number, kept.problem) == (2, None)
    assert rows.list_open() == []


def test_unknown_report_cannot_be_resolved(admin: Visitor) -> None:
    assert admin.press(f"/admin/links/{uuid4()}/done").status_code == 404


def test_employee_has_no_access(sign_in: Callable[[Person], Visitor]) -> None:
    assert sign_in(factories.make_person()).get("/admin/links").status_code == 403
