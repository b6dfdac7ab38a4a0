"""Exports: who is in them, what the ZIP holds, and what the page offers."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from demo.crowd import create_campaign_people
from portal.db import db, transaction
from portal.domain.ai_policy import parse_ai_policy
from portal.domain.kit_files import KIT_FILES
from portal.images.visible_mark import ENGLISH_TEXTS
from portal.models import choices, exports
from portal.models.audit import AuditEntry
from portal.models.choices import Choice
from portal.models.exports import Export, ExportKind
from portal.models.people import Person
from portal.models.photos import Photo
from portal.presentation import export_files, export_messages
from portal.services import erasure, erasure_run, export_building, fsck, gallery
from portal.services import exports as service
from portal.services.export_building import ExportTexts
from portal.services.exports import ExportRequest
from portal.storage.local import LocalStorage
from portal.web.context import get_context
from tests import factories
from tests.factories import NOW
from tests.integration.web_pages.chosen_headshots import make_person_with_choice
from tests.integration.web_pages.conftest import Visitor, sign_in_as
from tests.integration.web_pages.html_document import get_text

TEXTS = ExportTexts(export_files.render_lists, export_files.iterate_ldif, ENGLISH_TEXTS)


@pytest.fixture
def admin(sign_in: Callable[[Person], Visitor], context: None) -> Visitor:
    """An admin's browser."""
    return sign_in(factories.make_person(name="Cleo", role="admin"))


def build_export(admin: Visitor, **fields: str) -> tuple[Export, zipfile.ZipFile]:
    """Request an export, build it and open it as its download."""
    fields_with_defaults = {
        "kind": "headshots",
        "size_key": "directory",
        "template": "{last}_{first}.jpg",
        "reason": "New badges",
    }
    fields_with_defaults |= fields
    export_id = service.request_export(ExportRequest(**fields_with_defaults), actor=admin.person, context=get_context())
    export_building.build_export(export_id, get_context(), TEXTS)
    export = exports.find_export(export_id)
    assert export is not None
    response = admin.get(f"/admin/exports/{export_id}")
    assert response.status_code == 200
    return export, zipfile.ZipFile(io.BytesIO(response.data))


