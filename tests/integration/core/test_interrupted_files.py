"""Files made by jobs that stop at a failpoint: run again, they are complete and nothing is left over."""

from __future__ import annotations

import dataclasses

import pytest

from portal.db import transaction
from portal.domain.ai_policy import parse_ai_policy
from portal.domain.crops import Crop
from portal.domain.kit_files import KIT_FILES
from portal.domain.renditions import RENDITIONS
from portal.images.visible_mark import ENGLISH_TEXTS
from portal.models import kits
from portal.models.archives import ArchiveKind
from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import archive_contents, archives, crops, gallery, kit_rendering, own_photos
from portal.services import kits as kit_service
from tests.factories import USE, make_person
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait


class Stopped(BaseException):
    """The worker is killed here."""


def stop_at(monkeypatch: pytest.MonkeyPatch, module: object, place: str) -> None:
    def failpoint(local: str) -> None:
        if local == place:
            raise Stopped

    monkeypatch.setattr(module, "failpoint", failpoint)


def make_person_with_photo(worked_example: WorkedExample) -> tuple[Person, Photo]:
    person = make_person()
    photo = own_photos.store_upload(person, encode_image(load_portrait(400, 500)), context=worked_example.portal)
    worked_example.work()
    gallery.choose_photo(person, photo.id, agreement=USE, now=worked_example.clock.now)
    return person, photo


@pytest.mark.parametrize("place", ["kit.after_put", "kit.after_file"])
def test_kit(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    person, _ = make_person_with_photo(worked_example)
    with transaction():
        kit = kits.find_current(person.id)
    assert kit is not None
    stop_at(monkeypatch, kit_rendering, place)
    with pytest.raises(Stopped):
        kit_rendering.render_kit(kit.id, worked_example.portal, ENGLISH_TEXTS)
    monkeypatch.undo()
    worked_example.work()
    with transaction():
        files = kits.list_files(kit.id)
        done = kits.find_kit(kit.id)
    assert done is not None
    assert done.done == len(files) == len(KIT_FILES)
    assert set(worked_example.portal.storage.list("kits/")) == {file.storage_key for file in files.values()}


def test_refreshing_outdated_kits(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [make_person_with_photo(worked_example)[0] for _ in range(2)]
    worked_example.work()
    settings = dataclasses.replace(worked_example.portal.settings, ai_policy=parse_ai_policy("badge=mark"))
    restarted = dataclasses.replace(worked_example.portal, settings=settings)
    stop_at(monkeypatch, kit_rendering, "kit.after_refresh")
    with pytest.raises(Stopped):
        kit_rendering.refresh_outdated(restarted)
    monkeypatch.undo()
    assert kit_rendering.refresh_outdated(restarted) == 1
    with transaction():
        states = [kit.state for person in people if (kit := kits.find_current(person.id)) is not None]
    assert states == ["pending", "pending"]


def test_deleting_superseded_kits(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    person, photo = make_person_with_photo(worked_example)
    worked_example.work()
    crops.set_crop(person, photo.id, Crop(0.4, 0.4, 0.6), now=worked_example.clock.now)
    stop_at(monkeypatch, kit_service, "kit.after_delete")
    with pytest.raises(Stopped):
        kit_service.delete_superseded(worked_example.portal)
    monkeypatch.undo()
    worked_example.work()
    assert len({key.split("/")[1] for key in worked_example.portal.storage.list("kits/")}) == 1
    assert worked_example.query("SELECT count(*) FROM kits") == [(1,)]


@pytest.mark.parametrize("place", ["archive.after_entry", "archive.after_put"])
def test_archive(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    person, _ = make_person_with_photo(worked_example)
    archive = archives.request_archive(person, ArchiveKind.PHOTOS, file_name="photos", context=worked_example.portal)
    stop_at(monkeypatch, archives, place)
    with pytest.raises(Stopped):
        archives.build_archive(archive.id, worked_example.portal, archive_contents.LISTINGS)
    monkeypatch.undo()
    worked_example.work()
    finished, stream = archives.open_archive(
        person, archive.id, kinds=[ArchiveKind.PHOTOS, ArchiveKind.KIT], context=worked_example.portal
    )
    stream.close()
    assert finished.done == finished.total == 1
    assert finished.storage_key in set(worked_example.portal.storage.list("archives/"))
    worked_example.clock.advance(hours=25)
    archives.delete_expired(worked_example.portal)
    assert list(worked_example.portal.storage.list("archives/")) == []


def test_own_photo(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> None:
    person = make_person()
    photo = own_photos.store_upload(person, encode_image(load_portrait(400, 500)), context=worked_example.portal)
    stop_at(monkeypatch, own_photos, "own_photo.after_renditions")
    with pytest.raises(Stopped):
        own_photos.render_own_photo(photo.id, worked_example.portal)
    monkeypatch.undo()
    worked_example.work()
    assert worked_example.query("SELECT count(*) FROM renditions") == [(len(RENDITIONS),)]
    assert list(worked_example.portal.storage.list("uploads/")) == []


def test_upload_whose_request_stops_before_its_row_leaves_no_photo(
    worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(monkeypatch, own_photos, "own_photo.after_put")
    with pytest.raises(Stopped):
        own_photos.store_upload(make_person(), encode_image(load_portrait(400, 500)), context=worked_example.portal)
    assert worked_example.query("SELECT count(*) FROM photos") == [(0,)]
    assert list(worked_example.portal.storage.list("uploads/")) == []
