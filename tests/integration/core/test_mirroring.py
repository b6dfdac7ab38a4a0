"""Copying a finished shoot: every photo once despite interruptions, and only the picture from the provider's file."""

from __future__ import annotations

import io
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from PIL import Image

from portal.domain.erasure import ErasureScope
from portal.domain.renditions import RENDITIONS
from portal.domain.stages import Stage
from portal.models import people, photos
from portal.models.shoots import Shoot
from portal.provider.errors import PhotoExpired, PhotoRefused, Unavailable
from portal.provider.wire_types import Photo
from portal.services import fsck, gallery, mirroring, shoot_sync, withdrawal
from portal.services.mirroring import CopyLimits
from portal.storage import LocalStorage, StorageUnavailable
from tests.factories import NOW, USE, make_consent, make_person, make_shoot
from tests.integration.core.finished_shoot import (
    PICTURE,
    copy_photos,
    enqueue_copy,
    get_stage,
    list_refusals,
    make_provider_shoot,
)
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import XMP, encode_image, load_portrait


def test_every_photo_in_every_size(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    kept = worked_example.shoot(shoot)
    assert (kept.copied_at, kept.photo_count, kept.problem) == (NOW, 2, None)
    assert get_stage(shoot) is Stage.READY
    assert worked_example.query("SELECT count(*), count(DISTINCT storage_key) FROM renditions") == [
        (2 * len(RENDITIONS),) * 2
    ]
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []
    assert worked_example.provider.calls == ["list_photos"]
    # The provider's own largest file is requested, at one address for each photo.
    assert sorted(worked_example.downloader.fetched) == ["p1", "p2"]


def test_only_the_picture_and_its_label_are_kept(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    exif = Image.Exif()
    exif[0x010F] = "Canary Camera"
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    worked_example.downloader.content["p1"] = encode_image(
        load_portrait(48, 60), exif=exif.tobytes(), comment=b"canary", xmp=XMP
    )
    copy_photos(worked_example, shoot)
    storage = worked_example.portal.storage
    for key in storage.list("photos/"):
        content = storage.get(key)
        assert b"anary" not in content, key
        assert not Image.open(io.BytesIO(content)).getexif().get(0x8825), key
    assert worked_example.query("SELECT provenance FROM photos") == [("trainedAlgorithmicMedia",)]


def test_photos_rated_in_the_studio_are_marked(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3")
    rated = {"p1": "liked", "p2": "loved", "p3": "none"}
    listed = [msgspec.structs.replace(photo, liked_status=rated[photo.id]) for photo in list_all(worked_example, shoot)]
    monkeypatch.setattr(worked_example.provider, "list_photos", lambda *_args, **_options: iter(listed))
    copy_photos(worked_example, shoot)
    assert worked_example.query("SELECT provider_id, is_liked FROM photos ORDER BY 1") == [
        ("p1", True),
        ("p2", True),
        ("p3", False),
    ]


def list_all(worked_example: WorkedExample, shoot: Shoot) -> list[Photo]:
    assert shoot.provider_id is not None
    return list(worked_example.provider.list_photos(shoot.provider_id, on_unusable=lambda _count: None))


def test_running_again_fetches_nothing(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    copy_photos(worked_example, shoot)
    assert len(worked_example.downloader.fetched) == 2
    assert worked_example.provider.called("list_photos") == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["listing", "first photo", "last photo", "storing", "recording", "finishing"])
def test_stopped_at_any_step_it_resumes_at_that_step(
    worked_example: WorkedExample, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"p{number}" for number in range(5)]
    shoot = make_provider_shoot(worked_example, *names)
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
            "recording": (mirroring, "_store_result"),
            "finishing": (mirroring, "_finish"),
        }[step]
        real = getattr(owner, name)

        def killing(*arguments: object, **options: object) -> object:
            kill_once()
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, killing)

    with pytest.raises(Killed):
        copy_photos(worked_example, shoot)
    assert worked_example.shoot(shoot).copied_at is None
    done = {name for (name,) in worked_example.query("SELECT provider_id FROM photos WHERE copied_at IS NOT NULL")}
    worked_example.downloader.fetched.clear()

    copy_photos(worked_example, shoot)

    assert worked_example.shoot(shoot).copied_at == NOW
    assert sorted(worked_example.downloader.fetched) == sorted(set(names) - done)
    assert worked_example.query("SELECT count(*) FROM renditions") == [(5 * len(RENDITIONS),)]
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_two_at_once_keep_every_photo_once(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3")
    assert worked_example.run_concurrently([lambda: copy_photos(worked_example, shoot)] * 3) == [None] * 3
    assert worked_example.query("SELECT count(*) FROM photos WHERE copied_at IS NOT NULL") == [(3,)]
    assert worked_example.query("SELECT count(*) FROM renditions") == [(3 * len(RENDITIONS),)]


def test_the_queue_never_runs_two_of_one_shoot(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    enqueue_copy(worked_example, shoot)
    worked_example.query("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'photos.copy'")
    enqueue_copy(worked_example, shoot)
    assert worked_example.list_queued("photos.copy") == [{"shoot_id": str(shoot.id)}]
    assert worked_example.query("SELECT id FROM procrastinate_fetch_job_v2(NULL, NULL)") == [(None,)]


def test_photos_that_break_a_rule_are_refused_at_once_and_counted(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "good", "elsewhere", "huge")
    worked_example.downloader.cues["elsewhere"].append(PhotoRefused("origin"))
    worked_example.downloader.content["huge"] = encode_image(Image.new("RGB", (2, 65000)))
    copy_photos(worked_example, shoot)
    assert get_stage(shoot) is Stage.READY
    assert worked_example.shoot(shoot).photo_count == 3
    assert list_refusals(worked_example) == {"elsewhere": "address_refused", "huge": "side_too_long"}
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["good"]
    assert [
        row
        for (row,) in worked_example.query(
            "SELECT detail ->> 'count' FROM audit_entries WHERE action = 'photos.copied'"
        )
    ] == ["1"]


def test_provider_that_lists_without_end_fills_neither_table_nor_storage(
    worked_example: WorkedExample, caplog: pytest.LogCaptureFixture
) -> None:
    shoot = make_provider_shoot(worked_example, *(f"p{number}" for number in range(6)))
    mirroring.copy_photos(shoot.id, worked_example.portal, CopyLimits(photos=4))
    assert [photo.provider_id for photo in photos.list_viewable(shoot.id)] == ["p0", "p1", "p2", "p3"]
    assert worked_example.query("SELECT count(*) FROM photos") == [(4,)]
    assert sorted(worked_example.downloader.fetched) == ["p0", "p1", "p2", "p3"]
    assert "photo.limit_reached" in caplog.text
    assert get_stage(shoot) is Stage.READY


def test_the_maximum_number_of_photos_is_no_change(
    worked_example: WorkedExample, caplog: pytest.LogCaptureFixture
) -> None:
    mirroring.copy_photos(
        make_provider_shoot(worked_example, "p1", "p2").id, worked_example.portal, CopyLimits(photos=2)
    )
    assert worked_example.query("SELECT count(*) FROM photos WHERE copied_at IS NOT NULL") == [(2,)]
    assert "more photos" not in caplog.text


def test_expired_addresses_are_listed_anew(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3")
    enqueue_copy(worked_example, shoot)
    worked_example.downloader.cues["p2"].append(PhotoExpired("expired", status=403))
    worked_example.work()
    assert get_stage(shoot) is Stage.READY
    assert worked_example.downloader.fetched.count("p1") == worked_example.downloader.fetched.count("p3") == 1
    addresses = [address for address in worked_example.downloader.addresses if "/p2" in address]
    assert len(set(addresses)) == len(addresses) == 2


def test_copy_is_retried_while_the_provider_is_down(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    enqueue_copy(worked_example, shoot)
    worked_example.provider.fails("list_photos", *[Unavailable("GET", "/photos")] * 9)
    worked_example.work()
    assert get_stage(shoot) is Stage.READY


def test_copy_is_retried_while_the_storage_is_unavailable(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    enqueue_copy(worked_example, shoot)
    left = {"failures": 9}
    real = LocalStorage.put

    def put(self: LocalStorage, key: str, content: bytes, content_type: str) -> None:
        if left["failures"]:
            left["failures"] -= 1
            raise StorageUnavailable("EIO")
        real(self, key, content, content_type)

    monkeypatch.setattr(LocalStorage, "put", put)
    worked_example.work()
    assert get_stage(shoot) is Stage.READY
    assert list(fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)) == []


def test_after_a_reset_the_old_photos_are_hidden_and_the_new_ones_shown(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "old1", "both")
    copy_photos(worked_example, shoot)
    model = worked_example.provider.models[shoot.provider_id or ""]
    old_ids = {photo.id for photo in photos.list_viewable(shoot.id)}
    person = people.find_person(shoot.person_id)
    assert person is not None
    gallery.choose_photo(person, min(old_ids), now=NOW, agreement=USE)
    assert get_stage(shoot) is Stage.CHOSEN

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
    shoot = make_provider_shoot(worked_example, "p1")

    def meanwhile() -> None:
        worked_example.query("UPDATE shoots SET provider_status = 'onboarding' WHERE id = %(id)s", id=shoot.id)

    worked_example.downloader.cues["p1"].append(meanwhile)
    copy_photos(worked_example, shoot)
    assert worked_example.shoot(shoot).copied_at is None


def test_after_consent_was_withdrawn_nothing_is_copied(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1")
    person = people.find_person(shoot.person_id)
    assert person is not None
    withdrawal.withdraw_consent(person, ErasureScope.PICTURES, worked_example.portal)
    copy_photos(worked_example, shoot)
    assert worked_example.provider.calls == []
    assert worked_example.query("SELECT count(*) FROM photos") == [(0,)]


@pytest.mark.parametrize(
    "fields", [{"closed_at": NOW}, {"provider_status": "pending"}, {"copied_at": NOW, "photos_checked_at": NOW}]
)
def test_shoot_without_photos_to_copy_makes_no_call(worked_example: WorkedExample, fields: dict[str, object]) -> None:
    person = make_person()
    make_consent(person)
    shoot = make_shoot(person, **({"provider_status": "active"} | fields))
    copy_photos(worked_example, shoot)
    mirroring.copy_photos(UUID(int=0), worked_example.portal)
    assert worked_example.provider.calls == []
    assert worked_example.shoot(shoot).problem is None


def test_the_page_is_updated_for_each_photo(worked_example: WorkedExample) -> None:
    shoot = make_provider_shoot(worked_example, "p1", "p2", "p3")
    before = people.get_version(shoot.person_id)
    copy_photos(worked_example, shoot)
    assert people.get_version(shoot.person_id) >= before + 4
    assert worked_example.clock.now - NOW == timedelta(0)
