"""The console's audit trail: complete, filtered, turned page by page, as a file, and for those alone who may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from flask import Flask

from portal.db import transaction
from portal.domain.audit_context import AuditContext, Channel, open_audit_context
from portal.models import audit, people
from portal.models.people import Person
from portal.services import audit_trail
from portal.web.admin.audit import PAGE
from tests import factories
from tests.database_cleanup import disable_triggers
from tests.factories import NOW
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document, get_text


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def write_entries(action: str = "sign_out", times: int = 1, **detail: Any) -> None:
    for _ in range(times):
        with transaction():
            audit.create_entry(action, **{"at": NOW, **detail})


def list_row_texts(document: Document) -> list[str]:
    """The words of each row of the table, without its head."""
    return [get_text(row) for row in document.all("tr")[1:]]


def read_csv(visitor: Visitor, query: str = "") -> list[dict[str, str]]:
    """The file, read as a spreadsheet does."""
    response = visitor.get(f"/admin/audit.csv{query}")
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.get_data().decode("utf-8-sig"), newline="")))


def test_entry_has_actor_action_subject_time_origin_and_result(admin: Visitor) -> None:
    ada, ben = factories.make_person(name="Ada"), factories.make_person(name="Ben")
    with open_audit_context(AuditContext(Channel.WEB, "0123456789abcdef", "fedcba9876543210" * 2)):
        write_entries("person.deactivated", actor_id=ada.id, subject_id=ben.id, at=NOW - timedelta(days=3))
    [text_parts] = list_row_texts(admin.page(f"/admin/audit?person={ben.id}"))
    for part in ("Ada", "Access ended", "Ben", "Oct 30, 2026", "UTC", "done", "address fedcba98", "request 01234567"):
        assert part in text_parts
    assert "fedcba9876543210" not in text_parts


def test_erased_people_are_labeled(admin: Visitor) -> None:
    write_entries("consent.given", actor_id=uuid4(), subject_id=uuid4())
    [text_parts] = list_row_texts(admin.page("/admin/audit?action=consent.given"))
    assert text_parts.count("erased person") == 2


def test_anonymous_actor_is_shown_by_channel(admin: Visitor) -> None:
    for channel in Channel:
        with open_audit_context(AuditContext(channel)):
            write_entries("delivery.replayed", delivery=1)
    shown = list_row_texts(admin.page("/admin/audit?action=delivery.replayed"))
    for row, part in zip(shown, ("the portal itself", "command line", "no one signed in"), strict=True):
        assert part in row


def test_viewing_the_audit_trail_is_audited(admin: Visitor) -> None:
    admin.page("/admin/audit")
    [shown, *_] = list_row_texts(admin.page("/admin/audit"))
    assert "Looked at people’s dataconsole.viewed" in shown
    read_csv(admin)
    [entry, *_] = read_csv(admin, "?action=console.viewed")
    assert (entry["actor"], entry["detail"], entry["channel"]) == (
        "Cleo",
        '{"endpoint": "audit.download_audit"}',
        "web",
    )
    assert len(entry["address_digest"]) == 32


@pytest.mark.parametrize("role", ["employee", "operator", "manager"])
def test_audit_page_is_for_admins_only(sign_in: Callable[[Person], Visitor], admin: Visitor, role: str) -> None:
    other = sign_in(factories.make_person(name="Otto", role=role))
    assert other.get("/admin/audit").status_code == 403
    assert other.get("/admin/audit.csv").status_code == 403
    denied = read_csv(admin, "?action=access")
    assert [(one["actor"], one["result"], one["detail"]) for one in denied] == [
        ("Otto", "denied", '{"endpoint": "audit.download_audit"}'),
        ("Otto", "denied", '{"endpoint": "audit.show_audit"}'),
    ]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_route_changes_it(admin: Visitor, app: Flask, method: str) -> None:
    assert admin.client.open("/admin/audit", method=method).status_code == 405
    assert {tuple(rule.methods - {"HEAD", "OPTIONS"}) for rule in app.url_map.iter_rules() if "audit" in rule.rule} == {
        ("GET",)
    }


def test_filters_by_action_by_person_and_by_day(admin: Visitor) -> None:
    ada = factories.make_person(name="Ada Lovelace", email="ada@example.com")
    write_entries("sign_in", actor_id=ada.id, subject_id=ada.id, at=NOW - timedelta(days=2))
    write_entries("sign_out", actor_id=ada.id, subject_id=ada.id)
    write_entries("shoot.status", subject_id=ada.id)
    write_entries("sign_out", actor_id=uuid4())
    for person in (str(ada.id), "ADA@example.com", "lovelace"):
        assert [one["action"] for one in read_csv(admin, f"?person={person}")] == [
            "shoot.status",
            "sign_out",
            "sign_in",
        ]
    assert [one["action"] for one in read_csv(admin, "?person=lovelace&action=sign_in")] == ["sign_in"]
    assert [one["action"] for one in read_csv(admin, "?day=2026-10-31")] == ["sign_in"]
    assert admin.page(f"/admin/audit?person={ada.id}").value_of("person") == "ada@example.com"
    assert read_csv(admin, "?person=nobody") == []
    assert "Choose another day or person" in admin.page("/admin/audit?person=nobody").text


def test_filters_by_actor_by_subject_and_by_a_span_of_days(admin: Visitor) -> None:
    ada, ben = (factories.make_person(name=name, email=f"{name}@example.com") for name in ("ada", "ben"))
    write_entries("person.deactivated", actor_id=ada.id, subject_id=ben.id, at=NOW - timedelta(days=2))
    write_entries("person.reactivated", actor_id=ben.id, subject_id=ada.id, at=NOW - timedelta(days=1))
    write_entries("sign_in", actor_id=ada.id, subject_id=ada.id)
    assert [one["action"] for one in read_csv(admin, "?actor=ada")] == ["sign_in", "person.deactivated"]
    assert [one["action"] for one in read_csv(admin, "?subject=ada@example.com")] == ["sign_in", "person.reactivated"]
    assert [one["action"] for one in read_csv(admin, f"?actor={ada.id}&subject=ben")] == ["person.deactivated"]
    span = "since=2026-10-31&until=2026-11-01"
    assert [one["action"] for one in read_csv(admin, f"?{span}")] == ["person.reactivated", "person.deactivated"]
    assert [one["action"] for one in read_csv(admin, f"?{span}&actor=ben")] == ["person.reactivated"]
    assert "That date doesn’t exist" in admin.page("/admin/audit?since=2026-02-30&until=2026-11-01").text


@pytest.mark.parametrize("day", ["20261031", "2026-W44-6"])
def test_a_day_in_another_spelling_shows_in_its_field(admin: Visitor, day: str) -> None:
    page = admin.page(f"/admin/audit?day={day}")
    assert (page.value_of("since"), page.value_of("until")) == ("2026-10-31", "2026-10-31")


@pytest.mark.parametrize("day", ["31.10.2026", "2026-02-30"])
def test_invalid_date_filter_is_reported(admin: Visitor, day: str) -> None:
    write_entries("mail.sent")
    text_parts = admin.page(f"/admin/audit?day={day}").text
    assert "That date doesn’t exist" in text_parts
    assert "mail.sent" in text_parts
    assert "That date doesn’t exist" not in admin.page("/admin/audit?day=").text


NONSENSE = ("day=yesterday", "day=9999-12-32", "action=drop", "person=%00", "before=0", "before=-1", "before=x")


@pytest.mark.parametrize("query", [*NONSENSE, "before=" + "9" * 30])
def test_invalid_filter_shows_everything(admin: Visitor, query: str) -> None:
    write_entries("mail.sent")
    assert "mail.sent" in admin.page(f"/admin/audit?{query}").text


@pytest.mark.parametrize("query", ["day=9999-12-31", "day=0001-01-01", "person=%25", "person=_", "person='"])
def test_invalid_filters_find_nothing(admin: Visitor, query: str) -> None:
    assert read_csv(admin, f"?{query}") == []
    assert "Nothing here" in admin.page(f"/admin/audit?{query}").text


def test_pagination_has_no_gap_or_repetition(admin: Visitor) -> None:
    write_entries("mail.sent", times=PAGE + 3, kind="ready")
    first = admin.page("/admin/audit?action=mail.sent")
    older = first.link("Older")
    write_entries("mail.sent", kind="ready")
    second = admin.page(older)
    assert first.text.count("mail.sent") == PAGE
    assert second.text.count("mail.sent") == 3
    assert "Older" not in second.text


def test_a_file_longer_than_one_batch_is_whole(admin: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.services.audit_reading.BATCH", 10)
    write_entries("mail.sent", times=30)
    numbers = [int(one["position"]) for one in read_csv(admin, "?action=mail.sent")]
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) == 30


def test_a_name_that_resembles_a_formula_stays_a_name(admin: Visitor) -> None:
    mallory = factories.make_person(name='=HYPERLINK("http://x.example","click")')
    write_entries("sign_in", actor_id=mallory.id, subject_id=mallory.id)
    [entry] = read_csv(admin, "?action=sign_in")
    assert entry["actor"] == '\'=HYPERLINK("http://x.example","click")'


def test_only_verified_entries_are_marked_as_verified(admin: Visitor, database_url: str) -> None:
    write_entries("sign_out", times=2)
    assert "The chain hasn’t been checked yet" in admin.page("/admin/audit").text
    audit_trail.verify_trail(now=NOW)
    text_parts = admin.page("/admin/audit").text
    assert "Checked on Nov 2, 2026, 9:00:00 AM UTC up to number 3: the chain is unbroken." in text_parts
    address = database_url.replace("+psycopg", "")
    with psycopg.connect(address, autocommit=True, connect_timeout=30) as connection, disable_triggers(connection):
        connection.execute("UPDATE audit_entries SET result = 'denied' WHERE id = 1")
    audit_trail.verify_trail(now=NOW + timedelta(days=1))
    text_parts = admin.page("/admin/audit").text
    assert "found 1 break in the chain" in text_parts
    assert "unbroken" not in text_parts


def test_mail_is_in_the_recipients_language(admin: Visitor) -> None:
    with transaction():
        person = people.lock_person(admin.person.id)
        assert person is not None
        person.locale = "de"
    write_entries("consent.given", actor_id=admin.person.id, subject_id=admin.person.id)
    page = admin.page("/admin/audit?action=consent.given")
    [row] = list_row_texts(page)
    assert "Eingewilligt" in row
    assert "sich selbst" in row
    assert page.heading == "Protokoll"
    assert page.link("Als CSV herunterladen") == "/admin/audit.csv?action=consent.given"
