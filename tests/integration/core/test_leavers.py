"""People who left: a period with an undo until it ends, and the deletion of their pictures then."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

from portal.db import transaction
from portal.domain.errors import NotFound
from portal.domain.retention import INACTIVE_PEOPLE, LEAVERS_PHOTOS
from portal.domain.retention_periods import RetentionPeriods
from portal.models import audit, choices, erasures, people, photos, roster
from portal.models.people import Person
from portal.models.photos import Rendition
from portal.models.roster import RosterEntry
from portal.services import erasure_run, fsck, leavers, retention
from portal.services import people as accounts
from tests.factories import NOW, USE, make_consent, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample

ADMIN = UUID(int=1)
PERIODS = RetentionPeriods()
DAY = timedelta(days=1)
FACE = b"face"


def make_participant(
    worked_example: WorkedExample, email: str = "ann@corp.example", *, on_roster: bool = True
) -> Person:
    """A person with a chosen headshot, which the provider has as well."""
    person = make_person(email)
    make_consent(person)
    shoot, made = make_finished_shoot(person)
    with transaction() as session:
        for rendition in session.query(Rendition).where(Rendition.photo_id.in_([photo.id for photo in made])):
            worked_example.portal.storage.put(rendition.storage_key, FACE, "image/webp")
            rendition.size, rendition.sha256 = len(FACE), hashlib.sha256(FACE).hexdigest()
        choices.create_choice(person.id, made[0], origin="portal", key="k", acted_at=NOW, now=NOW, agreement=USE)
        audit.create_entry("choice.made", at=NOW, subject_id=person.id)
        if on_roster:
            session.add(
                RosterEntry(address=email, source="import", created_at=NOW, changed_at=NOW, person_id=person.id)
            )
    worked_example.provider.add(person.email, "active", id=shoot.provider_id)
    return person


def mark_left(worked_example: WorkedExample, person: Person, *, has_left: bool = True) -> bool:
    return leavers.set_left(person.id, has_left=has_left, actor_id=ADMIN, now=worked_example.clock.now)


def run_night(worked_example: WorkedExample, days: int) -> dict[str, int]:
    worked_example.clock.now = NOW + days * DAY
    counts = retention.delete_expired(worked_example.portal, now=worked_example.clock.now)
    worked_example.work()
    return counts


def list_pictures(person: Person) -> list[UUID]:
    with transaction():
        return photos.list_ids_by_person(person.id)


@pytest.mark.privacy("P19")
def test_pictures_of_a_leaver_are_deleted_when_the_period_ends(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    stays = make_participant(worked_example, "ben@corp.example")
    assert mark_left(worked_example, person)
    leaving = leavers.find_leaving(person.id, PERIODS)
    assert leaving is not None
    assert (leaving.since, leaving.until) == (NOW, NOW + PERIODS[LEAVERS_PHOTOS])
    assert run_night(worked_example, 30)["leavers"] == 0
    assert list_pictures(person)
    assert run_night(worked_example, 31)["leavers"] == 1
    assert list_pictures(person) == []
    assert list_pictures(stays)
    with transaction():
        found = erasures.find_latest(person.id)
        assert found is not None
        assert (found.scope, found.finished_at is not None) == ("pictures", True)
        assert people.find_person(person.id) is not None
        assert choices.find_current(person.id) is None
    assert leavers.find_leaving(person.id, PERIODS) is None
    assert run_night(worked_example, 32)["leavers"] == 0
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


@pytest.mark.privacy("P19")
def test_deactivation_starts_the_period_and_letting_in_stops_it(worked_example: WorkedExample) -> None:
    person, admin = make_participant(worked_example), make_person("admin@corp.example", role="admin")
    accounts.deactivate_person(person.id, actor=admin, now=NOW)
    assert leavers.find_leaving(person.id, PERIODS) is not None
    accounts.reactivate_person(person.id, actor=admin, now=NOW + 29 * DAY)
    assert run_night(worked_example, 40)["leavers"] == 0
    accounts.deactivate_person(person.id, actor=admin, now=NOW + 40 * DAY)
    assert run_night(worked_example, 69)["leavers"] == 0
    assert run_night(worked_example, 71)["leavers"] == 1
    assert list_pictures(person) == []


def test_mark_can_be_taken_back_until_the_end(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    mark_left(worked_example, person)
    worked_example.clock.now = NOW + 30 * DAY
    assert mark_left(worked_example, person, has_left=False)
    assert run_night(worked_example, 60)["leavers"] == 0
    assert list_pictures(person)


def test_mark_taken_back_too_late_is_reported(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    mark_left(worked_example, person)
    run_night(worked_example, 31)
    assert not mark_left(worked_example, person, has_left=False)
    with transaction():
        entry = roster.find_by_person(person.id)
        assert entry is not None
        assert entry.left_at is None


def test_undo_and_deletion_at_the_same_time_leave_one_outcome(worked_example: WorkedExample) -> None:
    """Either the mark is taken back in time and the pictures stay, or the pictures are deleted and the undo is late."""
    outcomes = set()
    for number in range(6):
        person = make_participant(worked_example, f"person{number}@corp.example")
        leavers.set_left(person.id, has_left=True, actor_id=ADMIN, now=NOW)
        undo = partial(leavers.set_left, person.id, has_left=False, actor_id=ADMIN, now=NOW + DAY)
        delete = partial(leavers.delete_pictures, worked_example.portal, NOW + timedelta(seconds=1))
        deleted, in_time = worked_example.run_concurrently([delete, undo])
        worked_example.work()
        assert (deleted == 1) is not in_time
        assert bool(list_pictures(person)) is in_time
        outcomes.add(in_time)
    assert outcomes <= {True, False}


@pytest.mark.privacy("P19")
def test_person_never_on_the_roster_can_be_marked(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example, on_roster=False)
    with pytest.raises(NotFound):
        mark_left(worked_example, person, has_left=False)
    assert mark_left(worked_example, person)
    assert leavers.find_leaving(person.id, PERIODS) is not None
    assert mark_left(worked_example, person, has_left=False)
    assert leavers.find_leaving(person.id, PERIODS) is None


def test_account_whose_address_is_on_the_roster_for_another_one_is_not_marked(worked_example: WorkedExample) -> None:
    owner, other = make_participant(worked_example), make_person("Ann@corp.example")
    with pytest.raises(leavers.AddressOfAnother):
        mark_left(worked_example, other)
    assert leavers.find_leaving(owner.id, PERIODS) is None


class Stopped(BaseException):
    """The worker is killed here."""


@pytest.mark.parametrize("point", ["retention.after_leaver", "retention.before_audit", "erase.after_files"])
def test_deletion_killed_in_between_is_completed_by_the_next_night(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def stop(reached: str) -> None:
        if reached == point:
            raise Stopped

    person = make_participant(worked_example)
    mark_left(worked_example, person)
    with monkeypatch.context() as patch:
        for module in (leavers, retention, erasure_run):
            patch.setattr(module, "failpoint", stop)
        with pytest.raises(Stopped):
            run_night(worked_example, 31)
    # The schedule requeues the jobs of a worker that has stopped.
    worked_example.query("UPDATE procrastinate_jobs SET status = 'todo' WHERE status = 'doing'")
    run_night(worked_example, 31)
    run_night(worked_example, 32)
    assert list_pictures(person) == []
    assert list(worked_example.portal.storage.list("photos/")) == []
    assert worked_example.query("SELECT count(*) FROM erasures") == [(1,)]


@pytest.mark.privacy("P08")
def test_inactive_people_are_erased_after_three_years(worked_example: WorkedExample) -> None:
    person = make_participant(worked_example)
    assert run_night(worked_example, PERIODS[INACTIVE_PEOPLE].days)["inactive"] == 0
    assert run_night(worked_example, PERIODS[INACTIVE_PEOPLE].days + 1)["inactive"] == 1
    with transaction():
        assert people.find_person(person.id) is None
    assert list(worked_example.portal.storage.list("photos/")) == []
    [(detail,)] = worked_example.query("SELECT detail FROM audit_entries WHERE action = 'person.erasure_ordered'")
    assert detail == {"reason": "inactive"}
