"""The page of one webhook: what came without personal values, its attempts, and what followed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask

from portal.models.people import Person
from portal.services import deliveries
from portal.services.deliveries import WebhookReceiver
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.core.signing import sign_headers
from tests.integration.web_pages.conftest import Visitor

BODY = {
    "id": "evt_1",
    "event": "model.status.updated",
    "createdAt": "2026-11-02T09:30:00.000Z",
    "object": {"_id": "m1", "title": "Ben Held", "status": "waiting"},
}


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def send_webhook(app: Flask) -> int:
    """Send a signed webhook over HTTP; return the number of its delivery."""
    body = json.dumps(BODY).encode()
    headers = {**dict(sign_headers(body, NOW)), "User-Agent": "Studio/2", "Content-Type": "application/json"}
    response = app.test_client().post("/webhooks/profilebakery", data=body, headers=headers)
    assert response.status_code == 200
    return 1


def test_headers_body_attempts_and_outcome_are_shown_without_personal_values(app: Flask, admin: Visitor) -> None:
    person = factories.make_person(name="Ben Held")
    factories.make_shoot(person, provider_id="m1")
    number = send_webhook(app)
    page = admin.page(f"/admin/deliveries/{number}")
    assert "Studio/2" in page.text
    assert "&#34;status&#34;: &#34;waiting&#34;" in admin.get(f"/admin/deliveries/{number}").text
    assert "&#34;title&#34;: &#34;•••&#34;" in admin.get(f"/admin/deliveries/{number}").text
    [signature] = [value for name, value in sign_headers(json.dumps(BODY).encode(), NOW) if "Signature" in name]
    assert signature not in admin.get(f"/admin/deliveries/{number}").text
    assert "waiting" in page.text
    assert f"/admin/people/{person.id}" in admin.get(f"/admin/deliveries/{number}").text
    deliveries.apply_delivery(number, clock=get_context().clock)
    assert "status waiting" in admin.page(f"/admin/deliveries/{number}").text
    assert admin.press(f"/admin/deliveries/{number}/replay").status_code == 303
    assert "queued again" in admin.page(f"/admin/deliveries/{number}").text


def test_operator_sees_no_name(app: Flask, sign_in: Callable[[Person], Visitor], context: None) -> None:
    factories.make_shoot(factories.make_person(name="Ben Held"), provider_id="m1")
    number = send_webhook(app)
    page = sign_in(factories.make_person(role="operator")).get(f"/admin/deliveries/{number}").text
    assert "Ben Held" not in page
    assert "a person of this portal" in page


def test_deleted_body_and_unknown_number(app: Flask, admin: Visitor) -> None:
    kept = deliveries.store_delivery(
        WebhookReceiver(get_context().brand, ("test-webhook-secret",), "timestamped"),
        b"no json",
        sign_headers(b"no json", NOW),
        now=NOW,
    )
    assert "It is no JSON object" in admin.page(f"/admin/deliveries/{kept}").text
    admin.page("/admin/deliveries/999", status=404)


def test_every_filter_of_the_list_is_kept_by_its_pages(app: Flask, admin: Visitor) -> None:
    factories.make_shoot(factories.make_person(name="Ben Held"), provider_id="m1")
    number = send_webhook(app)
    for query in ("q=ben+held", "q=m1", "event=model.status.updated", "state=pending"):
        assert f"/admin/deliveries/{number}" in admin.get(f"/admin/deliveries?{query}").text
    for query in ("q=ada", "event=model.deleted", "state=dead"):
        assert f"/admin/deliveries/{number}" not in admin.get(f"/admin/deliveries?{query}").text
