"""Jobs that write a person's files and the person's own acts lock rows in one order: none of them is a deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from portal.db import transaction
from portal.domain.erasure import ErasureScope
from portal.models import archives, kits, people, photos
from portal.models.archives import ArchiveKind
from portal.models.people import Person
from portal.services import archives as archive_service
from portal.services import gallery, own_photos, withdrawal
from tests.factories import NOW, USE, make_consent, make_person
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait
from tests.waiting import wait_until

BLOCKED = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def choose_again(worked_example: WorkedExample, person: Person) -> None:
    gallery.choose_photo(person, photos.list_own(person.id)[-1].id, agreement=USE, now=worked_example.clock.now)


def withdraw_everything(worked_example: WorkedExample, person: Person) -> None:
    assert withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)


def lock_kit(person: Person) -> None:
    kit = kits.find_current(person.id)
    assert kit is not None
    assert kits.lock_kit(kit.id) is not None


def lock_archive(person: Person) -> None:
    archive = archives.find_latest(person.id, ArchiveKind.PHOTOS, NOW)
    assert archive is not None
    assert archives.lock_archive(archive.id) is not None


def lock_photo(person: Person) -> None:
    assert photos.lock_photo(photos.list_own(person.id)[0].id) is not None


@pytest.mark.parametrize(
    ("lock", "act"),
    [
        pytest.param(lock_kit, choose_again, id="kit and choice"),
        pytest.param(lock_kit, withdraw_everything, id="kit and withdrawal"),
        pytest.param(lock_archive, withdraw_everything, id="archive and withdrawal"),
        pytest.param(lock_photo, withdraw_everything, id="own photo and withdrawal"),
    ],
)
def test_job_and_act_of_the_same_person_wait_for_each_other(
    worked_example: WorkedExample,
    lock: Callable[[Person], None],
    act: Callable[[WorkedExample, Person], None],
) -> None:
    person = make_person()
    make_consent(person)
    for _ in range(2):
        own_photos.store_upload(person, encode_image(load_portrait(400, 500)), context=worked_example.portal)
    worked_example.work()
    first = photos.list_own(person.id)[0]
    gallery.choose_photo(person, first.id, agreement=USE, now=worked_example.clock.now)
    archive_service.request_archive(person, ArchiveKind.PHOTOS, file_name="photos", context=worked_example.portal)
    worked_example.clock.advance(minutes=1)
    with ThreadPoolExecutor(1) as pool:
        with transaction():
            lock(person)
            running = pool.submit(run_in_context, worked_example, act, person.id)
            wait_until(lambda: worked_example.query(BLOCKED) == [(1,)])
            people.publish_version(person.id)
        running.result(timeout=60)


def run_in_context(
    worked_example: WorkedExample, act: Callable[[WorkedExample, Person], None], person_id: UUID
) -> None:
    with worked_example.app.app_context():
        person = people.find_person(person_id)
        assert person is not None
        act(worked_example, person)
