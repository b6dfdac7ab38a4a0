"""Downloads of a person's headshot: single files of the kit, and ZIP files of the kit or of every photo."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.db import release_connection
from portal.domain.errors import NotFound
from portal.domain.kit_files import find_kit_file
from portal.models.archives import ArchiveKind
from portal.services import archives, kits
from portal.web.context import get_context
from portal.web.downloads import build_download
from portal.web.security.access import get_current_person

blueprint = Blueprint("kit", __name__)

_KINDS = {"kit": ArchiveKind.KIT, "photos": ArchiveKind.PHOTOS}


@blueprint.get("/headshots/kit/<key>")
def download_file(key: str) -> Response:
    """Download one file of the kit."""
    spec = find_kit_file(key)
    if spec is None:
        raise NotFound
    file = kits.get_kit_file(get_current_person(), key, get_context().settings)
    release_connection()
    stream = get_context().storage.open(file.storage_key)
    name = f"headshot-{key}.{spec.extension}"
    return build_download(stream, content_type=file.content_type, file_name=name, size=file.size)


@blueprint.post("/headshots/archives/<any(kit, photos):kind>")
def create_archive(kind: str) -> AnyResponse:
    """Have a ZIP file built; its progress is shown on my page."""
    person = get_current_person()
    label = _("headshot") if kind == "kit" else _("headshots")
    archives.request_archive(person, _KINDS[kind], file_name=f"{person.name} {label}", context=get_context())
    return redirect(url_for("headshots.show_my_page", _anchor="downloads"), 303)


@blueprint.get("/headshots/archives/<uuid:archive_id>")
def download_archive(archive_id: UUID) -> Response:
    """Download a finished ZIP file."""
    person, context = get_current_person(), get_context()
    archive, stream = archives.open_archive(person, archive_id, kinds=_KINDS.values(), context=context)
    release_connection()
    return build_download(stream, content_type="application/zip", file_name=archive.file_name, size=archive.size)
