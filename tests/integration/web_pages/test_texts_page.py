"""The company's own texts in the console: the check, the preview, publishing, versions, two admins at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, g
from flask_babel import force_locale
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.db import db
from portal.domain.company_texts import TextSection
from portal.domain.stages import Stage
from portal.models import choices, consents
from portal.models.audit import AuditEntry
from portal.models.people import Person
from portal.presentation import text_preview
from portal.presentation.mail_templates import MailWriter
from portal.services import company_texts, journey
from portal.services.due_notifications import DueNotification, NotificationKind
from portal.web.context import get_context
from tests import factories
from tests.integration.web_pages.conftest import Visitor
from tests.integration.web_pages.html_document import Document

CONSENT = "/admin/texts/consent"


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor]) -> Visitor:
    return sign_in(factories.make_person(name="Ann Admin", role="admin", roles=["admin"]))


def clear_globals() -> None:
    """Empty ``g``, which the requests of a test share while its application context is open."""
    vars(g).clear()


def press_form(visitor: Visitor, path: str, **fields: Any) -> TestResponse:
    clear_globals()
    response = visitor.press(path, **fields)
    clear_globals()
    return response


def build_form(section: TextSection, version: int = 0, **changes: str) -> dict[str, str]:
    """Return the form of a section with the built-in texts; a change is named ``en:what.heading``."""
    content = text_preview.build_built_in(section, get_context().settings)
    fields = {f"{locale}:{key}": text for locale, texts in content.items() for key, text in texts.items()}
    return fields | {"version": str(version)} | changes


def publish_texts(admin: Visitor, section: TextSection, version: int = 0, **changes: str) -> None:
    response = press_form(admin, f"/admin/texts/{section}", **build_form(section, version, **changes))
    assert response.status_code == 303, response.text


def test_new_consent_text_requires_consent_again_and_is_stored_as_agreed(admin: Visitor, visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    assert journey.get_journey(visitor.person).stage is Stage.CONSENT_GIVEN
    publish_texts(admin, TextSection.CONSENT, **{"en:what.text": "{studio} works for {company}.\n\nNothing else."})
    assert journey.get_journey(visitor.person).stage is Stage.NOT_STARTED
    page = visitor.page("/headshots/consent")
    assert "The text has changed since you agreed on" in page.text
    assert "Profile Bakery works for Example." in page.text
    shown = page.value_of("text")
    given = press_form(visitor, "/headshots/consent", decision="agree", purpose=["photos", "studio"], text=shown)
    assert given.status_code == 303
    current = consents.find_current(visitor.person.id)
    assert current is not None
    assert current.policy_version.endswith(".1")
    assert "Profile Bakery works for Example.\n\nNothing else." in current.text
    assert current.text_sha256 == shown
    older = consents.list_by_person(visitor.person.id)[0]
    assert older.withdrawn_at is None


def test_text_that_changed_while_the_page_was_open_is_shown_before_anything_is_stored(
    admin: Visitor, visitor: Visitor
) -> None:
    shown = visitor.page("/headshots/consent").value_of("text")
    publish_texts(admin, TextSection.CONSENT, **{"en:freedom.heading": "Your free choice"})
    response = press_form(visitor, "/headshots/consent", decision="agree", purpose=["photos", "studio"], text=shown)
    assert response.status_code == 409
    assert "The text changed while this page was open" in response.text
    assert "Your free choice" in response.text
    assert consents.list_by_person(visitor.person.id) == []


def test_each_language_has_its_own_text(admin: Visitor, app: Flask, visitor: Visitor) -> None:
    publish_texts(
        admin, TextSection.PRIVACY, **{"de:about": "Mehr beim [Amt](https://example.com/amt).", "en:about": ""}
    )
    german = app.test_client().get("/privacy", headers={"Accept-Language": "de"}).text
    assert 'Mehr beim <a href="https://example.com/amt" rel="noopener">Amt</a>.' in german
    clear_globals()
    assert "Amt" not in Document(app.test_client().get("/privacy").text).markup


def test_legal_links_replace_those_of_the_environment(admin: Visitor, app: Flask) -> None:
    publish_texts(
        admin, TextSection.LINKS, **{"en:imprint": "https://example.com/new", "en:dpo_email": "dpo@example.com"}
    )
    page = app.test_client().get("/privacy").text
    assert 'href="https://example.com/new"' in page
    assert "mailto:dpo@example.com" in page


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("en:what.text", "", "Write this text"),
        ("de:what.text", "{studio} und {company} und {firma}", "Remove or correct {firma}"),
        ("en:what.text", "Only {company}", "Add {studio}"),
        ("en:ai.heading", "x" * 61, "Use at most 60 characters"),
        ("en:ai.text", "Read <b>this</b>", "Remove the HTML tags"),
        ("en:ai.text", "A { alone", "Remove the single curly bracket"),
        ("en:ai.text", "[ ] I agree", "Don’t begin a line with [ ]"),
    ],
)
def test_problems_are_listed_and_nothing_is_lost(admin: Visitor, field: str, text: str, sentence: str) -> None:
    changes = {field: text, "en:rights.text": "Words that took an hour."}
    response = press_form(admin, CONSENT, **build_form(TextSection.CONSENT, **changes))
    assert response.status_code == 400
    assert sentence in response.text
    assert "Words that took an hour." in response.text
    assert "Correct 1 text before you publish" in response.text


def test_second_admin_gets_a_clear_sentence_and_keeps_the_typed_text(
    admin: Visitor, sign_in: Callable[[Person], Visitor]
) -> None:
    other = sign_in(factories.make_person(name="Bob Admin", role="admin", roles=["admin"]))
    publish_texts(admin, TextSection.CONSENT, **{"en:what.heading": "First"})
    response = press_form(other, CONSENT, **build_form(TextSection.CONSENT, **{"en:what.heading": "Second"}))
    assert response.status_code == 409
    assert "Version 1 was published while you were editing" in response.text
    assert 'value="Second"' in response.text
    assert "First" not in Document(response.text).markup
    # Pressing again is a decision made with that knowledge.
    publish_texts(other, TextSection.CONSENT, 1, **{"en:what.heading": "Second"})


def test_versions_stay_readable_and_can_be_published_again(admin: Visitor) -> None:
    publish_texts(admin, TextSection.CONSENT, **{"en:what.heading": "First words"})
    publish_texts(admin, TextSection.CONSENT, 1, **{"en:what.heading": "Second words"})
    listed = admin.page(f"{CONSENT}/versions").text
    assert "Version 2" in listed
    assert "Ann Admin" in listed
    difference = admin.get(f"{CONSENT}/versions/2").text
    assert "<del>" in difference
    assert "First" in difference
    assert press_form(admin, f"{CONSENT}/versions/1/restore", version="2").status_code == 303
    assert "repeats version 1" in admin.page(f"{CONSENT}/versions").text
    assert 'value="First words"' in admin.get(CONSENT).text
    assert "Second words" in admin.page(f"{CONSENT}/versions/2").text
    actions = list(db.session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "texts.published")))
    assert [each["version"] for each in actions] == ["1", "2", "3"]


def test_preview_shows_the_typed_text_and_stores_nothing(admin: Visitor) -> None:
    form = build_form(TextSection.MAILS, **{"de:ready.title": "Neu für {company}", "preview": "de"})
    response = press_form(admin, "/admin/texts/mails/preview", **form)
    assert response.status_code == 200
    assert "Neu für Example" in response.text
    assert "Built-in words" in admin.page("/admin/texts").text


@pytest.mark.privacy("P04")
def test_all_built_in_texts_pass_the_check(admin: Visitor) -> None:
    with force_locale("en"):
        for section in TextSection:
            content = text_preview.build_built_in(section, get_context().settings)
            assert text_preview.list_problems(section, content) == {}


@pytest.mark.parametrize("path", ["consent/versions/7", "consent/versions/99999999999999999999", "other"])
def test_unknown_version_or_section_is_not_found(admin: Visitor, path: str) -> None:
    assert admin.get(f"/admin/texts/{path}").status_code == 404


def test_photo_is_chosen_only_with_the_sentence_that_was_shown(admin: Visitor, visitor: Visitor) -> None:
    factories.make_consent(visitor.person)
    _shoot, photos = factories.make_finished_shoot(visitor.person, 2)
    shown = visitor.page("/headshots/gallery").value_of("agreement")
    publish_texts(admin, TextSection.CONSENT, **{"en:use": "From now on {company} prints it on badges."})
    refused = press_form(visitor, "/headshots/choice", photo=str(photos[0].id), agreement=shown)
    assert refused.status_code == 409
    assert choices.find_current(visitor.person.id) is None
    newer = visitor.page("/headshots/gallery").value_of("agreement")
    assert press_form(visitor, "/headshots/choice", photo=str(photos[0].id), agreement=newer).status_code == 303
    choice = choices.find_current(visitor.person.id)
    assert choice is not None
    assert choice.use_text == "From now on Example prints it on badges."
    assert (choice.use_policy_version or "").endswith(".1")


def test_mails_have_the_published_text(admin: Visitor, visitor: Visitor) -> None:
    publish_texts(admin, TextSection.MAILS, **{"en:ready.text": "Come and see, says {company}.\n\nBye."})
    portal = get_context()
    due = DueNotification(visitor.person.id, NotificationKind.READY, "a@example.com", "Ada", "en", None)
    mail = MailWriter(portal.settings, "Studio", portal.clock, company_texts.load_texts()).render(due)
    assert "Come and see, says Example." in mail.text
    assert "Come and see, says Example." in mail.html
