"""A sign-in joins the person to their roster entry and keeps the claims by which directories know them."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from portal.db import transaction
from portal.models import people, roster
from portal.models.people import Person
from portal.models.roster import RosterEntry
from tests.factories import NOW, make_person
from tests.integration.auth.actors import Browser


def add_entry(app: Flask, address: str, **fields: Any) -> RosterEntry:
    entry = RosterEntry(address=address, source="import", created_at=NOW, changed_at=NOW, **fields)
    with app.app_context(), transaction() as session:
        session.add(entry)
    return entry


def find_entry(app: Flask, address: str) -> RosterEntry | None:
    with app.app_context():
        return roster.find_by_address(address)


def get_signed_in_person(app: Flask, browser: Browser) -> Person:
    with app.app_context():
        person = people.find_by_subject(browser.provider.issuer, browser.provider.person["sub"])
    assert person is not None
    return person


def test_first_sign_in_joins_the_entry_with_the_address(browser: Browser, app: Flask) -> None:
    add_entry(app, browser.provider.person["email"].lower())
    browser.sign_in()
    entry = find_entry(app, browser.provider.person["email"].lower())
    assert entry is not None
    assert entry.person_id == get_signed_in_person(app, browser).id


def test_entry_is_kept_when_the_address_changes(browser: Browser, app: Flask) -> None:
    kept = add_entry(app, browser.provider.person["email"].lower(), employee_number="17")
    browser.sign_in()
    other = add_entry(app, "married@example.com", name="New Name", team="Sales")
    browser.provider.person["email"] = "Married@example.com"
    browser.provider.lies.claims = lambda claims: claims | {"auth_time": claims["iat"]}
    browser.sign_in("/login?fresh=1")
    entry = find_entry(app, "married@example.com")
    assert entry is not None
    assert (entry.id, entry.person_id) == (kept.id, get_signed_in_person(app, browser).id)
    assert (entry.employee_number, entry.name, entry.team) == ("17", "New Name", "Sales")
    with app.app_context():
        assert roster.find_entry(other.id) is None


def test_entry_of_another_person_is_not_taken(browser: Browser, app: Flask) -> None:
    address = browser.provider.person["email"].lower()
    with app.app_context():
        owner = make_person(address)
    add_entry(app, address, person_id=owner.id)
    browser.sign_in()
    entry = find_entry(app, address)
    assert entry is not None
    assert entry.person_id == owner.id


@pytest.mark.privacy("P19")
def test_sign_in_of_a_person_marked_as_left_stops_their_clock(browser: Browser, app: Flask) -> None:
    """The identity provider lets them in, so they are still there; where the roster decides, they are refused."""
    address = browser.provider.person["email"].lower()
    add_entry(app, address, left_at=NOW)
    browser.sign_in()
    entry = find_entry(app, address)
    assert entry is not None
    assert entry.left_at is None


def test_claims_of_directories_are_kept_until_others_are_sent(browser: Browser, app: Flask) -> None:
    sent = {
        "oid": "00aa",
        "preferred_username": "alex@corp.example",
        "picture": "https://id.example/1.jpg",
        "zoneinfo": "Asia/Tokyo",
    }
    later = {"oid": "00bb", "picture": "javascript:alert(1)"}
    browser.provider.lies.claims = lambda claims: claims | sent
    browser.sign_in()
    browser.provider.lies.claims = lambda claims: claims | later | {"auth_time": claims["iat"]}
    browser.sign_in("/login?fresh=1")
    person = get_signed_in_person(app, browser)
    assert (person.oid, person.preferred_username) == ("00bb", "alex@corp.example")
    assert (person.picture, person.zoneinfo) == ("https://id.example/1.jpg", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("entry", "status"), [(None, 403), ({}, 303), ({"left_at": NOW}, 403)], ids=["missing", "listed", "left"]
)
def test_required_roster_refuses_those_not_on_it(
    entry: dict[str, Any] | None, status: int, browser: Browser, app: Flask
) -> None:
    portal = app.extensions["portal"]
    object.__setattr__(portal.settings, "require_roster", True)
    if entry is not None:
        add_entry(app, browser.provider.person["email"].lower(), **entry)
    response = browser.sign_in()
    assert response.status_code == status
    assert ("not on the list" in response.text) == (status == 403)
