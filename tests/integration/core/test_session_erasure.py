"""Deleting one photo session: here and at the provider, while the consent and everything else stays."""

from __future__ import annotations

from uuid import UUID

import pytest

from portal.domain.erasure import ErasureScope, ErasureStep
from portal.domain.errors import NotFound
from portal.domain.stages import Stage
from portal.models import choices, consents, shoots
from portal.models.people import Person
from portal.services import erasure, erasure_replay, erasure_run, fsck, gallery, journey, session_erasure
from portal.services.shoots import request_shoot
from tests.factories import NOW, make_person
from tests.integration.core.participants import count_rows, make_participant
from tests.integration.core.worked_example import WorkedExample


def get_shoot_id(person: Person) -> UUID:
    (shoot,) = shoots.list_by_person(person.id)
    return shoot.id


def test_session_is_deleted_locally_and_at_the_provider(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example)
    shoot_id = get_shoot_id(person)
    contents = session_erasure.get_contents(person, shoot_id)
    assert (contents.photo_count, contents.has_choice) == (2, True)
    receipt_id = session_erasure.request_session_erasure(
        person,
        shoot_id,
        worked_example.portal,
        keeps_headshot=False,
    )
    assert choices.find_current(person.id) is None
    worked_example.work()
    assert [count_rows(worked_example, table) for table in ("photos", "shoots", "choices", "kits")] == [0, 0, 0, 0]
    assert [key for key in worked_example.portal.storage.list() if not key.startswith("erasures/")] == []
    assert {model.status for model in worked_example.provider.models.values()} == {"deleted"}
    receipt = erasure.get_receipt(receipt_id)
    assert receipt.scope is ErasureScope.SESSION
    assert receipt.finished_at == NOW
    assert set(receipt.steps) == set(ErasureStep)
    # Nothing was withdrawn: the person can begin again at once.
    assert consents.find_current(person.id) is not None
    assert journey.get_journey(person).stage is Stage.CONSENT_GIVEN
    again = request_shoot(person, provider="profilebakery", development=False, now=NOW)
    assert again.id != shoot_id
    assert list(fsck.list_violations(worked_example.portal.storage, now=NOW)) == []


def test_chosen_headshot_can_stay_in_use(worked_example: WorkedExample) -> None:
    person, (chosen, other) = make_participant(worked_example)
    shoot_id = get_shoot_id(person)
    session_erasure.request_session_erasure(person, shoot_id, worked_example.portal, keeps_headshot=True)
    worked_example.work()
    assert gallery.get_rendition(person, chosen.id, "640.webp", now=NOW).name == "640.webp"
    with pytest.raises(NotFound):
        gallery.get_rendition(person, other.id, "640.webp", now=NOW)
    assert journey.get_journey(person).stage is Stage.CHOSEN
    assert {model.status for model in worked_example.provider.models.values()} == {"deleted"}
    # The session at the studio is gone, so there is nothing left to delete but the headshot.
    session_erasure.request_session_erasure(person, shoot_id, worked_example.portal, keeps_headshot=False)
    worked_example.work()
    assert count_rows(worked_example, "photos") == 0


@pytest.mark.parametrize(
    "point", ["erase.after_record", "erase.after_files", "erase.after_rows", "erase.before_finish"]
)
def test_deletion_stopped_in_between_is_finished_once(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    class Stopped(BaseException):
        """The worker is killed here."""

    def stop(name: str) -> None:
        if name == point:
            raise Stopped

    person, _photos = make_participant(worked_example)
    receipt_id = session_erasure.request_session_erasure(
        person,
        get_shoot_id(person),
        worked_example.portal,
        keeps_headshot=False,
    )
    with monkeypatch.context() as patched:
        patched.setattr(erasure_run, "failpoint", stop)
        with pytest.raises(Stopped):
            erasure_run.run_erasure(receipt_id, worked_example.portal)
    erasure_run.run_erasure(receipt_id, worked_example.portal)
    assert erasure.get_receipt(receipt_id).finished_at is not None
    assert count_rows(worked_example, "photos") == 0


def test_session_of_another_person_is_not_found(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example)
    other = make_person()
    with pytest.raises(NotFound):
        session_erasure.request_session_erasure(
            other,
            get_shoot_id(person),
            worked_example.portal,
            keeps_headshot=False,
        )
    assert count_rows(worked_example, "erasures") == 0


def test_repeating_it_after_a_restore_withdraws_no_consent(worked_example: WorkedExample) -> None:
    person, _photos = make_participant(worked_example)
    session_erasure.request_session_erasure(
        person,
        get_shoot_id(person),
        worked_example.portal,
        keeps_headshot=False,
    )
    worked_example.work()
    erasure_replay.replay_erasures(worked_example.portal)
    assert consents.find_current(person.id) is not None
