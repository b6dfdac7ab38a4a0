"""The tasks that make files from photos: kits, own photos and archives."""

from __future__ import annotations

from uuid import UUID

from portal.domain import job_types
from portal.jobs.runner import register_task
from portal.models.archives import ArchiveKind
from portal.presentation import export_files, kit_messages
from portal.services import (
    archive_contents,
    archives,
    data_export,
    export_building,
    exports,
    kit_rendering,
    kits,
    own_photos,
)
from portal.services.app_context import AppContext
from portal.services.export_building import ExportTexts

ARCHIVE_LISTINGS = {**archive_contents.LISTINGS, ArchiveKind.DATA: data_export.list_data_entries}


def _record_kit_failure(context: AppContext, *, error: Exception, kit_id: str) -> None:
    kit_rendering.record_failure(UUID(kit_id), reason=type(error).__name__, now=context.clock())


@register_task(job_types.RENDER_KIT, on_dead=_record_kit_failure)
def render_kit(context: AppContext, *, kit_id: str) -> None:
    """Render the files of one kit."""
    texts = kit_messages.get_mark_texts(context.settings.mail_locale)
    kit_rendering.render_kit(UUID(kit_id), context, texts)


@register_task(job_types.REFRESH_KITS)
def refresh_kits(context: AppContext) -> None:
    """Replace the kits that were rendered with other settings."""
    kit_rendering.refresh_outdated(context)


@register_task(job_types.DELETE_KITS)
def delete_superseded_kits(context: AppContext) -> None:
    """Delete the kits that are out of use."""
    kits.delete_superseded(context)


def _record_archive_failure(context: AppContext, *, error: Exception, archive_id: str) -> None:
    del context
    archives.record_failure(UUID(archive_id), reason=type(error).__name__)


@register_task(job_types.BUILD_ARCHIVE, on_dead=_record_archive_failure)
def build_archive(context: AppContext, *, archive_id: str) -> None:
    """Build one archive."""
    archives.build_archive(UUID(archive_id), context, ARCHIVE_LISTINGS)


def _record_export_failure(context: AppContext, *, error: Exception, export_id: str) -> None:
    exports.record_failure(UUID(export_id), context.storage, reason=type(error).__name__)


@register_task(job_types.BUILD_EXPORT, on_dead=_record_export_failure)
def build_export(context: AppContext, *, export_id: str) -> None:
    """Build one export."""
    texts = ExportTexts(
        export_files.render_lists,
        export_files.iterate_ldif,
        kit_messages.get_mark_texts(context.settings.mail_locale),
    )
    export_building.build_export(UUID(export_id), context, texts)


@register_task(job_types.RENDER_OWN_PHOTO)
def render_own_photo(context: AppContext, *, photo_id: str) -> None:
    """Make the renditions of one own photo."""
    own_photos.render_own_photo(UUID(photo_id), context)
