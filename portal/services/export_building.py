"""Builds an export: a ZIP file of chosen headshots in one size, with lists or an LDIF file."""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO
from uuid import UUID

from portal.db import transaction
from portal.domain.ai_policy import AiPolicy
from portal.domain.export_names import NameParts, UniqueNames, build_name
from portal.domain.kit_files import KitFileSpec, find_kit_file
from portal.domain.renditions import ORIGINAL
from portal.failpoints import failpoint
from portal.images.errors import PhotoRefused
from portal.images.visible_mark import MarkTexts
from portal.models import exports, kits, photos, picture_accesses
from portal.models.archives import ArchiveState
from portal.models.exports import Export, ExportKind, ExportPerson
from portal.models.picture_accesses import AccessKind
from portal.services.app_context import AppContext
from portal.services.exports import build_filter
from portal.services.kit_rendering import PhotoRenderer
from portal.services.kits import list_usable_keys
from portal.storage import ObjectMissing, build_object_key

log = logging.getLogger(__name__)

_BATCH = 100
_PROGRESS_STEP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedFile:
    """One picture of an export, and whose it is: values alone, since an export of thousands holds them to its end.

    Attributes:
        object_id: the person's id in the company's directory, ``user_principal_name`` their name there.
    """

    path: str
    person_id: UUID
    size: int
    sha256: str
    email: str
    name: str
    employee_number: str | None
    team: str | None
    object_id: str | None
    user_principal_name: str | None
    chosen_at: datetime
    is_ai_generated: bool


@dataclass(frozen=True)
class ExportTexts:
    """How the text files of an export are written.

    Attributes:
        render_lists: yields name and content of the files beside the pictures.
        iterate_record: yields the lines of one person's LDIF record.
        mark: the visible mark in the company's language.
    """

    render_lists: Callable[[Export, list[ExportedFile], datetime], Iterable[tuple[str, bytes]]]
    iterate_record: Callable[[ExportPerson, bytes], Iterable[str]]
    mark: MarkTexts


@dataclass
class _Progress:
    files: list[ExportedFile] = field(default_factory=list)
    names: UniqueNames = field(default_factory=UniqueNames)
    left_out: int = 0

    @property
    def done(self) -> int:
        return len(self.files) + self.left_out


def build_export(export_id: UUID, context: AppContext, texts: ExportTexts) -> None:
    """Build one export and store it. A run that was stopped starts over: the file lies on this machine only.

    Raises:
        StorageError: worth another try.
    """
    export = _start(export_id, context.clock())
    if export is None:
        return
    progress = _Progress()
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            _write_people(archive, export, progress, texts, context)
            for name, content in texts.render_lists(export, progress.files, context.clock()):
                _write(archive, name, content, context.clock())
        _store(export_id, file, progress, context)


def _start(export_id: UUID, now: datetime) -> Export | None:
    with transaction():
        export = exports.lock_export(export_id)
        if export is None or export.state != ArchiveState.PENDING or export.expires_at <= now:
            return None
        export.total = exports.count_exportable(build_filter(export.filters), now=now)
        export.done = export.left_out = 0
        return export


