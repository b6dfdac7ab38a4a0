"""The export of a person's data: complete by the data map, without secrets, about one person, for one download."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from portal.db import transaction
from portal.domain.data_classes import Content
from portal.domain.data_map import DATA_MAP
from portal.domain.erasure import ErasureScope
from portal.domain.errors import NotFound
from portal.domain.retention_periods import RetentionPeriods
from portal.models import audit, picture_accesses
from portal.models.archives import Archive, ArchiveKind
from portal.models.erasures import Erasure
from portal.models.people import Person
from portal.models.personal_rows import ANOTHER_PERSON, list_personal_tables
from portal.models.picture_accesses import AccessKind
from portal.models.sessions import Session
from portal.services import archives, my_data, own_photos
from tests.factories import NOW, make_consent, make_finished_shoot, make_person, make_shoot
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait

SEALED = b"sealed-studio-link"


def make_person_with_data(worked_example: WorkedExample) -> Person:
    person = make_person(name="Ada Canary")
    make_consent(person)
    make_finished_shoot(person, signed_url=SEALED)
    own_photos.store_upload(person, encode_image(load_portrait(800, 1000)), context=worked_example.portal)
    worked_example.work()
    with transaction() as session:
        session.query(Archive).delete()
        session.add(
            Session(
                token_hash=b"token-hash",
                person_id=person.id,
                data={"csrf_token": "form-token"},
                created_at=NOW,
                active_at=NOW,
                expires_at=NOW + timedelta(hours=8),
            )
        )
    # Photos made by factories have no files.
    worked_example.query("DELETE FROM renditions WHERE storage_key LIKE '%640-%'")
    return person


def request_archive(worked_example: WorkedExample, person: Person) -> Archive:
    archive = my_data.request_export(person, file_name="Ada data", context=worked_example.portal)
    worked_example.work()
    return archive


def open_export(worked_example: WorkedExample, person: Person, archive: Archive) -> zipfile.ZipFile:
    _archive, stream = archives.open_archive(
        person, archive.id, kinds=[ArchiveKind.DATA], context=worked_example.portal
    )
    with stream:
        return zipfile.ZipFile(io.BytesIO(stream.read()))


def read_records(file: zipfile.ZipFile) -> Any:
    return json.loads(file.read("records.json"))


@pytest.mark.privacy("P13")
def test_export_holds_photos_agreements_and_every_personal_table(worked_example: WorkedExample) -> None:
    person = make_person_with_data(worked_example)
    file = open_export(worked_example, person, request_archive(worked_example, person))
    names = file.namelist()
    assert "own/photo-001.jpg" in names
    assert any(name.startswith("agreements/01-") for name in names)
    records = read_records(file)
    assert list(records["records"]) == list_personal_tables()
    assert records["person"] == {"name": "Ada Canary", "email": person.email}
    for table in ("people", "consents", "shoots", "photos", "renditions", "sessions", "audit_entries", "archives"):
        assert records["records"][table], table


@pytest.mark.privacy("P13")
def test_exported_rows_have_each_column_but_secrets(worked_example: WorkedExample) -> None:
    person = make_person_with_data(worked_example)
    file = open_export(worked_example, person, request_archive(worked_example, person))
    checked = 0
    for table, rows in read_records(file)["records"].items():
        for row in rows:
            classes = dict(DATA_MAP[table].iterate_classes())
            assert set(row) == {name for name, each in classes.items() if each.content is not Content.SECRET}
            checked += 1
    assert checked > 10
    content = file.read("records.json")
    for secret in (SEALED, b"token-hash", b"form-token"):
        assert secret not in content


def test_export_is_about_one_person(worked_example: WorkedExample) -> None:
    other = make_person(name="Bob Bystander")
    make_consent(other)
    make_finished_shoot(other)
    admin = make_person(name="Cleo Marsh", role="admin")
    person = make_person_with_data(worked_example)
    with transaction():
        audit.create_entry("console.viewed", at=NOW, actor_id=admin.id, subject_id=person.id)
        audit.create_entry("console.viewed", at=NOW, actor_id=person.id, subject_id=other.id)
        picture_accesses.add_accesses(
            [person.id],
            kind=AccessKind.EXPORTED,
            actor_id=admin.id,
            reason="New badges",
            export_id=None,
            now=NOW - timedelta(days=1),
        )
    file = open_export(worked_example, person, request_archive(worked_example, person))
    text = file.read("records.json").decode()
    assert "Bystander" not in text
    assert str(other.id) not in text
    assert str(admin.id) not in text
    records = read_records(file)
    # The person reads who it was, as on the page.
    assert [(each["who"], each["action"], each["detail"]) for each in records["who_looked"]] == [
        ("Cleo Marsh", "console.viewed", {}),
        ("Cleo Marsh", "headshot.exported", {"reason": "New badges"}),
    ]
    assert ANOTHER_PERSON in {row["subject_id"] for row in records["records"]["audit_entries"]}


@pytest.mark.privacy("P14")
def test_export_can_be_downloaded_once(worked_example: WorkedExample) -> None:
    person = make_person_with_data(worked_example)
    archive = request_archive(worked_example, person)
    with pytest.raises(NotFound):
        open_export(worked_example, make_person(), archive)
    open_export(worked_example, person, archive).close()
    with pytest.raises(NotFound):
        open_export(worked_example, person, archive)
    again = request_archive(worked_example, person)
    assert again.id != archive.id
    open_export(worked_example, person, again).close()


@pytest.mark.privacy("P14")
def test_export_expires_with_its_file(worked_example: WorkedExample) -> None:
    person = make_person_with_data(worked_example)
    archive = request_archive(worked_example, person)
    worked_example.clock.advance(hours=24)
    with pytest.raises(NotFound):
        open_export(worked_example, person, archive)
    archives.delete_expired(worked_example.portal)
    assert list(worked_example.portal.storage.list("archives/")) == []


def test_download_address_of_photos_serves_no_export(worked_example: WorkedExample) -> None:
    person = make_person_with_data(worked_example)
    archive = request_archive(worked_example, person)
    kinds = [ArchiveKind.KIT, ArchiveKind.PHOTOS]
    with pytest.raises(NotFound):
        archives.open_archive(person, archive.id, kinds=kinds, context=worked_example.portal)
    open_export(worked_example, person, archive).close()


def test_two_requests_build_one_export(worked_example: WorkedExample) -> None:
    person = make_person_with_data(worked_example)
    first = my_data.request_export(person, file_name="x", context=worked_example.portal)
    second = my_data.request_export(person, file_name="x", context=worked_example.portal)
    assert first.id == second.id
    assert list(worked_example.list_queued("archives.build")) == [{"archive_id": str(first.id)}]


@pytest.mark.privacy("P16")
def test_page_facts_follow_the_records(worked_example: WorkedExample) -> None:
    person = make_person()
    make_shoot(person, closed_at=NOW, opened_at=NOW)
    shoot, photos = make_finished_shoot(person, 3, opened_at=NOW)
    found = my_data.get_my_data(person, RetentionPeriods(), now=worked_example.clock.now)
    kept = next(each for each in found.shoots if each.shoot.id == shoot.id)
    assert len(kept.photos) == len(photos)
    assert kept.until == NOW + timedelta(days=90)
    assert kept.uploads_until == NOW + timedelta(days=30)
    assert kept.has_uploads
    worked_example.clock.advance(days=31)
    later = my_data.get_my_data(person, RetentionPeriods(), now=worked_example.clock.now)
    assert not next(each for each in later.shoots if each.shoot.id == shoot.id).has_uploads


@pytest.mark.privacy("P16")
@pytest.mark.parametrize("scope", [ErasureScope.SESSION, ErasureScope.UNCHOSEN])
def test_photos_are_at_the_studio_until_it_confirmed_their_deletion(
    worked_example: WorkedExample, scope: ErasureScope
) -> None:
    person = make_person()
    shoot, _photos = make_finished_shoot(person, 1, opened_at=NOW, closed_at=NOW)
    with transaction() as session:
        erasure = Erasure(
            person_id=person.id,
            scope=str(scope),
            requested_at=NOW,
            shoot_ids=[shoot.id],
            photo_ids=[],
            provider_ids=["1"],
            consents=[],
        )
        session.add(erasure)
    assert my_data.get_my_data(person, RetentionPeriods(), now=worked_example.clock.now).shoots[0].has_uploads
    with transaction() as session:
        session.get_one(Erasure, erasure.id).finished_at = NOW
    assert not my_data.get_my_data(person, RetentionPeriods(), now=worked_example.clock.now).shoots[0].has_uploads


def test_agreement_of_another_person_is_not_found(worked_example: WorkedExample) -> None:
    agreed = make_consent(make_person())
    with pytest.raises(NotFound):
        my_data.get_agreement(make_person(), agreed.id)
    with pytest.raises(NotFound):
        my_data.get_agreement(make_person(), uuid4())
