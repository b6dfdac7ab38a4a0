"""After an erasure that an admin started, no canary is left in the database, the storage, the logs or any export."""

from __future__ import annotations

import io
import json
import logging
import zipfile

import pytest

from portal.models import exports
from portal.models.people import Person
from portal.services import erasure, gallery, my_data, own_photos
from portal.services.exports import ExportRequest, request_export
from tests.factories import NOW, USE, make_consent, make_person
from tests.integration.core.canary_person import CANARY, list_remains, make_participant
from tests.integration.core.worked_example import WorkedExample
from tests.unit.images.photos import encode_image, load_portrait

REQUEST = ExportRequest(kind="directory", size_key="directory", template="{name}", reason="New badges")


def choose_own_photo(worked_example: WorkedExample, person: Person) -> None:
    photo = own_photos.store_upload(person, encode_image(load_portrait(800, 1000)), context=worked_example.portal)
    worked_example.work()
    gallery.choose_photo(person, photo.id, agreement=USE, now=NOW)
    worked_example.work()


def build_export(worked_example: WorkedExample, admin: Person) -> str:
    """Have an export of everyone built and return all it holds, as text."""
    export_id = request_export(REQUEST, actor=admin, context=worked_example.portal)
    worked_example.work()
    export = exports.find_export(export_id)
    assert export is not None
    assert export.storage_key is not None
    with zipfile.ZipFile(io.BytesIO(worked_example.portal.storage.get(export.storage_key))) as archive:
        contents = [archive.read(name).decode("utf-8", errors="replace") for name in archive.namelist()]
        return "\n".join([*archive.namelist(), *contents]).lower()


def test_nothing_is_left_after_an_erasure_by_an_admin(
    worked_example: WorkedExample, caplog: pytest.LogCaptureFixture
) -> None:
    """P11: database, storage, queue, logs and exports, those that exist and those that are made afterwards."""
    caplog.set_level(logging.DEBUG)
    admin = make_person("cleo@example.com", name="Cleo", role="admin", roles=["admin"])
    other = make_person("ada@example.com", name="Ada")
    make_consent(other)
    choose_own_photo(worked_example, other)
    person = make_participant(worked_example)
    choose_own_photo(worked_example, person)
    my_data.request_export(person, file_name="Canary data", context=worked_example.portal)
    assert "canary" in build_export(worked_example, admin)

    receipt_id = erasure.request_erasure(person.id, worked_example.portal, actor_id=admin.id)
    worked_example.work()

    assert erasure.get_receipt(receipt_id).finished_at is not None
    # What is left in the storage belongs to the other person.
    storage = worked_example.portal.storage
    assert [name for name in list_remains(worked_example) if "/" not in name] == []
    assert all(b"canary" not in storage.get(key).lower() for key in storage.list())
    assert not list(storage.list("exports/"))
    assert not list(storage.list("archives/"))
    assert "canary" not in json.dumps([record.__dict__ for record in caplog.records], default=str).lower()
    afterwards = build_export(worked_example, admin)
    assert "canary" not in afterwards
    assert "ada@example.com" in afterwards
    [(action, actor)] = worked_example.query(
        "SELECT action, actor_id FROM audit_entries WHERE action = 'person.erasure_ordered'"
    )
    assert actor == admin.id
    assert CANARY not in action