def _write_people(
    archive: zipfile.ZipFile, export: Export, progress: _Progress, texts: ExportTexts, context: AppContext
) -> None:
    spec = find_kit_file(export.size_key)
    assert spec is not None  # noqa: S101 - checked when it was requested
    with tempfile.TemporaryFile() as records:
        records.write(b"version: 1\n\n")
        for exported in _iterate_people(export, context):
            content = _read_file(exported, spec, texts.mark, context)
            if content is None:
                progress.left_out += 1
            else:
                path = _build_path(export, exported, spec, progress)
                progress.files.append(_describe_file(path, exported, content))
                if export.kind == ExportKind.LDIF:
                    records.writelines(f"{line}\n".encode() for line in texts.iterate_record(exported, content))
                else:
                    _write(archive, path, content, context.clock())
            failpoint("export.after_person")
            if progress.done % _PROGRESS_STEP == 0:
                _record_progress(export.id, progress)
        if export.kind == ExportKind.LDIF:
            records.seek(0)
            entry = zipfile.ZipInfo("photos.ldif", date_time=context.clock().timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as target:
                shutil.copyfileobj(records, target)


def _describe_file(path: str, exported: ExportPerson, content: bytes) -> ExportedFile:
    return ExportedFile(
        path=path,
        person_id=exported.person.id,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        email=exported.listed.email,
        name=exported.listed.name,
        employee_number=exported.listed.employee_number,
        team=exported.listed.team,
        object_id=exported.person.oid,
        user_principal_name=exported.person.preferred_username,
        chosen_at=exported.choice.acted_at,
        is_ai_generated=not exported.photo.is_own,
    )


def _build_path(export: Export, exported: ExportPerson, spec: KitFileSpec, progress: _Progress) -> str:
    listed = exported.listed
    parts = NameParts(
        name=listed.name, email=listed.email, employee_number=listed.employee_number or "", team=listed.team or ""
    )
    return f"headshots/{progress.names.reserve_name(build_name(export.template, parts))}.{spec.extension}"


def _iterate_people(export: Export, context: AppContext) -> Iterator[ExportPerson]:
    """Yield the people of an export; each batch is read in a transaction of its own."""
    after: UUID | None = None
    while True:
        with transaction():
            found = exports.list_exportable(
                build_filter(export.filters), now=context.clock(), after=after, limit=_BATCH
            )
        if not found:
            return
        yield from found
        after = found[-1].person.id


def _read_file(exported: ExportPerson, spec: KitFileSpec, texts: MarkTexts, context: AppContext) -> bytes | None:
    """Return the picture in the requested size: the rendered kit file, else rendered from the original.

    None if it cannot be read, or if a generated picture may not be used for this destination.
    """
    if not exported.photo.is_own and context.settings.ai_policy[spec.key] is AiPolicy.OWN_PHOTO:
        return None
    with transaction():
        kit = kits.find_current(exported.person.id)
        is_current = kit is not None and kit.photo_id == exported.photo.id
        is_usable = kit is not None and is_current and spec.key in list_usable_keys(kit, context.settings)
        stored = kits.list_files(kit.id).get(spec.key) if kit is not None and is_usable else None
        original = photos.find_rendition_for_person(exported.photo.id, ORIGINAL.name, exported.person.id)
    try:
        if stored is not None:
            return context.storage.get(stored.storage_key)
        if original is None:
            return None
        content = context.storage.get(original.storage_key)
        photo = exported.photo
        renderer = PhotoRenderer(content, photo.crop, context.settings, texts, is_generated=not photo.is_own)
        return renderer.render(spec).content
    except (ObjectMissing, PhotoRefused) as error:
        log.warning("export.file_missing", extra={"reason": type(error).__name__})
        return None


def _write(archive: zipfile.ZipFile, name: str, content: bytes, now: datetime) -> None:
    archive.writestr(zipfile.ZipInfo(name, date_time=now.timetuple()[:6]), content)


def _record_progress(export_id: UUID, progress: _Progress) -> None:
    with transaction():
        export = exports.lock_export(export_id)
        if export is not None:
            export.done, export.left_out = progress.done, progress.left_out


def _store(export_id: UUID, file: IO[bytes], progress: _Progress, context: AppContext) -> None:
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    key = build_object_key("exports", export_id, "export", f"{export_id.hex}{export_id.hex}", "zip")
    context.storage.put_file(key, file, "application/zip")
    failpoint("export.after_put")
    with transaction():
        export = exports.lock_export(export_id)
        if export is None or export.state != ArchiveState.PENDING:
            return
        export.state, export.storage_key, export.size = str(ArchiveState.READY), key, size
        export.done, export.left_out = progress.done, progress.left_out
        export.finished_at = context.clock()
        # Each person reads on their own page that their picture is in it, and why.
        picture_accesses.add_accesses(
            [each.person_id for each in progress.files],
            kind=AccessKind.EXPORTED,
            actor_id=export.created_by,
            reason=export.reason,
            export_id=export.id,
            now=context.clock(),
        )
