"""Photos in a bucket of a real S3 server: written whole, checked by their digests, copied again when one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from portal.domain.kit_files import KIT_FILES
from portal.models import choices, people
from portal.models.archives import ArchiveKind
from portal.models.people import Person
from portal.services import archives, fsck, gallery, missing_files, own_photos
from portal.services.app_context import AppContext
from portal.storage import ObjectMissing, S3Storage, StorageUnavailable
from tests.factories import USE, make_person
from tests.integration.core.finished_shoot import copy_photos, make_provider_shoot
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait

pytestmark = pytest.mark.slow


@pytest.fixture
def bucket(worked_example: WorkedExample, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    """Let the portal of the example store its files in a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for variable, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
    }.items():
        monkeypatch.setenv(variable, value)
    # All servers of a process share their buckets.
    name = f"headshots-{uuid4().hex}"
    boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket=name)
    storage = S3Storage(name, "portal")
    context: AppContext = worked_example.app.extensions["portal"]
    worked_example.app.extensions["portal"] = replace(context, storage=storage)
    yield storage
    server.stop()


def list_broken_rules(worked_example: WorkedExample) -> list[str]:
    found = fsck.list_violations(worked_example.portal.storage, now=worked_example.clock.now)
    return sorted({violation.rule for violation in found})


def make_person_with_files(worked_example: WorkedExample) -> Person:
    """A person with two copied photos who has chosen one, with its kit, a ZIP and an own photo."""
    shoot = make_provider_shoot(worked_example, "p1", "p2")
    copy_photos(worked_example, shoot)
    person = people.find_person(shoot.person_id)
    assert person is not None
    gallery.choose_photo(person, gallery.get_gallery(person).photos[0].id, agreement=USE, now=worked_example.clock.now)
    own_photos.store_upload(person, encode_image(load_portrait(480, 600)), context=worked_example.portal)
    archives.request_archive(person, ArchiveKind.PHOTOS, file_name="photos", context=worked_example.portal)
    worked_example.work()
    return person


def test_every_file_of_a_person_is_in_the_bucket_and_checked(worked_example: WorkedExample, bucket: S3Storage) -> None:
    make_person_with_files(worked_example)
    assert list_broken_rules(worked_example) == []
    areas = {key.partition("/")[0] for key in bucket.list()}
    assert areas == {"photos", "kits", "archives"}
    assert len(list(bucket.list("kits/"))) == len(KIT_FILES)


@pytest.mark.parametrize(("area", "noun"), [("photos", "a photo"), ("kits", "a kit"), ("archives", "an archive")])
def test_missing_changed_and_unknown_files_are_named(
    worked_example: WorkedExample, bucket: S3Storage, area: str, noun: str
) -> None:
    make_person_with_files(worked_example)
    key = next(iter(bucket.list(f"{area}/")))
    content = bucket.get(key)
    bucket.put(key, content + b"!", "image/webp")
    assert list_broken_rules(worked_example) == [f"file of {noun} is not what was stored"]
    bucket.delete(key)
    assert list_broken_rules(worked_example) == [f"file of {noun} is missing"]
    bucket.put(key, content, "image/webp")
    bucket.put(f"{area}/unknown/file.webp", b"x", "image/webp")
    assert list_broken_rules(worked_example) == [f"file belongs to no {noun.split()[1]}"]


def test_waiting_upload_is_no_fault_and_a_lost_one_is(worked_example: WorkedExample, bucket: S3Storage) -> None:
    own_photos.store_upload(make_person(), encode_image(load_portrait(480, 600)), context=worked_example.portal)
    assert list_broken_rules(worked_example) == []
    bucket.delete(next(iter(bucket.list("uploads/"))))
    assert list_broken_rules(worked_example) == ["file of an upload is missing"]


def test_missing_photo_is_copied_again_while_the_provider_has_it(
    worked_example: WorkedExample, bucket: S3Storage
) -> None:
    person = make_person_with_files(worked_example)
    choice = choices.find_current(person.id)
    assert choice is not None
    bucket.delete_all(f"photos/{choice.photo_id}/")
    (missing,) = missing_files.request_missing(worked_example.portal.storage, now=worked_example.clock.now)
    assert (missing.photo_id, missing.is_requested) == (choice.photo_id, True)
    worked_example.work()
    assert list_broken_rules(worked_example) == []
    again = choices.find_current(person.id)
    assert again is not None
    assert again.photo_id == choice.photo_id


def test_lost_own_photo_is_named(worked_example: WorkedExample, bucket: S3Storage) -> None:
    photo = own_photos.store_upload(make_person(), encode_image(load_portrait(480, 600)), context=worked_example.portal)
    worked_example.work()
    bucket.delete_all(f"photos/{photo.id}/")
    (missing,) = missing_files.request_missing(worked_example.portal.storage, now=worked_example.clock.now)
    assert (missing.photo_id, missing.is_requested) == (photo.id, False)


def test_interrupted_write_leaves_no_object(worked_example: WorkedExample, bucket: S3Storage) -> None:
    class Broken:
        """A file whose reading fails half way."""

        def __init__(self) -> None:
            self.left = 3

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            if self.left < 0:
                raise OSError("disk is gone")
            return b"x" * max(size, 1)

    with pytest.raises((OSError, StorageUnavailable)):
        bucket.put_file("archives/0b9c/archive-00ff.zip", Broken(), "application/zip")  # type: ignore[arg-type]
    with pytest.raises(ObjectMissing):
        bucket.get("archives/0b9c/archive-00ff.zip")
    assert list(bucket.list()) == []
    assert worked_example.portal.storage is bucket
