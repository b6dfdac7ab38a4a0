"""Withdrawal: the pictures are processed no further, also by running jobs; a new consent starts anew."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from portal.domain.erasure import ErasureScope, ErasureStep
from portal.domain.errors import NotFound
from portal.domain.stages import Stage
from portal.models import choices, people
from portal.models.people import Person
from portal.provider.errors import Unavailable
from portal.services import erasure, fsck, gallery, journey, mirroring, withdrawal
from portal.services.shoots import request_shoot
from portal.services.sweep import reconcile_shoots
from tests.factories import NOW, USE, make_consent, make_person
from tests.integration.core.doubles import build_lost_response
from tests.integration.core.finished_shoot import make_provider_shoot
from tests.integration.core.participants import count_rows, make_participant
from tests.integration.core.worked_example import WorkedExample

BOTH = (ErasureScope.UNCHOSEN, ErasureScope.PICTURES)


def build_event(provider_id: str, name: str = "model.status.updated", event_id: str = "evt_1") -> dict[str, Any]:
    return {"event": name, "id": event_id, "object": {"_id": provider_id, "status": "active"}}


def withdraw_consent(worked_example: WorkedExample, person: Person, scope: ErasureScope) -> None:
    assert withdrawal.withdraw_consent(person, scope, worked_example.portal)


@pytest.mark.privacy("P06")
def test_everything_is_deleted_and_the_account_with_its_proof_stays(worked_example: WorkedExample) -> None:
    """P06: withdrawal stops the processing and starts the deletion."""
    person, photos = make_participant(worked_example)
    withdraw_consent(worked_example, person, ErasureScope.PICTURES)
    # At once, before any job has run.
    assert choices.find_current(person.id) is None
    for photo in photos:
        with pytest.raises(NotFound):
            gallery.get_rendition(person, photo.id, "640.webp", now=NOW)
    worked_example.work()
    assert [count_rows(worked_example, table) for table in ("photos", "shoots", "choices", "kits")] == [0, 0, 0, 0]
    assert [count_rows(worked_example, table) for table in ("people", "consents")] == [1, 1]
    assert [key for key in worked_example.portal.storage.list() if not key.startswith("erasures/")] == []
    assert {model.status for model in worked_example.provider.models.values()} == {"deleted"}
    receipt = erasure.find_latest_receipt(person.id)
    assert receipt is not None
    assert (receipt.finished_at, set(receipt.steps)) == (NOW, set(ErasureStep))
    assert all(receipt.steps.values())
    assert list(fsck.list_violations(worked_example.portal.storage, now=NOW)) == []


def test_chosen_headshot_stays_in_use_and_the_rest_is_deleted(worked_example: WorkedExample) -> None:
    person, (chosen, other) = make_participant(worked_example)
    withdraw_consent(worked_example, person, ErasureScope.UNCHOSEN)
    worked_example.work()
    assert gallery.get_rendition(person, chosen.id, "640.webp", now=NOW).name == "640.webp"
    kept = gallery.find_chosen_photo(person)
    # It stays a generated picture, which pages and files mark as such.
    assert kept is not None
    assert not kept.is_own
    with pytest.raises(NotFound):
        gallery.get_rendition(person, other.id, "640.webp", now=NOW)
    assert [key.split("/")[1] for key in worked_example.portal.storage.list("photos/")] == [str(chosen.id)]
    assert {model.status for model in worked_example.provider.models.values()} == {"deleted"}
    found = journey.get_journey(person)
    assert (found.stage, found.is_withdrawn, found.has_gallery) == (Stage.CHOSEN, True, False)
    assert list(fsck.list_violations(worked_example.portal.storage, now=NOW, read_files=False)) == []


@pytest.mark.privacy("P02")
@pytest.mark.parametrize(
    ("scope", "withdrawn_at"), [(ErasureScope.UNCHOSEN, None), (ErasureScope.PICTURES, NOW.isoformat())]
)
def test_receipt_keeps_the_proof_of_what_was_agreed_to_by_choosing(
    worked_example: WorkedExample, scope: ErasureScope, withdrawn_at: str | None
) -> None:
    """The row of the choice goes with its photo."""
    person, _photos = make_participant(worked_example)
    withdraw_consent(worked_example, person, scope)
    worked_example.work()
    [(proof,)] = worked_example.query("SELECT consents FROM erasures")
    assert [each.get("purpose") for each in proof] == [None, "use"]
    assert proof[1] == {
        "policy_version": USE.version,
        "text_sha256": USE.sha256,
        "purpose": "use",
        "given_at": NOW.isoformat(),
        "withdrawn_at": withdrawn_at,
    }


def test_kept_headshot_can_be_withdrawn_later(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example)
    assert withdrawal.can_withdraw(person)
    withdraw_consent(worked_example, person, ErasureScope.UNCHOSEN)
    worked_example.work()
    assert withdrawal.can_withdraw(person)
    withdraw_consent(worked_example, person, ErasureScope.PICTURES)
    worked_example.work()
    assert not withdrawal.can_withdraw(person)
    assert list(worked_example.portal.storage.list("photos/")) == []
    assert journey.get_journey(person).stage is Stage.WITHDRAWN
    assert count_rows(worked_example, "kits") == 0


def test_without_a_choice_both_options_delete_everything(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example, chooses=False)
    withdraw_consent(worked_example, person, ErasureScope.UNCHOSEN)
    worked_example.work()
    assert count_rows(worked_example, "photos") == 0


@pytest.mark.privacy("P11")
@pytest.mark.parametrize("scope", BOTH)
def test_late_webhooks_and_sweeps_restore_nothing(worked_example: WorkedExample, scope: ErasureScope) -> None:
    """P11, W26: for both options, before and after the deletion."""
    person, _photos = make_participant(worked_example)
    [provider_id] = worked_example.provider.models
    withdraw_consent(worked_example, person, scope)
    worked_example.send(build_event(provider_id, event_id="evt_1"))
    worked_example.send(build_event(provider_id, "model.photos_ready", "evt_2"))
    worked_example.work()
    kept = count_rows(worked_example, "photos")
    worked_example.send(build_event(provider_id, "model.photos_ready", "evt_3"))
    reconcile_shoots(worked_example.portal)
    worked_example.work()
    assert kept == count_rows(worked_example, "photos") == (1 if scope is ErasureScope.UNCHOSEN else 0)
    assert worked_example.query("SELECT DISTINCT body, state FROM deliveries") == [(None, "ignored")]
    assert journey.get_journey(person).has_withdrawn
    assert count_rows(worked_example, "notices WHERE sent_at IS NULL") == 0


def test_running_copy_stores_no_photos(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    person = people.find_person(shoot.person_id)
    assert person is not None

    def meanwhile() -> None:
        with worked_example.app.app_context():
            withdraw_consent(worked_example, person, ErasureScope.PICTURES)

    worked_example.downloader.cues["p1"].append(meanwhile)
    mirroring.copy_photos(shoot.id, worked_example.portal)
    worked_example.work()
    assert [count_rows(worked_example, table) for table in ("photos", "shoots", "notices")] == [0, 0, 0]
    assert list(worked_example.portal.storage.list("photos/")) == []


def test_session_whose_create_response_was_lost_is_deleted_as_well(worked_example: WorkedExample) -> None:
    person = make_person()
    make_consent(person)
    request_shoot(person, provider="profilebakery", development=False, now=NOW)
    worked_example.provider.after_create.append(build_lost_response())
    worked_example.work(limit=1)
    withdraw_consent(worked_example, person, ErasureScope.PICTURES)
    worked_example.work()
    assert [model.status for model in worked_example.provider.models.values()] == ["deleted"]
    assert count_rows(worked_example, "shoots") == 0


def test_fresh_start_waits_until_the_old_session_is_deleted(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example)
    worked_example.provider.fails("delete_model", *[Unavailable("DELETE", "/m")] * 2)
    withdraw_consent(worked_example, person, ErasureScope.PICTURES)
    worked_example.work(limit=1, ignore_schedule=False)
    make_consent(person)
    shoot = request_shoot(person, provider="profilebakery", development=False, now=worked_example.clock())
    worked_example.work(limit=1, ignore_schedule=False)
    assert worked_example.provider.called("create_model") == 0
    assert journey.get_journey(person).is_starting
    for _ in range(12):
        worked_example.clock.advance(minutes=10)
        worked_example.work(ignore_schedule=False)
    assert [model.status for model in worked_example.provider.models.values()] == ["deleted", "onboarding"]
    assert worked_example.shoot(shoot).provider_id is not None
    assert not journey.get_journey(person).has_withdrawn


def test_second_withdrawal_changes_nothing(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example)

    def press() -> bool:
        found = people.find_person(person.id)
        assert found is not None
        return withdrawal.withdraw_consent(found, ErasureScope.PICTURES, worked_example.portal)

    worked_example.run_concurrently([press] * 5)
    worked_example.work()
    assert worked_example.provider.called("delete_model") == 1
    assert count_rows(worked_example, "audit_entries WHERE action = 'pictures.erased'") == 1
    assert withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal) is False


@pytest.mark.privacy("P09")
def test_deletion_event_confirms_a_deletion_that_could_not_be_read(worked_example: WorkedExample) -> None:
    """P09: confirmed by an event as well as by reading the session again."""
    person, _photos = make_participant(worked_example)
    [provider_id] = worked_example.provider.models
    worked_example.provider.fails("get_model", *[Unavailable("GET", "/m")] * 3)
    withdraw_consent(worked_example, person, ErasureScope.PICTURES)
    worked_example.work(ignore_schedule=False)
    receipt = erasure.find_latest_receipt(person.id)
    assert receipt is not None
    assert (receipt.pending_sessions, receipt.finished_at) == (1, None)
    worked_example.send(build_event(provider_id, "model.deleted", "evt_9"))
    worked_example.work(ignore_schedule=False)
    assert erasure.get_receipt(receipt.id).finished_at == NOW
    assert worked_example.provider.called("get_model") == 1


def test_unknown_receipt_is_not_found(worked_example: WorkedExample) -> None:
    with pytest.raises(NotFound):
        erasure.get_receipt(UUID(int=1))
    assert erasure.find_latest_receipt(UUID(int=1)) is None
