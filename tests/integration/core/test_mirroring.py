"""Copying a finished shoot: every photo once, whatever stops it, and nothing of the provider's file but the picture."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

import pytest
from PIL import Image

from portal.domain.renditions import RENDITIONS
from portal.domain.stages import Problem, Stage
from portal.images.renditions import render_photo
from portal.models import people, photos
from portal.models.shoots import Shoot
from portal.provider.errors import PhotoExpired, PhotoRefused, PhotoUnavailable, Unavailable
from portal.services import consent, fsck, gallery, journey, mirroring, shoot_sync
from portal.services.mirroring import CopyLimits
from portal.storage import LocalStorage, StorageUnavailable
from tests.factories import NOW, USE, agree, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import XMP, portrait, saved

PICTURE = saved(portrait(48, 60))


def finished(worked_example: WorkedExample, *names: str) -> Shoot:
    """A shoot the provider has finished, with these photos to fetch."""
    person = make_person()
    agree(person)
    shoot = make_shoot(person, provider_status="active", finished_at=NOW)
    worked_example.provider.add(person.email, "active", id=shoot.provider_id, photos=list(names))
    worked_example.downloader.content |= dict.fromkeys(names, PICTURE)
    return shoot


def copy(worked_example: WorkedExample, shoot: Shoot) -> None:
    mirroring.copy_photos(shoot.id, worked_example.portal)


def stage_of(shoot: Shoot) -> Stage:
    person = people.find_person(shoot.person_id)
    assert person is not None
    return journey.get_journey(person).stage


def queue_copy(worked_example: WorkedExample, shoot: Shoot) -> None:
    """Queue the copy as the news that it is finished does."""
    worked_example.query(
        "UPDATE shoots SET provider_status = 'generatingHeadshots', finished_at = NULL WHERE id = %(id)s", id=shoot.id
    )
    shoot_sync.refresh_shoot(shoot.id, worked_example.portal)


def test_every_photo_in_every_size(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "p2")
    copy(worked_example, shoot)
    kept = worked_example.shoot(shoot)
    assert (kept.copied_at, kept.photo_count, kept.problem) == (NOW, 2, None)
    assert stage_of(shoot) is Stage.READY
    assert worked_example.query("SELECT count(*), count(DISTINCT storage_key) FROM renditions") == [
        (2 * len(RENDITIONS),) * 2
    ]
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []
    assert worked_example.provider.calls == ["list_photos"]
    # The provider's own largest file is asked for, at one address for each photo.
    assert sorted(worked_example.downloader.fetched) == ["p1", "p2"]


def test_only_the_picture_and_its_label_are_kept(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1")
    exif = Image.Exif()
    exif[0x010F] = "Canary Camera"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    worked_example.downloader.content["p1"] = saved(portrait(48, 60), exif=exif.tobytes(), comment=b"canary", xmp=XMP)
    copy(worked_example, shoot)
    storage = worked_example.portal.storage
    for key in storage.list("photos/"):
        content = storage.get(key)
        assert b"anary" not in content, key
        assert not Image.open(io.BytesIO(content)).getexif().get(0x8825), key
    assert worked_example.query("SELECT provenance FROM photos") == [("trainedAlgorithmicMedia",)]


def test_running_again_fetches_nothing(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "p2")
    copy(worked_example, shoot)
    copy(worked_example, shoot)
    assert len(worked_example.downloader.fetched) == 2
    assert worked_example.provider.called("list_photos") == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["listing", "first photo", "last photo", "storing", "recording", "finishing"])
def test_erasure_stopped_at_any_step_is_resumed(
    worked_example: WorkedExample, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"p{number}" for number in range(5)]
    shoot = finished(worked_example, *names)
    killed = {"now": True}

    def kill_once() -> None:
        if killed["now"]:
            killed["now"] = False
            raise Killed

    if step == "listing":
        worked_example.provider.fails("list_photos", kill_once)
    elif step == "first photo":
        worked_example.downloader.cues["p0"].append(kill_once)
    elif step == "last photo":
        worked_example.downloader.cues["p4"].append(kill_once)
    else:
        owner, name = {
            "storing": (LocalStorage, "put"),
            "recording": (mirroring, "_keep"),
            "finishing": (mirroring, "_finish"),
        }[step]
        real = getattr(owner, name)

        def killing(*arguments: object, **options: object) -> object:
            kill_once()
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, killing)

    with pytest.raises(Killed):
        copy(worked_example, shoot)
    assert worked_example.shoot(shoot).copied_at is None
    done = {name for (name,) in worked_example.query("SELECT provider_id FROM photos WHERE copied_at IS NOT NULL")}
    worked_example.downloader.fetched.clear()

    copy(worked_example, shoot)

    assert worked_example.shoot(shoot).copied_at == NOW
    assert sorted(worked_example.downloader.fetched) == sorted(set(names) - done)
    assert worked_example.query("SELECT count(*) FROM renditions") == [(5 * len(RENDITIONS),)]
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_two_at_once_keep_every_photo_once(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "p2", "p3")
    assert worked_example.run_concurrently([lambda: copy(worked_example, shoot)] * 3) == [None] * 3
    assert worked_example.query("SELECT count(*) FROM photos WHERE copied_at IS NOT NULL") == [(3,)]
    assert worked_example.query("SELECT count(*) FROM renditions") == [(3 * len(RENDITIONS),)]


def test_the_queue_never_runs_two_of_one_shoot(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1")
    queue_copy(worked_example, shoot)
    worked_example.query("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'photos.copy'")
    queue_copy(worked_example, shoot)
    assert worked_example.list_queued("photos.copy") == [{"shoot_id": str(shoot.id)}]
    assert worked_example.query("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)") == [(None,)]


def test_refused_photos_are_left_out_and_counted(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "good", "html", "bomb", "elsewhere")
    worked_example.downloader.content["html"] = b"<html>not a photo</html>"
    worked_example.downloader.content["bomb"] = PICTURE[:200]
    worked_example.downloader.cues["elsewhere"].append(PhotoRefused("origin"))
    copy(worked_example, shoot)
    assert stage_of(shoot) is Stage.READY
    assert worked_example.shoot(shoot).photo_count == 4
    assert worked_example.query("SELECT count(*) FROM photos WHERE refused IS NOT NULL AND copied_at IS NULL") == [(3,)]
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["good"]
    assert [
        row
        for (row,) in worked_example.query(
            "SELECT detail ->> 'count' FROM audit_entries WHERE action = 'photos.copied'"
        )
    ] == ["1"]


def test_endless_photo_list_is_capped(worked_example: WorkedExample, caplog: pytest.LogCaptureFixture) -> None:
    shoot = finished(worked_example, *(f"p{number}" for number in range(6)))
    mirroring.copy_photos(shoot.id, worked_example.portal, CopyLimits(photos=4))
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p0", "p1", "p2", "p3"]
    assert worked_example.query("SELECT count(*) FROM photos") == [(4,)]
    assert sorted(worked_example.downloader.fetched) == ["p0", "p1", "p2", "p3"]
    assert "photo.limit_reached" in caplog.text
    assert stage_of(shoot) is Stage.READY


def test_as_many_photos_as_there_may_be_are_no_news(
    worked_example: WorkedExample, caplog: pytest.LogCaptureFixture
) -> None:
    mirroring.copy_photos(finished(worked_example, "p1", "p2").id, worked_example.portal, CopyLimits(photos=2))
    assert worked_example.query("SELECT count(*) FROM photos WHERE copied_at IS NOT NULL") == [(2,)]
    assert "more photos" not in caplog.text


def test_photos_beyond_a_shoots_share_of_the_storage_are_left_out(worked_example: WorkedExample) -> None:
    """Also over several runs: what was stored before the first one was stopped counts."""
    one = sum(len(file.content) for file in render_photo(PICTURE, is_generated=True).files)
    limits = CopyLimits(bytes=2 * one + one // 2)
    shoot = finished(worked_example, "p1", "p2", "p3", "p4")
    worked_example.downloader.cues["p2"].append(PhotoUnavailable("timeout"))
    with pytest.raises(PhotoUnavailable):
        mirroring.copy_photos(shoot.id, worked_example.portal, limits)
    mirroring.copy_photos(shoot.id, worked_example.portal, limits)
    assert worked_example.query("SELECT count(*), sum(size) FROM renditions") == [(2 * len(RENDITIONS), 2 * one)]
    stored = sum(len(worked_example.portal.storage.get(key)) for key in worked_example.portal.storage.list("photos/"))
    assert stored == 2 * one
    assert worked_example.query("SELECT refused, count(*) FROM photos GROUP BY 1 ORDER BY 1") == [
        ("NoRoom", 2),
        (None, 2),
    ]
    assert stage_of(shoot) is Stage.READY


def test_refusal_of_all_photos_is_reported(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1")
    worked_example.downloader.content["p1"] = b""
    copy(worked_example, shoot)
    assert worked_example.shoot(shoot).problem == Problem.NO_PHOTOS
    assert stage_of(shoot) is Stage.PROBLEM


def test_expired_addresses_are_listed_anew(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "p2", "p3")
    queue_copy(worked_example, shoot)
    worked_example.downloader.cues["p2"].append(PhotoExpired("expired", status=403))
    worked_example.work()
    assert stage_of(shoot) is Stage.READY
    assert worked_example.downloader.fetched.count("p1") == worked_example.downloader.fetched.count("p3") == 1
    addresses = [address for address in worked_example.downloader.addresses if "/p2" in address]
    assert len(set(addresses)) == len(addresses) == 2


def test_one_photo_that_never_comes_does_not_hold_up_the_others(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "gone", "p3")
    queue_copy(worked_example, shoot)
    worked_example.downloader.cues["gone"] += [PhotoExpired("expired", status=403)] * 20
    worked_example.work()
    assert stage_of(shoot) is Stage.READY
    assert len(photos.list_viewable(shoot.id)) == 2
    assert worked_example.provider.called("list_photos") == 5
    assert worked_example.query("SELECT refused FROM photos WHERE provider_id = 'gone'") == [("NeverThere",)]


def test_unavailable_photo_host_is_retried(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "p2")
    queue_copy(worked_example, shoot)
    worked_example.downloader.cues["p1"] += [PhotoUnavailable("no answer")] * 9
    worked_example.work()
    assert stage_of(shoot) is Stage.READY
    assert worked_example.downloader.fetched.count("p2") == 1


def test_provider_outage_is_retried(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1")
    queue_copy(worked_example, shoot)
    worked_example.provider.fails("list_photos", *[Unavailable("GET", "/photos")] * 9)
    worked_example.work()
    assert stage_of(shoot) is Stage.READY


def test_unavailable_or_full_storage_is_retried(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    shoot = finished(worked_example, "p1")
    queue_copy(worked_example, shoot)
    left = {"failures": 9}
    real = LocalStorage.put

    def put(self: LocalStorage, key: str, content: bytes, content_type: str) -> None:
        if left["failures"]:
            left["failures"] -= 1
            raise StorageUnavailable("EIO")
        real(self, key, content, content_type)

    monkeypatch.setattr(LocalStorage, "put", put)
    worked_example.work()
    assert stage_of(shoot) is Stage.READY
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_finished_without_any_photo_is_a_problem_after_the_tries(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example)
    queue_copy(worked_example, shoot)
    assert worked_example.work().count("photos.copy") == 5
    assert worked_example.shoot(shoot).problem == Problem.NO_PHOTOS
    assert stage_of(shoot) is Stage.PROBLEM


def test_photos_listed_a_little_late_are_no_problem(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example)
    queue_copy(worked_example, shoot)
    worked_example.work(limit=2)
    worked_example.provider.models[shoot.provider_id or ""].photos = ["p1"]
    worked_example.downloader.content["p1"] = PICTURE
    worked_example.work()
    assert stage_of(shoot) is Stage.READY


def test_after_a_reset_the_old_photos_are_hidden_and_the_new_ones_shown(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "old1", "both")
    copy(worked_example, shoot)
    model = worked_example.provider.models[shoot.provider_id or ""]
    old_ids = {photo.id for photo in photos.list_viewable(shoot.id)}
    person = people.find_person(shoot.person_id)
    assert person is not None
    gallery.choose_photo(person, min(old_ids), agreement=USE, now=NOW)
    assert stage_of(shoot) is Stage.CHOSEN

    worked_example.clock.advance(minutes=1)
    model.status = "onboarding"
    shoot_sync.refresh_shoot(shoot.id, worked_example.portal)
    assert worked_example.shoot(shoot).provider_status == "onboarding"
    assert photos.list_viewable(shoot.id) == []

    worked_example.clock.advance(hours=1)
    model.status, model.photos, model.finished_at = "active", ["both", "new1"], worked_example.clock.now
    worked_example.downloader.content["new1"] = PICTURE
    worked_example.downloader.fetched.clear()
    shoot_sync.refresh_shoot(shoot.id, worked_example.portal)
    worked_example.work()
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["both", "new1"]
    assert worked_example.downloader.fetched == ["new1"]
    assert worked_example.shoot(shoot).copied_at == worked_example.clock.now


def test_a_reset_during_the_copy_is_not_called_finished(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1")

    def meanwhile() -> None:
        worked_example.query("UPDATE shoots SET provider_status = 'onboarding' WHERE id = %(id)s", id=shoot.id)

    worked_example.downloader.cues["p1"].append(meanwhile)
    copy(worked_example, shoot)
    assert worked_example.shoot(shoot).copied_at is None


def test_after_consent_was_withdrawn_nothing_is_copied(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1")
    person = people.find_person(shoot.person_id)
    assert person is not None
    consent.withdraw_consent(person, now=NOW)
    copy(worked_example, shoot)
    assert worked_example.provider.calls == []
    assert worked_example.query("SELECT count(*) FROM photos") == [(0,)]


@pytest.mark.parametrize("fields", [{"closed_at": NOW}, {"provider_status": "pending"}, {"copied_at": NOW}])
def test_what_is_not_to_be_copied_costs_no_call(worked_example: WorkedExample, fields: dict[str, object]) -> None:
    person = make_person()
    agree(person)
    shoot = make_shoot(person, **({"provider_status": "active"} | fields))
    copy(worked_example, shoot)
    mirroring.finish_incomplete_copy(shoot.id, now=NOW)
    mirroring.copy_photos(UUID(int=0), worked_example.portal)
    assert worked_example.provider.calls == []
    assert worked_example.shoot(shoot).problem is None


def test_version_is_published_for_each_photo(worked_example: WorkedExample) -> None:
    shoot = finished(worked_example, "p1", "p2", "p3")
    before = people.get_version(shoot.person_id)
    copy(worked_example, shoot)
    assert people.get_version(shoot.person_id) >= before + 4
    assert worked_example.clock.now - NOW == timedelta(0)
