"""The waiting room as people see it: a position, an estimate, and a polling interval that follows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from portal.db import transaction
from portal.models import budget, credits
from portal.models.people import Person
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import get_text

PRESENT = NOW + timedelta(minutes=1)
WAITING = {"provider_id": None, "provider_status": None}


def make_waiting_people(count: int) -> None:
    """Let so many have pressed start before."""
    for number in range(count):
        factories.make_shoot(factories.make_person(), requested_at=NOW - timedelta(hours=1, seconds=number), **WAITING)


@pytest.fixture
def waiting(visitor: Visitor) -> Visitor:
    """A person who has pressed start two seconds ago."""
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, requested_at=PRESENT - timedelta(seconds=2), **WAITING)
    return visitor


def test_place_and_estimate_are_shown(waiting: Visitor) -> None:
    make_waiting_people(11)
    page = waiting.page("/headshots/studio")
    assert page.heading == "Take your photos"
    assert "You’re number 12 in line. About 10 seconds." in page.text
    assert "You can close it and keep your place." in page.text
    assert page.by_id("wait").get("data-again") == "30"


def test_in_german(sign_in: Callable[[Person], Visitor]) -> None:
    person = factories.make_person(locale="de")
    factories.make_consent(person)
    factories.make_shoot(person, requested_at=PRESENT - timedelta(seconds=2), **WAITING)
    make_waiting_people(11)
    assert "Sie sind Nummer 12 in der Reihe. Etwa 10 Sekunden." in sign_in(person).page("/headshots/studio").text


def test_short_wait_shows_no_estimate(waiting: Visitor) -> None:
    make_waiting_people(2)
    page = waiting.page("/headshots/studio")
    assert "You’re number" not in page.text
    assert "a few seconds" in page.text


def test_the_position_changes_with_the_status_and_nothing_else_is_sent(waiting: Visitor) -> None:
    make_waiting_people(11)
    first = waiting.get("/headshots/status")
    assert 'data-count-down="12"' in first.text
    unchanged = waiting.get("/headshots/status", headers={"If-None-Match": first.headers["ETag"]})
    assert unchanged.status_code == 304
    with transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE shoots SET provider_id = id::text, provider_status = 'onboarding' WHERE person_id <> %s",
            (waiting.person.id,),
        )
    moved = waiting.get("/headshots/status", headers={"If-None-Match": first.headers["ETag"]})
    assert moved.status_code == 200
    assert "You’re number" not in moved.text


def test_provider_outage_shows_no_estimate(waiting: Visitor) -> None:
    make_waiting_people(11)
    budget.acquire_call("interactive", NOW, 300)
    for minutes in (3, 2):
        budget.pause_queue(PRESENT - timedelta(minutes=minutes))
    page = waiting.page("/headshots/studio")
    assert "You’re number 12 in line." in page.text
    assert "isn’t responding" in page.text
    assert not re.search(r"About (a|\d)", get_text(page.by_id("wait")))


def test_estimate_without_recent_starts_has_no_number(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, requested_at=NOW - timedelta(minutes=3), **WAITING)
    page = visitor.page("/headshots/studio")
    assert "longer than usual" in page.text
    assert not re.search(r"About (a|\d)", get_text(page.by_id("wait")))


def test_without_scripts_the_page_reloads_by_itself(waiting: Visitor) -> None:
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in waiting.get("/headshots/studio").text


# Credits


def sign_in_with_consent(sign_in: Callable[[Person], Visitor]) -> Visitor:
    person = factories.make_person()
    factories.make_consent(person)
    return sign_in(person)


@pytest.mark.parametrize(("balance", "is_shown"), [(None, False), ("0", True), ("1", True), ("2", False)])
def test_before_starting_the_page_warns_when_no_free_session_is_known(
    waiting: Visitor, sign_in: Callable[[Person], Visitor], balance: str | None, is_shown: bool
) -> None:
    with transaction():
        credits.store_balance(None if balance is None else Decimal(balance), now=NOW)
    page = sign_in_with_consent(sign_in).page("/headshots")
    assert ("No photo session is free right now" in page.text) == is_shown
    assert page.primary == ["Start the photo session"]


def test_waiting_for_credits_page_confirms_saved_request(visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    factories.make_shoot(visitor.person, problem="no_credits", **WAITING)
    page = visitor.page("/headshots")
    assert "We saved your place." in page.text
    assert page.primary == []


def test_console_shows_balance_forecast_and_waiting_people(
    waiting: Visitor, sign_in: Callable[[Person], Visitor]
) -> None:
    factories.make_shoot(factories.make_person(), problem="no_credits", **WAITING)
    with transaction():
        credits.store_balance(Decimal("1.25"), now=NOW)
    page = sign_in(factories.make_person(role="admin")).page("/admin/health")
    for fact in ("1 person waits for a credit", "Balance1.25", "Asked for or under way2", "Still free-0.75"):
        assert fact in page.text
