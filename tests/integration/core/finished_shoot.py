"""A finished shoot to copy, and time that passes for its jobs."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.stages import Stage
from portal.models import people
from portal.models.shoots import Shoot
from portal.services import journey, mirroring, shoot_sync
from tests.factories import NOW, make_consent, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait

PICTURE = encode_image(load_portrait(48, 60))


def make_provider_shoot(worked_example: WorkedExample, *names: str) -> Shoot:
    """A shoot the provider has finished, with these photos to fetch."""
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, provider_status="active", finished_at=NOW)
    worked_example.provider.add(person.email, "active", id=shoot.provider_id, photos=list(names))
    worked_example.downloader.content |= dict.fromkeys(names, PICTURE)
    return shoot


def copy_photos(worked_example: WorkedExample, shoot: Shoot) -> None:
    mirroring.copy_photos(shoot.id, worked_example.portal)


def get_stage(shoot: Shoot) -> Stage:
    person = people.find_person(shoot.person_id)
    assert person is not None
    return journey.get_journey(person).stage


def enqueue_copy(worked_example: WorkedExample, shoot: Shoot) -> None:
    """Queue the copy as the news that it is finished does."""
    worked_example.query(
        "UPDATE shoots SET provider_status = 'generatingHeadshots', finished_at = NULL WHERE id = %(id)s", id=shoot.id
    )
    shoot_sync.refresh_shoot(shoot.id, worked_example.portal)


def list_refusals(worked_example: WorkedExample) -> dict[str, str]:
    """The photos that were given up, with the reason."""
    return dict(worked_example.query("SELECT provider_id, refused FROM photos WHERE refused IS NOT NULL"))


def advance_time(worked_example: WorkedExample, amount: timedelta) -> None:
    """Let time pass for the jobs that wait, each run when its time comes."""
    end = worked_example.clock.now + amount
    while True:
        worked_example.work(ignore_schedule=False)
        waits = [wait for wait in worked_example.waits("photos.copy") if worked_example.clock.now + wait <= end]
        if not waits:
            break
        worked_example.clock.advance(seconds=min(waits).total_seconds())
    worked_example.clock.advance(seconds=(end - worked_example.clock.now).total_seconds())