def test_export_holds_only_people_with_choice_and_consent(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    make_person_with_choice("Ben Studio", is_agreed=False)
    withdrawn = make_person_with_choice("Cora Withdrawn")
    left = make_person_with_choice("Dora Gone")
    with transaction() as session:
        choices.withdraw_all(withdrawn.id, NOW)
        session.get_one(Person, left.id).deactivated_at = NOW
    export, archive = build_export(admin)
    assert sorted(archive.namelist()) == ["headshots/Lovelace_Ada.jpg", "manifest.json"]
    assert (export.done, export.total, export.left_out) == (1, 1, 0)
    with Image.open(archive.open("headshots/Lovelace_Ada.jpg")) as picture:
        assert picture.size == (600, 600)
    (entry,) = json.loads(archive.read("manifest.json"))["files"]
    assert entry["email"] == "ada@example.com"
    assert entry["sha256"] == hashlib.sha256(archive.read(entry["file"])).hexdigest()


def test_fictional_people_of_the_demo_have_pictures_to_export_and_to_delete(admin: Visitor) -> None:
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    storage = get_context().storage
    assert isinstance(storage, LocalStorage)
    create_campaign_people(url, 40, provider="profilebakery", now=NOW, photos=storage.root)
    assert {each.rule for each in fsck.list_violations(storage, now=NOW)} == set()
    export, archive = build_export(admin)
    pictures = [name for name in archive.namelist() if name.endswith(".jpg")]
    chosen = db.session.query(Choice).count()
    assert chosen > 10
    assert (len(pictures), export.done, export.left_out) == (chosen, chosen, 0)
    first, *others = db.session.scalars(select(Photo.id))
    storage.delete_all(f"photos/{first}/")
    assert {key.split("/")[1] for key in storage.list("photos/")} == {str(photo_id) for photo_id in others}
    assert all(storage.get(key) for key in storage.list("photos/"))


@pytest.mark.parametrize("point", ["export.after_person", "export.after_put"])
def test_export_stopped_in_between_is_built_again_once(
    admin: Visitor, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    class Stopped(BaseException):
        """The worker is killed here."""

    def stop(local: str) -> None:
        if local == point:
            raise Stopped

    make_person_with_choice("Ada Lovelace")
    request = ExportRequest(kind="headshots", size_key="directory", template="{last}_{first}.jpg", reason="New badges")
    export_id = service.request_export(request, actor=admin.person, context=get_context())
    with monkeypatch.context() as patch:
        patch.setattr(export_building, "failpoint", stop)
        with pytest.raises(Stopped):
            export_building.build_export(export_id, get_context(), TEXTS)
    for _ in range(2):
        export_building.build_export(export_id, get_context(), TEXTS)
    archive = zipfile.ZipFile(io.BytesIO(admin.get(f"/admin/exports/{export_id}").data))
    assert len([name for name in archive.namelist() if name.endswith(".jpg")]) == 1
    assert len(list(get_context().storage.list("exports/"))) == 1


def test_person_without_file_is_counted_and_the_others_exported(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    make_person_with_choice("Ben Missing", has_file=False)
    export, archive = build_export(admin)
    assert (export.done, export.left_out) == (2, 1)
    assert len(archive.namelist()) == 2
    assert "1 without a file" in admin.page("/admin/exports").text


def test_people_of_one_name_get_files_of_their_own(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    second = make_person_with_choice("Bea Byron")
    with transaction() as session:
        session.get_one(Person, second.id).name = "Ada Lovelace"
    _, archive = build_export(admin)
    assert {"headshots/Lovelace_Ada.jpg", "headshots/Lovelace_Ada-2.jpg"} < set(archive.namelist())


def test_ldif_holds_each_picture_below_its_cap(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    _, archive = build_export(admin, kind=str(ExportKind.LDIF), size_key="ldap")
    text = archive.read("photos.ldif").decode()
    assert all(len(line) <= 76 for line in text.splitlines())
    unfolded = text.replace("\n ", "")
    assert "dn: mail=ada@example.com,ou=people,dc=example,dc=com" in unfolded
    encoded = next(line for line in unfolded.splitlines() if line.startswith("thumbnailPhoto:: "))
    with Image.open(io.BytesIO(base64.b64decode(encoded.partition(":: ")[2]))) as picture:
        assert picture.size == (96, 96)


def test_directory_pack_names_the_person_of_each_picture(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    _, archive = build_export(admin, kind=str(ExportKind.DIRECTORY))
    (row,) = csv.DictReader(io.StringIO(archive.read("people.csv").decode("utf-8-sig")))
    assert (row["email"], row["file"]) == ("ada@example.com", "headshots/Lovelace_Ada.jpg")
    assert b"Set-ADUser" in archive.read("set-photos.ps1")


@pytest.mark.privacy("P15")
def test_export_is_made_from_the_page_and_audited(admin: Visitor) -> None:
    response = admin.press("/admin/exports", kind="headshots", size="directory", template="{name}", reason="New badges")
    assert response.status_code == 303
    assert "The export is being made" in admin.page("/admin/exports").text
    build_export(admin)
    with transaction() as session:
        actions = [entry.action for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert actions.count("export.requested") == 2
    assert actions.count("export.downloaded") == 1


def test_unusable_template_keeps_what_was_typed(admin: Visitor) -> None:
    response = admin.press("/admin/exports", kind="headshots", size="directory", template="{nonsense}")
    assert response.status_code == 400
    assert "These file names can’t be made" in response.text
    assert "{nonsense}" in response.text


def test_expired_export_is_deleted_and_cannot_be_downloaded(app: Flask, admin: Visitor, tmp_path: Path) -> None:
    make_person_with_choice("Ada Lovelace")
    export, _ = build_export(admin)
    with transaction() as session:
        session.get_one(Export, export.id).expires_at = NOW - timedelta(minutes=1)
    service.delete_expired(get_context().storage, now=get_context().clock())
    assert admin.get(f"/admin/exports/{export.id}").status_code == 404
    assert list(get_context().storage.list("exports/")) == []


@pytest.mark.parametrize("takes_back", [True, False], ids=["taken back", "erased"])
def test_export_with_a_withdrawn_headshot_cannot_be_downloaded(admin: Visitor, takes_back: bool) -> None:
    person = make_person_with_choice("Ada Lovelace")
    export, _ = build_export(admin)
    context = get_context()
    if takes_back:
        assert gallery.withdraw_choice(person, now=context.clock())
    else:
        erasure_id = erasure.request_erasure(person.id, context)
        erasure_run.erase_local_data(erasure_id, storage=context.storage, now=context.clock())
        assert list(context.storage.list("exports/")) == []
    assert admin.get(f"/admin/exports/{export.id}").status_code == 404


def test_status_csv_lists_the_filtered_people(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    factories.make_person("=cmd@example.com", name="=HYPERLINK(1)")
    rows = list(csv.reader(io.StringIO(admin.get("/admin/people.csv").data.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["'=HYPERLINK(1)", "Ada Lovelace", "Cleo"]
    rows = list(csv.reader(io.StringIO(admin.get("/admin/people.csv?stage=chosen").data.decode("utf-8-sig"))))
    assert [row[0] for row in rows[1:]] == ["Ada Lovelace"]


def test_export_needs_a_reason_and_keeps_what_was_typed(admin: Visitor) -> None:
    make_person_with_choice("Ada Lovelace")
    response = admin.press("/admin/exports", kind="headshots", size="directory", template="{email}", reason=" no ")
    assert response.status_code == 400
    assert "Write why you need these pictures" in response.text
    assert "{email}" in response.text
    assert exports.list_exports() == []


def test_person_sees_each_export_of_their_picture_with_its_reason(
    admin: Visitor, sign_in: Callable[[Person], Visitor]
) -> None:
    person, other = make_person_with_choice("Ada Lovelace"), make_person_with_choice("Ben Studio", is_agreed=False)
    build_export(admin, reason="New badges for Berlin")
    page = sign_in(person).page("/headshots/data").text
    assert "Put your headshot into an export" in page
    assert "Downloaded an export with your headshot" in page
    assert page.count("Reason: New badges for Berlin") == 2
    assert "Cleo" in page
    assert "New badges for Berlin" not in sign_in(other).page("/headshots/data").text


def test_own_photo_policy_keeps_generated_pictures_out_of_an_export(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(ai_policy=parse_ai_policy("badge=own-photo"))
    with app.app_context():
        admin = sign_in_as(app, factories.make_person(name="Cleo", role="admin"))
        make_person_with_choice("Ada Lovelace")
        export, archive = build_export(admin, size_key="badge")
        assert export.left_out == 1
        assert [name for name in archive.namelist() if name.startswith("headshots/")] == []


def test_page_states_the_policy_of_every_size(make_app: Callable[..., Flask]) -> None:
    app = make_app(ai_policy=parse_ai_policy("badge=own-photo, directory=mark, web=text"))
    with app.app_context():
        page = sign_in_as(app, factories.make_person(name="Cleo", role="admin")).page("/admin/exports")
    cells = [[get_text(cell) for cell in row] for row in page.all("tr")]
    rows = {row[0]: row[1] for row in cells[1:] if len(row) == 2}
    assert set(rows) == {export_messages.describe_size(spec) for spec in KIT_FILES}
    assert rows["Badge, 900 × 1200"] == "Not offered: own photos only"
    assert rows["Directory and HR, 600 × 600"] == "Label in the file, and a visible mark in the picture"
    assert rows["LDAP, 96 × 96"] == "Label in the file"
    assert "people are asked to write it beside" in rows["Website, 1200 × …"]


@pytest.mark.parametrize("role", ["employee", "manager"])
def test_colleagues_see_no_picture_chosen_or_not(sign_in: Callable[[Person], Visitor], role: str) -> None:
    person = make_person_with_choice("Ada Lovelace")
    with transaction() as session:
        photo = session.query(Photo).first()
    assert photo is not None
    colleague = sign_in(factories.make_person(name="Colleague", role=role, roles=[role], manages=["staff"]))
    assert colleague.get(f"/photos/{photo.id}/original.jpg").status_code == 404
    assert colleague.get(f"/photos/{photo.id}/640.webp").status_code == 404
    for path in ("/admin/exports", f"/admin/people/{person.id}", "/admin/people"):
        assert colleague.get(path).status_code == 403
    for path in ("/headshots", "/headshots/data", *(["/team"] if role == "manager" else [])):
        assert f"/photos/{photo.id}" not in colleague.get(path).text
