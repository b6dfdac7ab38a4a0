"""An own photo from upload to the ZIP of its kit: no studio, no provider call, no AI label."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

import pytest
from PIL import Image, ImageChops, ImageStat

from portal.db import transaction
from portal.domain.crops import Crop
from portal.domain.errors import NotAllowed, NotFound
from portal.domain.kit_files import KIT_FILES
from portal.domain.stages import Stage
from portal.images.errors import NotAPhoto, TooManyBytes
from portal.models import choices, kits, photos
from portal.models.archives import ArchiveKind, ArchiveState
from portal.models.kits import Kit, KitState
from portal.models.people import Person
from portal.models.photos import Photo
from portal.services import archives, crops, gallery, journey, own_photos
from tests.e2e import portraits
from tests.factories import NOW, USE, make_finished_shoot, make_person
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait


def upload_photo(worked_example: WorkedExample, person: Person, content: bytes | None = None) -> Photo:
    photo = own_photos.store_upload(
        person, content or encode_image(load_portrait(800, 1000)), context=worked_example.portal
    )
    worked_example.work()
    with transaction():
        found = photos.lock_photo(photo.id)
    assert found is not None
    return found


def choose_photo(worked_example: WorkedExample, person: Person, photo: Photo) -> None:
    gallery.choose_photo(person, photo.id, agreement=USE, now=worked_example.clock.now)


def get_current_kit(person: Person) -> Kit:
    with transaction():
        kit = kits.find_current(person.id)
    assert kit is not None
    return kit


def list_stored_kit_ids(worked_example: WorkedExample) -> set[str]:
    return {key.split("/")[1] for key in worked_example.portal.storage.list("kits/")}


def test_own_photo_is_rendered_and_its_upload_deleted(worked_example: WorkedExample) -> None:
    photo = upload_photo(worked_example, make_person())
    assert (photo.width, photo.height) == (800, 1000)
    assert photo.is_own
    assert photo.upload_key is None
    assert list(worked_example.portal.storage.list("uploads/")) == []
    assert worked_example.provider.calls == []


def test_choosing_an_own_photo_is_enough_to_be_done_without_consent_to_the_studio(
    worked_example: WorkedExample,
) -> None:
    person = make_person()
    photo = upload_photo(worked_example, person)
    assert journey.get_journey(person).stage is Stage.NOT_STARTED
    choose_photo(worked_example, person, photo)
    assert journey.get_journey(person).stage is Stage.CHOSEN
    assert worked_example.query("SELECT use_text, use_locale, use_policy_version FROM choices") == [
        (USE.text, USE.locale, USE.version)
    ]


def test_kit_has_every_file_and_no_ai_label(worked_example: WorkedExample) -> None:
    person = make_person()
    choose_photo(worked_example, person, upload_photo(worked_example, person))
    worked_example.work()
    kit = get_current_kit(person)
    assert kit.state == KitState.READY
    with transaction():
        files = kits.list_files(kit.id)
    assert set(files) == {spec.key for spec in KIT_FILES}
    for file in files.values():
        content = worked_example.portal.storage.get(file.storage_key)
        assert len(content) == file.size
        assert b"trainedAlgorithmicMedia" not in content
        assert Image.open(io.BytesIO(content)).size == (file.width, file.height)


def test_phone_photo_on_its_side_is_upright_in_every_file(worked_example: WorkedExample) -> None:
    """Orientation 6: the camera was held upright and stored the picture lying on its side."""
    straight = portraits.load_portrait()
    exif = Image.Exif()
    exif[portraits.ORIENTATION] = portraits.ROTATE_90_CW
    files = []
    for picture, data in ((straight, b""), (straight.rotate(90, expand=True), exif.tobytes())):
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=95, exif=data)
        person = make_person()
        photo = upload_photo(worked_example, person, stream.getvalue())
        assert (photo.width, photo.height) == straight.size
        choose_photo(worked_example, person, photo)
        worked_example.work()
        files.append((photo.crop, read_kit(worked_example, person)))
    (crop, expected), (turned_crop, turned) = files
    assert (turned_crop.center_x, turned_crop.center_y, turned_crop.size) == pytest.approx(
        (crop.center_x, crop.center_y, crop.size), abs=0.03
    )
    assert set(turned) == {spec.key for spec in KIT_FILES}
    for key, content in turned.items():
        one, other = (Image.open(io.BytesIO(each)).convert("RGB").resize((64, 64)) for each in (content, expected[key]))
        assert max(ImageStat.Stat(ImageChops.difference(one, other)).mean) < 8, key
        assert portraits.ORIENTATION not in Image.open(io.BytesIO(content)).getexif(), key


def read_kit(worked_example: WorkedExample, person: Person) -> dict[str, bytes]:
    kit = get_current_kit(person)
    with transaction():
        listed = kits.list_files(kit.id)
    return {key: worked_example.portal.storage.get(file.storage_key) for key, file in listed.items()}


def test_another_crop_replaces_the_kit_and_leaves_no_stale_file(worked_example: WorkedExample) -> None:
    person = make_person()
    photo = upload_photo(worked_example, person)
    choose_photo(worked_example, person, photo)
    worked_example.work()
    first = get_current_kit(person)
    crops.set_crop(person, photo.id, Crop(0.5, 0.5, 0.5), now=worked_example.clock.now)
    worked_example.work()
    second = get_current_kit(person)
    assert first.digest != second.digest
    assert second.state == KitState.READY
    assert list_stored_kit_ids(worked_example) == {str(second.id)}


def test_another_choice_replaces_the_kit_and_leaves_no_stale_file(worked_example: WorkedExample) -> None:
    person = make_person()
    first, second = upload_photo(worked_example, person), upload_photo(worked_example, person)
    for photo in (first, second):
        worked_example.clock.advance(seconds=5)
        choose_photo(worked_example, person, photo)
        worked_example.work()
        kit = get_current_kit(person)
        assert kit.state == KitState.READY
        assert list_stored_kit_ids(worked_example) == {str(kit.id)}


def test_same_crop_again_renders_nothing(worked_example: WorkedExample) -> None:
    person = make_person()
    photo = upload_photo(worked_example, person)
    choose_photo(worked_example, person, photo)
    worked_example.work()
    kit = get_current_kit(person)
    crops.set_crop(person, photo.id, None, now=worked_example.clock.now)
    assert get_current_kit(person).id == kit.id


def test_taking_the_choice_back_ends_the_use_and_deletes_the_kit(worked_example: WorkedExample) -> None:
    person = make_person()
    choose_photo(worked_example, person, upload_photo(worked_example, person))
    worked_example.work()
    assert gallery.withdraw_choice(person, now=worked_example.clock.now)
    worked_example.work()
    assert list_stored_kit_ids(worked_example) == set()
    assert not gallery.withdraw_choice(person, now=worked_example.clock.now)
    with transaction():
        assert choices.find_current(person.id) is None


def test_undo_makes_the_choice_before_count_again(worked_example: WorkedExample) -> None:
    person = make_person()
    first, second = upload_photo(worked_example, person), upload_photo(worked_example, person)
    choose_photo(worked_example, person, first)
    worked_example.clock.advance(seconds=5)
    last = gallery.choose_photo(person, second.id, agreement=USE, now=worked_example.clock.now)
    gallery.revoke_choice(person, last.id, now=worked_example.clock.now)
    with transaction():
        current = choices.find_current(person.id)
    assert current is not None
    assert current.photo_id == first.id
    with pytest.raises(NotFound):
        gallery.revoke_choice(make_person(), last.id, now=worked_example.clock.now)


def test_archive_of_the_kit_is_built_once_and_opens(worked_example: WorkedExample) -> None:
    person = make_person()
    choose_photo(worked_example, person, upload_photo(worked_example, person))
    worked_example.work()
    requested = [
        archives.request_archive(person, ArchiveKind.KIT, file_name="Ann's <headshot>", context=worked_example.portal)
        for _ in range(2)
    ]
    assert requested[0].id == requested[1].id
    assert requested[0].file_name == "Ann s headshot.zip"
    worked_example.work()
    archive, stream = archives.open_archive(
        person, requested[0].id, kinds=[ArchiveKind.PHOTOS, ArchiveKind.KIT], context=worked_example.portal
    )
    with stream, zipfile.ZipFile(stream) as opened:
        assert opened.testzip() is None
        assert len(opened.namelist()) == len(KIT_FILES) == archive.total == archive.done
    assert archive.state == ArchiveState.READY


def test_archive_belongs_to_its_owner_and_expires(worked_example: WorkedExample) -> None:
    person = make_person()
    upload_photo(worked_example, person)
    archive = archives.request_archive(person, ArchiveKind.PHOTOS, file_name="photos", context=worked_example.portal)
    worked_example.work()
    with pytest.raises(NotFound):
        archives.open_archive(
            make_person(), archive.id, kinds=[ArchiveKind.PHOTOS, ArchiveKind.KIT], context=worked_example.portal
        )
    worked_example.clock.advance(hours=25)
    with pytest.raises(NotFound):
        archives.open_archive(
            person, archive.id, kinds=[ArchiveKind.PHOTOS, ArchiveKind.KIT], context=worked_example.portal
        )
    assert archives.delete_expired(worked_example.portal) == 1
    assert list(worked_example.portal.storage.list("archives/")) == []


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 something", b"GIF89a" + b"\0" * 100])
def test_what_is_no_photo_is_refused_before_it_is_stored(worked_example: WorkedExample, content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        own_photos.store_upload(make_person(), content, context=worked_example.portal)
    assert list(worked_example.portal.storage.list("uploads/")) == []


def test_file_above_the_cap_is_refused(worked_example: WorkedExample) -> None:
    with pytest.raises(TooManyBytes):
        own_photos.store_upload(
            make_person(), b"\xff\xd8\xff" + b"\0" * own_photos.MAX_BYTES, context=worked_example.portal
        )


def test_damaged_photo_is_refused_with_reason(worked_example: WorkedExample) -> None:
    photo = upload_photo(worked_example, make_person(), encode_image(load_portrait(800, 1000))[:4000])
    assert photo.refused == "broken"
    assert photo.copied_at is None
    assert list(worked_example.portal.storage.list("uploads/")) == []


def test_deleted_own_photo_is_not_selectable_and_clears_its_choice(worked_example: WorkedExample) -> None:
    person = make_person()
    photo = upload_photo(worked_example, person)
    choose_photo(worked_example, person, photo)
    own_photos.delete_own_photo(person, photo.id, now=worked_example.clock.now)
    with pytest.raises(NotFound):
        choose_photo(worked_example, person, photo)
    assert journey.get_journey(person).stage is Stage.NOT_STARTED


def test_number_of_own_photos_is_limited(worked_example: WorkedExample) -> None:
    person = make_person()
    content = encode_image(load_portrait(80, 100))
    for _ in range(own_photos.MAX_PHOTOS):
        own_photos.store_upload(person, content, context=worked_example.portal)
    with pytest.raises(NotAllowed):
        own_photos.store_upload(person, content, context=worked_example.portal)


def test_new_finished_shoot_shows_as_ready_while_the_old_headshot_stays_in_use(worked_example: WorkedExample) -> None:
    person = make_person()
    photo = upload_photo(worked_example, person)
    choose_photo(worked_example, person, photo)
    make_finished_shoot(person, 2, now=NOW + timedelta(hours=1))
    state = journey.get_journey(person)
    assert state.stage is Stage.READY
    assert state.choice is not None
    assert state.choice.photo_id == photo.id
