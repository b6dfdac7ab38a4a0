"""Photos that are not there yet or odd: retried for a day, then counted; the list is compared again by the sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.errors import NotReady, RetryLater
from portal.domain.renditions import RENDITIONS
from portal.domain.stages import Problem, Stage
from portal.images.renditions import render_photo
from portal.models import choices, people, photo_copies, photos
from portal.provider.errors import PhotoExpired, PhotoRefused, PhotoUnavailable
from portal.services import fsck, gallery, mirroring, retention, sweep
from portal.services.mirroring import CopyLimits
from tests.factories import NOW, USE, make_person, make_shoot
from tests.integration.core.finished_shoot import (
    PICTURE,
    advance_time,
    copy_photos,
    enqueue_copy,
    get_stage,
    list_refusals,
    make_provider_shoot,
)
from tests.integration.core.worked_example import WorkedExample

TEMPORARY = {
    "not_found": PhotoUnavailable("not found", status=404),
    "status": PhotoUnavailable("status", status=429),
    "timeout": PhotoUnavailable("timeout"),
    "expired": PhotoExpired("expired", status=403),
    "not_a_photo": PhotoUnavailable("not a photo", status=200),
    "damaged": PICTURE[:200],
    "html": b"<html>We are back soon</html>",
    "unexpected_error": KeyError("canary"),
}


def break_photo(worked_example: WorkedExample, name: str, fault: str, times: int) -> None:
    """Let so many downloads of a photo fail; damage stays until it is mended."""
    how = TEMPORARY[fault]
    if isinstance(how, bytes):
        worked_example.downloader.content[name] = how
    else:
        worked_example.downloader.cues[name] += [how] * times


@pytest.mark.parametrize("fault", TEMPORARY)
def test_temporary_fault_is_retried_while_other_photos_are_shown(worked_example: WorkedExample, fault: str) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "odd", "p3")
    enqueue_copy(worked_example, shoot)
    break_photo(worked_example, "odd", fault, 1)
    worked_example.work(ignore_schedule=False)
    assert get_stage(shoot) is Stage.READY
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p1", "p3"]
    assert photo_copies.count_missing(shoot.id) == photo_copies.MissingPhotos(1, {})
    worked_example.downloader.content["odd"] = PICTURE
    advance_time(worked_example, timedelta(minutes=2))
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p1", "odd", "p3"]
    assert photo_copies.count_missing(shoot.id) == photo_copies.MissingPhotos(0, {})
    assert worked_example.downloader.fetched.count("p1") == 1
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


@pytest.mark.parametrize(("fault", "reason"), [("status", "status"), ("not_found", "not_found"), ("damaged", "broken")])
def test_photo_is_refused_with_its_reason_after_a_day_of_attempts(
    worked_example: WorkedExample, fault: str, reason: str
) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "odd")
    enqueue_copy(worked_example, shoot)
    break_photo(worked_example, "odd", fault, 1000)
    advance_time(worked_example, timedelta(hours=23, minutes=30))
    assert list_refusals(worked_example) == {}
    advance_time(worked_example, timedelta(hours=1))
    assert list_refusals(worked_example) == {"odd": reason}
    assert photo_copies.count_missing(shoot.id) == photo_copies.MissingPhotos(0, {reason: 1})
    # A day of a broken photo costs a few dozen attempts, and none afterwards.
    attempts = worked_example.downloader.fetched.count("odd")
    assert 20 < attempts < 60
    advance_time(worked_example, timedelta(hours=10))
    assert worked_example.downloader.fetched.count("odd") == attempts
    assert {
        str(found) for found in fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)
    } == {
        f"photo was given up: {photo_id} ({reason})"
        for (photo_id,) in worked_example.query("SELECT id FROM photos WHERE provider_id = 'odd'")
    }


def test_a_photo_that_was_given_up_is_copied_when_the_person_tries_again(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "odd")
    enqueue_copy(worked_example, shoot)
    break_photo(worked_example, "odd", "status", 1000)
    advance_time(worked_example, timedelta(hours=25))
    worked_example.downloader.cues["odd"].clear()
    assert mirroring.retry_missing(shoot.person_id, actor_id=shoot.person_id, now=worked_example.clock.now) == 1
    worked_example.work(ignore_schedule=False)
    assert list_refusals(worked_example) == {}
    assert len(photos.list_viewable(shoot.id)) == 2


def test_requested_retry_runs_a_scheduled_attempt_at_once(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "odd")
    enqueue_copy(worked_example, shoot)
    break_photo(worked_example, "odd", "status", 1000)
    advance_time(worked_example, timedelta(hours=5))
    # Up to the next attempt, so that almost the whole interval is left.
    advance_time(worked_example, worked_example.waits("photos.copy")[0])
    worked_example.downloader.cues["odd"].clear()
    assert worked_example.waits("photos.copy")[0] > timedelta(minutes=30)
    mirroring.retry_missing(shoot.person_id, actor_id=shoot.person_id, now=worked_example.clock.now)
    assert worked_example.waits("photos.copy") == [timedelta(0)]
    worked_example.work(ignore_schedule=False)
    assert len(photos.list_viewable(shoot.id)) == 2


@pytest.mark.parametrize("fields", [{"provider_status": "pending"}, {"closed_at": NOW}, {"problem": "link_lost"}])
def test_only_a_finished_shoot_can_be_tried_again(worked_example: WorkedExample, fields: dict[str, object]) -> None:
    shoot = make_shoot(make_person(), **({"provider_status": "active"} | fields))
    with pytest.raises(NotReady):
        mirroring.retry_missing(shoot.person_id, actor_id=shoot.person_id, now=NOW)
    assert worked_example.list_queued("photos.copy") == []


@pytest.mark.asvs("A36")
def test_photos_beyond_the_storage_limit_of_a_shoot_are_not_copied(worked_example: WorkedExample) -> None:
    """Also over several runs: what was stored before the first one was stopped counts."""
    one = sum(len(file.content) for file in render_photo(PICTURE, is_generated=True).files)
    limited = CopyLimits(bytes=2 * one + one // 2)
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3", "p4")
    worked_example.downloader.cues["p2"].append(PhotoUnavailable("timeout"))
    with pytest.raises(RetryLater):
        mirroring.copy_photos(shoot.id, worked_example.portal, limited)
    mirroring.copy_photos(shoot.id, worked_example.portal, limited)
    assert worked_example.query("SELECT count(*), sum(size) FROM renditions") == [(2 * len(RENDITIONS), 2 * one)]
    stored = sum(len(worked_example.portal.storage.get(key)) for key in worked_example.portal.storage.list("photos/"))
    assert stored == 2 * one
    assert worked_example.query("SELECT refused, count(*) FROM photos GROUP BY 1 ORDER BY 1") == [
        ("no_room", 2),
        (None, 2),
    ]
    assert get_stage(shoot) is Stage.READY


def test_shoot_with_every_photo_refused_has_a_problem(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    worked_example.downloader.cues["p1"].append(PhotoRefused("origin"))
    copy_photos(worked_example, shoot)
    assert worked_example.shoot(shoot).problem == Problem.NO_PHOTOS
    assert get_stage(shoot) is Stage.PROBLEM
    # And it is over as soon as one arrives.
    mirroring.retry_missing(shoot.person_id, actor_id=shoot.person_id, now=NOW)
    worked_example.work(ignore_schedule=False)
    assert get_stage(shoot) is Stage.READY


def test_copy_is_retried_while_the_photo_server_is_down(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    enqueue_copy(worked_example, shoot)
    for name in ("p1", "p2"):
        break_photo(worked_example, name, "timeout", 9)
    worked_example.work(ignore_schedule=False)
    assert get_stage(shoot) is Stage.IN_PROGRESS
    advance_time(worked_example, timedelta(hours=2))
    assert get_stage(shoot) is Stage.READY
    assert len(photos.list_viewable(shoot.id)) == 2


@pytest.mark.parametrize("late", [timedelta(seconds=31), timedelta(hours=6)])
def test_photos_listed_late_are_copied_then(worked_example: WorkedExample, late: timedelta) -> None:
    shoot = make_provider_shoot(worked_example)
    enqueue_copy(worked_example, shoot)
    advance_time(worked_example, late)
    assert get_stage(shoot) is Stage.IN_PROGRESS
    worked_example.provider.models[shoot.provider_id or ""].photos = ["p1"]
    worked_example.downloader.content["p1"] = PICTURE
    advance_time(worked_example, timedelta(hours=1, minutes=5))
    assert get_stage(shoot) is Stage.READY


def test_no_listed_photo_for_a_day_is_a_problem_that_the_sweep_ends(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example)
    enqueue_copy(worked_example, shoot)
    advance_time(worked_example, timedelta(hours=25))
    assert get_stage(shoot) is Stage.PROBLEM
    assert worked_example.shoot(shoot).problem == Problem.NO_PHOTOS
    assert {
        found.rule for found in fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)
    } == {"finished shoot has no photo"}
    worked_example.provider.models[shoot.provider_id or ""].photos = ["p1"]
    worked_example.downloader.content["p1"] = PICTURE
    worked_example.clock.advance(days=3)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    assert get_stage(shoot) is Stage.READY
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_photos_added_after_the_copy_are_fetched_by_the_sweep(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    enqueue_copy(worked_example, shoot)
    worked_example.work(ignore_schedule=False)
    model = worked_example.provider.models[shoot.provider_id or ""]
    model.photos = ["p0", "p1", "p2"]
    worked_example.downloader.content |= dict.fromkeys(("p0", "p2"), PICTURE)
    worked_example.clock.advance(minutes=11)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p0", "p1", "p2"]
    assert worked_example.downloader.fetched.count("p1") == 1
    # The number is the same, the ids are not.
    model.photos = ["p0", "p2", "p3"]
    worked_example.downloader.content["p3"] = PICTURE
    worked_example.clock.advance(minutes=25)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p0", "p2", "p3"]


def test_interval_of_comparisons_grows(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    enqueue_copy(worked_example, shoot)
    worked_example.work(ignore_schedule=False)
    for _ in range(60):
        worked_example.clock.advance(minutes=10)
        sweep.reconcile_shoots(worked_example.portal)
        worked_example.work(ignore_schedule=False)
    assert 4 <= worked_example.provider.called("list_photos") <= 8
    assert worked_example.shoot(shoot).photo_count == 1


def test_an_event_of_ready_photos_fetches_the_added_ones(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    copy_photos(worked_example, shoot)
    worked_example.provider.models[shoot.provider_id or ""].photos = ["p1", "p2"]
    worked_example.downloader.content["p2"] = PICTURE
    worked_example.clock.advance(hours=1)
    worked_example.send(
        {"id": "e9", "event": "model.photos_ready", "object": {"_id": shoot.provider_id, "status": "active"}}
    )
    worked_example.work(ignore_schedule=False)
    assert len(photos.list_viewable(shoot.id)) == 2


def test_the_chosen_photo_stays_when_the_provider_no_longer_lists_it(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3")
    copy_photos(worked_example, shoot)
    person = people.find_person(shoot.person_id)
    assert person is not None
    chosen = photos.list_viewable(shoot.id)[0]
    gallery.choose_photo(person, chosen.id, now=NOW, agreement=USE)
    worked_example.provider.models[shoot.provider_id or ""].photos = ["p3"]
    worked_example.clock.advance(minutes=5)
    copy_photos(worked_example, shoot)
    assert {photo.provider_id for photo in photos.list_viewable(shoot.id)} == {"p1", "p3"}
    assert get_stage(shoot) is Stage.CHOSEN


def test_an_empty_list_removes_no_photo(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    copy_photos(worked_example, shoot)
    worked_example.provider.models[shoot.provider_id or ""].photos = []
    worked_example.clock.advance(minutes=5)
    copy_photos(worked_example, shoot)
    assert len(photos.list_viewable(shoot.id)) == 1


def test_photos_deleted_after_their_term_are_not_fetched_again(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    person = people.find_person(shoot.person_id)
    assert person is not None
    gallery.choose_photo(person, photos.list_viewable(shoot.id)[0].id, now=NOW, agreement=USE)
    worked_example.clock.advance(days=91)
    retention.delete_expired(worked_example.portal, now=worked_example.clock.now)
    copy_photos(worked_example, shoot)
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p1"]
    assert sorted(worked_example.downloader.fetched) == ["p1", "p2"]


def test_a_photo_listed_again_after_its_files_are_gone_is_fetched_again(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    model = worked_example.provider.models[shoot.provider_id or ""]
    model.photos = ["p1"]
    worked_example.clock.advance(minutes=5)
    copy_photos(worked_example, shoot)
    worked_example.clock.advance(days=2)
    retention.delete_expired(worked_example.portal, now=worked_example.clock.now)
    model.photos = ["p1", "p2"]
    copy_photos(worked_example, shoot)
    assert worked_example.downloader.fetched == ["p1", "p2", "p2"]
    assert len(photos.list_viewable(shoot.id)) == 2
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_a_pick_of_a_photo_that_is_not_stored_counts_once_its_picture_is(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    person = people.find_person(shoot.person_id)
    assert person is not None
    gallery.choose_photo(person, photos.list_viewable(shoot.id)[0].id, now=NOW, agreement=USE)
    model = worked_example.provider.models[shoot.provider_id or ""]
    model.photos = ["p1", "p2", "late"]
    worked_example.downloader.content["late"] = PICTURE
    worked_example.downloader.cues["late"].append(PhotoUnavailable("status", status=500))
    worked_example.clock.advance(minutes=5)
    pick = {"_id": shoot.provider_id, "photo": {"id": "late"}}
    worked_example.send(
        {
            "id": "e1",
            "event": "model.favorite_selected",
            "createdAt": worked_example.clock.now.isoformat(),
            "object": pick,
        }
    )
    worked_example.work(ignore_schedule=False)
    current = choices.find_current(shoot.person_id)
    assert current is not None
    assert current.origin == "portal"
    assert choices.find_latest_from(shoot.id, "studio") is None
    advance_time(worked_example, timedelta(minutes=2))
    current = choices.find_current(shoot.person_id)
    assert current is not None
    assert current.origin == "studio"
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_a_pick_of_a_photo_that_never_arrives_leaves_the_choice_and_is_listed(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    person = people.find_person(shoot.person_id)
    assert person is not None
    chosen = photos.list_viewable(shoot.id)[0]
    gallery.choose_photo(person, chosen.id, now=NOW, agreement=USE)
    worked_example.clock.advance(minutes=5)
    pick = {"_id": shoot.provider_id, "photo": {"id": "nowhere"}}
    worked_example.send(
        {
            "id": "e1",
            "event": "model.favorite_selected",
            "createdAt": worked_example.clock.now.isoformat(),
            "object": pick,
        }
    )
    worked_example.work(ignore_schedule=False)
    worked_example.clock.advance(hours=1)
    current = choices.find_current(shoot.person_id)
    assert current is not None
    assert current.photo_id == chosen.id
    assert {
        found.rule for found in fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)
    } == {"latest choice is of a photo that is not here"}


def test_a_listed_favorite_of_an_unknown_photo_is_copied(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    copy_photos(worked_example, shoot)
    model = worked_example.provider.models[shoot.provider_id or ""]
    model.photos, model.favorite = ["p1", "p2"], "p2"
    worked_example.downloader.content["p2"] = PICTURE
    worked_example.clock.advance(minutes=2)
    sweep.reconcile_shoots(worked_example.portal)
    worked_example.work(ignore_schedule=False)
    assert get_stage(shoot) is Stage.CHOSEN
    sweep.reconcile_shoots(worked_example.portal)
    assert worked_example.query("SELECT count(*) FROM choices") == [(1,)]
