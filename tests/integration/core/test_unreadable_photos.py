"""A list of photos with an item that cannot be read: nothing is taken away for it, and the list is read again soon."""

from __future__ import annotations

from portal.models import photos
from portal.models.shoots import Shoot
from portal.services import sweep
from tests.integration.core.finished_shoot import copy_photos, make_provider_shoot
from tests.integration.core.worked_example import WorkedExample


def list_names(shoot: Shoot) -> list[str]:
    return [photo.provider_id for photo in photos.list_viewable(shoot.id)]


def test_photo_that_could_not_be_read_is_copied_by_the_next_sweep(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3")
    worked_example.provider.unreadable = {"p2"}
    copy_photos(worked_example, shoot)
    assert list_names(shoot) == ["p1", "p3"]
    worked_example.provider.unreadable = set()
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    assert list_names(shoot) == ["p1", "p2", "p3"]
    assert sorted(worked_example.downloader.fetched) == ["p1", "p2", "p3"]


def test_photo_stays_when_a_later_list_has_it_in_a_form_that_cannot_be_read(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    worked_example.provider.unreadable = {"p2"}
    worked_example.clock.advance(minutes=11)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    assert worked_example.provider.called("list_photos") == 2
    assert list_names(shoot) == ["p1", "p2"]


def test_after_a_day_an_unreadable_item_costs_no_call_more_than_a_readable_one(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    worked_example.provider.unreadable = {"p2"}
    copy_photos(worked_example, shoot)
    worked_example.clock.advance(hours=25)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    called = worked_example.provider.called("list_photos")
    for _ in range(6):
        worked_example.clock.advance(minutes=10)
        sweep.reconcile_shoots(worked_example.portal)
        worked_example.work(ignore_schedule=False)
    assert worked_example.provider.called("list_photos") == called
