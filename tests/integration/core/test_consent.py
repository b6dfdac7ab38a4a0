"""Consent: proof word for word, given once, withdrawn as easily, and requested again when the text changes."""

from __future__ import annotations

import pytest

from portal.db import transaction
from portal.domain.audit_context import AuditContext, Channel, open_audit_context
from portal.domain.erasure import ErasureScope
from portal.domain.errors import BadInput
from portal.domain.stages import Stage
from portal.models import consents, people
from portal.models.people import Person
from portal.services import consent, journey, withdrawal
from tests.factories import NOW, build_policy, make_consent, make_person
from tests.integration.core.worked_example import WorkedExample


def store_consent(person: Person, checked: list[str], **options: object) -> object:
    return consent.store_consent(person, build_policy(), checked, now=NOW, provider="profilebakery", **options)  # type: ignore[arg-type]


def store_older_consent(person: Person) -> None:
    """Store an agreement to a text that was replaced since."""
    given = make_consent(person)
    with transaction():
        consents.list_active(person.id)[0].policy_version = "2020-01"
    assert given.policy_version != "2020-01"


@pytest.mark.privacy("P02")
def test_stored_text_equals_the_shown_text(worked_example: WorkedExample) -> None:
    person = make_person()
    text = build_policy()
    before = people.get_version(person.id)
    with open_audit_context(AuditContext(Channel.WEB, address_digest="d1")):
        store_consent(person, ["photos", "studio"], user_agent="Browser")
    [row] = worked_example.query(
        "SELECT person_id, text, text_sha256, policy_version, locale, purposes, provider, given_at, withdrawn_at, "
        "address_digest, user_agent FROM consents"
    )
    assert tuple(row) == (
        person.id,
        text.text,
        text.sha256,
        text.version,
        "en",
        ["photos", "studio"],
        "profilebakery",
        NOW,
        None,
        "d1",
        "Browser",
    )
    # The periods that were shown are part of the text.
    assert "30 days" in text.text
    assert "90 days" in text.text
    assert journey.get_journey(person).stage is Stage.CONSENT_GIVEN
    assert people.get_version(person.id) == before + 1


@pytest.mark.privacy("P02")
@pytest.mark.parametrize("checked", [[], ["photos"], ["studio"], ["photos", "other"]])
def test_every_statement_needs_its_checkbox(worked_example: WorkedExample, checked: list[str]) -> None:
    person = make_person()
    with pytest.raises(BadInput):
        store_consent(person, checked)
    assert worked_example.query("SELECT count(*) FROM consents") == [(0,)]
    assert journey.get_journey(person).stage is Stage.NOT_STARTED


def test_concurrent_consents_are_stored_once(worked_example: WorkedExample) -> None:
    person_id = make_person().id

    def one() -> object:
        person = people.find_person(person_id)
        assert person is not None
        return make_consent(person).id

    given = worked_example.run_concurrently([one] * 10)
    assert len(set(given)) == 1
    assert worked_example.query("SELECT count(*) FROM consents") == [(1,)]
    assert worked_example.query("SELECT count(*) FROM audit_entries WHERE action = 'consent.given'") == [(1,)]


def test_withdrawal_keeps_consent_record_and_ends_consent(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    later = worked_example.clock.advance(days=3)
    assert withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)
    assert not withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)
    assert worked_example.query("SELECT given_at, withdrawn_at FROM consents") == [(NOW, later)]
    assert journey.get_journey(person).stage is Stage.WITHDRAWN
    assert not consents.has_active_consent(person.id)
    make_consent(person, now=later)
    assert journey.get_journey(person).stage is Stage.CONSENT_GIVEN
    assert worked_example.query("SELECT count(*) FROM consents") == [(2,)]


@pytest.mark.privacy("P03")
def test_another_version_of_the_text_requires_consent_again(worked_example: WorkedExample) -> None:
    person = make_person()
    store_older_consent(person)
    assert journey.get_journey(person).stage is Stage.NOT_STARTED
    make_consent(person)
    assert journey.get_journey(person).stage is Stage.CONSENT_GIVEN


def test_withdrawal_covers_every_version(worked_example: WorkedExample) -> None:
    person = make_person()
    store_older_consent(person)
    assert consents.has_active_consent(person.id)
    assert withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)
    assert not consents.has_active_consent(person.id)


def test_personal_page_contains_no_data_of_others(worked_example: WorkedExample) -> None:
    person, other = make_person(), make_person()
    make_consent(person)
    assert journey.get_journey(other).stage is Stage.NOT_STARTED
    assert not withdrawal.withdraw_consent(other, ErasureScope.PICTURES, worked_example.portal)
    assert journey.get_journey(person).consent is not None
