"""Exports of chosen headshots: requested and downloaded with an audit entry each, and deleted when they expire."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain import job_types
from portal.domain.access_reasons import normalize_reason
from portal.domain.errors import BadInput, NotFound
from portal.domain.export_names import parse_template
from portal.domain.kit_files import find_kit_file
from portal.domain.retention import EXPORTS
from portal.models import audit, exports, picture_accesses, queue
from portal.models.archives import ArchiveState
from portal.models.exports import Export, ExportKind
from portal.models.people import Person
from portal.models.people_list import PeopleFilter
from portal.models.picture_accesses import AccessKind
from portal.services.app_context import AppContext
from portal.storage import Storage

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ExportRequest:
    """What an admin requests.

    Attributes:
        kind: see :class:`portal.models.exports.ExportKind`.
        size_key: a file of the kit.
        template: of the file names.
        reason: why the pictures are needed.
        team: only this team; None for all.
        ids: exactly these rows of the list; None for all.
    """

    kind: str
    size_key: str
    template: str
    reason: str
    team: str | None = None
    ids: tuple[UUID, ...] | None = None

    def build_filters(self) -> dict[str, Any]:
        """Return the filters as they are stored."""
        filters: dict[str, Any] = {} if self.team is None else {"team": self.team}
        return filters if self.ids is None else filters | {"ids": [str(each) for each in self.ids]}


def request_export(
    request: ExportRequest, *, actor: Person, context: AppContext, export_id: UUID | None = None
) -> UUID:
    """Have an export built; return its id. A second request with the same ``export_id`` changes nothing.

    Raises:
        BadInput: the kind or size does not exist.
        ReasonMissing: no reason is given.
        TemplateInvalid: the file names cannot be made from this template.
    """
    if request.kind not in tuple(ExportKind) or find_kit_file(request.size_key) is None:
        raise BadInput
    template = parse_template(request.template)
    reason = normalize_reason(request.reason)
    now = context.clock()
    with transaction() as session:
        if export_id is not None and exports.lock_export(export_id) is not None:
            return export_id
        export = Export(
            id=export_id or uuid4(),
            kind=request.kind,
            size_key=request.size_key,
            template=template,
            filters=request.build_filters(),
            reason=reason,
            created_by=actor.id,
            file_name=f"{request.kind}-{now:%Y-%m-%d}.zip",
            state=str(ArchiveState.PENDING),
            created_at=now,
            expires_at=now + context.settings.retention[EXPORTS],
        )
        session.add(export)
        session.flush()
        queue.enqueue_job(job_types.BUILD_EXPORT, export_id=str(export.id))
        audit.create_entry("export.requested", at=now, actor_id=actor.id, kind=request.kind, size=request.size_key)
    return export.id


def build_filter(filters: Mapping[str, Any]) -> PeopleFilter:
    """Return the filter of a stored export."""
    ids = filters.get("ids")
    return PeopleFilter(team=filters.get("team"), ids=None if ids is None else tuple(map(UUID, ids)))


def open_export(export_id: UUID, *, actor: Person, context: AppContext) -> tuple[Export, BinaryIO]:
    """Return a finished export and its content, for the caller to stream and close. Each download is audited.

    Raises:
        NotFound: there is none that is finished, or it expired.
        StorageError: the content cannot be read now.
    """
    now = context.clock()
    with transaction():
        export = exports.lock_export(export_id)
        if export is None or export.storage_key is None or export.expires_at <= now:
            raise NotFound
        export.downloaded_at = export.downloaded_at or now
        audit.create_entry("export.downloaded", at=now, actor_id=actor.id, kind=export.kind, people=export.done)
        picture_accesses.copy_accesses(
            export.id, before=AccessKind.EXPORTED, kind=AccessKind.DOWNLOADED, actor_id=actor.id, now=now
        )
    return export, context.storage.open(export.storage_key)


def record_failure(export_id: UUID, storage: Storage, *, reason: str) -> None:
    """Record that an export cannot be built, after the last try, and delete what the tries may have stored.

    Raises:
        StorageError: the file is not deleted; the failure is recorded.
    """
    has_failed = False
    with transaction():
        export = exports.lock_export(export_id)
        if export is not None and export.state == ArchiveState.PENDING:
            export.state = str(ArchiveState.FAILED)
            has_failed = True
    log.error("export.failed", extra={"export": str(export_id), "reason": reason})
    if has_failed:
        storage.delete_all(f"exports/{export_id}/")


def delete_expired(storage: Storage, *, now: datetime) -> int:
    """Delete the files of expired exports; return how many. Can be stopped anywhere and run again.

    Their rows stay for some time, so that one press makes them again.

    Raises:
        StorageError: worth another try.
    """
    with transaction():
        expired = exports.list_expired(now)
    for export_id in expired:
        storage.delete_all(f"exports/{export_id}/")
        with transaction():
            export = exports.lock_export(export_id)
            if export is not None:
                export.storage_key = None
    return len(expired)
