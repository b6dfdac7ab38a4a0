"""The console: what whoever runs the campaign reads there, and what odd addresses get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from portal.db import transaction
from portal.models import deliveries
from portal.models.people import Person
from portal.services import link_reports
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """Whoever runs the campaign."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def keep_delivery(number: int = 1) -> int:
    """Keep a webhook about nobody."""
    kept = deliveries.insert_once(
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


def test_statuses_and_problems_are_said_in_words(admin: Visitor) -> None:
    moving, held = (factories.make_person(name=name) for name in ("Ada", "Ben"))
    factories.make_shoot(moving, provider_status="generatingHeadshots", status_since=NOW)
    factories.make_shoot(held, problem="no_photos", provider_status="active", status_since=NOW - timedelta(days=1))
    words = admin.page("/admin/").words
    assert "being made" in words
    assert "no pictures arrived" in words
    assert "generatingHeadshots" not in words
    assert "no_photos" not in words


def test_an_operator_sees_what_is_stuck_and_nobodys_name(sign_in: Callable[[Person], Visitor], context: None) -> None:
    operator = sign_in(factories.make_person(name="Otto", role="operator"))
    held = factories.make_person(name="Ben Held", email="ben.held@example.com")
    factories.make_shoot(held, problem="no_photos", provider_status="active", status_since=NOW - timedelta(days=1))
    page = operator.get("/admin/").text
    assert "no pictures arrived" in page
    assert "Ben Held" not in page
    assert "ben.held@example.com" not in page


def test_a_missing_webhook_secret_is_said_with_what_to_do(app: Flask, admin: Visitor) -> None:
    assert "No webhook secret is set" not in admin.get("/admin/").text
    portal = app.extensions["portal"]
    app.extensions["portal"] = replace(portal, settings=replace(portal.settings, webhook_secrets=()))
    assert "Set HEADSHOT_WEBHOOK_SECRET" in admin.get("/admin/").text


def test_a_link_that_somebody_reports_is_listed_until_they_are_in(admin: Visitor) -> None:
    person = factories.make_person(name="Dora")
    factories.agree(person)
    shoot = factories.make_shoot(person, signed_url=b"sealed")
    assert "Dora" not in admin.page("/admin/").words
    assert link_reports.report_dead(person, now=NOW)
    listed = admin.page("/admin/").words
    assert "Dora" in listed
    assert "says their link no longer works" in listed
    with transaction() as session:
        session.get_one(type(shoot), shoot.id).provider_status = "waiting"
    assert "says their link no longer works" not in admin.page("/admin/").words


@pytest.mark.parametrize("before", ["abc", "-1", "0", "9" * 30])
def test_an_odd_page_of_webhooks_is_the_newest_one(admin: Visitor, before: str) -> None:
    number = keep_delivery()
    assert f"Apply webhook {number} again" in admin.get(f"/admin/deliveries?before={before}").text


@pytest.mark.parametrize("number", ["0", "-1", "x", "9" * 30])
def test_nothing_is_applied_again_that_never_came(admin: Visitor, number: str) -> None:
    assert admin.press(f"/admin/deliveries/{number}/replay").status_code == 404


def test_a_webhook_is_applied_again_on_a_press(admin: Visitor) -> None:
    number = keep_delivery()
    assert admin.press(f"/admin/deliveries/{number}/replay").status_code == 303
    assert f"Webhook {number} is queued again" in admin.page("/admin/deliveries").words
