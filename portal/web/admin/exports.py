"""The console's exports: the form, the worker's progress, the finished files, and the list of people as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.db import release_connection
from portal.domain.access_reasons import MAX_REASON_LENGTH
from portal.domain.errors import ReasonMissing
from portal.domain.export_names import DEFAULT_TEMPLATE, MAX_TEMPLATE_LENGTH, NameParts, TemplateInvalid, build_name
from portal.domain.kit_files import KIT_FILES
from portal.models import exports, people_counts, people_list
from portal.models.exports import ExportKind
from portal.models.people_list import PeopleFilter
from portal.presentation import export_messages
from portal.presentation.csv_file import Cell
from portal.services import exports as service
from portal.services.exports import ExportRequest
from portal.web.admin.people_query import parse_query, parse_selected
from portal.web.admin.people_views import list_teams
from portal.web.context import get_context
from portal.web.csv_response import build_csv_response
from portal.web.downloads import build_download
from portal.web.security.access import get_current_person

blueprint = Blueprint("exports", __name__, url_prefix="/admin")

_BATCH = 500
_DEFAULT_SIZE = "directory"


@blueprint.get("/exports")
def show_exports() -> str:
    """Show the form, what is being made, and what can be downloaded."""
    return _render()


@blueprint.post("/exports")
def create_export() -> AnyResponse | tuple[str, int]:
    """Have an export built; a template that cannot be used keeps what was typed."""
    team = request.form.get("team", "").strip()
    export_request = ExportRequest(
        kind=request.form.get("kind", ""),
        size_key=request.form.get("size", ""),
        template=request.form.get("template", "")[: MAX_TEMPLATE_LENGTH + 5],
        team=team or None,
        reason=request.form.get("reason", ""),
    )
    try:
        service.request_export(export_request, actor=get_current_person(), context=get_context())
    except TemplateInvalid:
        return _render(is_template_invalid=True), 400
    except ReasonMissing:
        return _render(is_reason_missing=True), 400
    flash(_("The export is being made. You can leave this page; it is kept for 24 hours."), "good")
    return redirect(url_for("exports.show_exports"), 303)


@blueprint.get("/exports/<uuid:export_id>")
def download_export(export_id: UUID) -> Response:
    """Download a finished export."""
    export, stream = service.open_export(export_id, actor=get_current_person(), context=get_context())
    release_connection()
    return build_download(stream, content_type="application/zip", file_name=export.file_name, size=export.size)


@blueprint.get("/people.csv")
def download_status() -> Response:
    """Download the selected people, or all of the list's filter, as CSV."""
    ids = () if request.args.get("all") else parse_selected(request.args)
    chosen = PeopleFilter(ids=ids) if ids else parse_query(request.args).build_filter()
    return build_csv_response("people", export_messages.list_status_columns(), _iterate_status(chosen))


def _iterate_status(chosen: PeopleFilter) -> Iterator[tuple[Cell, ...]]:
    now, after = get_context().clock(), None
    while rows := people_list.list_rows(chosen, now=now, limit=_BATCH, after=after):
        yield from (export_messages.build_status_row(row, has_address=True) for row in rows)
        after = rows[-1].listed.id


def _render(*, is_template_invalid: bool = False, is_reason_missing: bool = False) -> str:
    context = get_context()
    now = context.clock()
    found = exports.list_exports()
    parts = [NameParts(name, "", number) for name, number in export_messages.SAMPLE_NAMES]
    sample = DEFAULT_TEMPLATE.removesuffix(".jpg")
    return render_template(
        "admin/exports.html",
        exports=found,
        now=now,
        sizes=KIT_FILES,
        kinds=tuple(ExportKind),
        teams=list_teams(context.settings),
        samples=[(each.name, f"{build_name(sample, each)}.jpg") for each in parts],
        template=request.form.get("template", DEFAULT_TEMPLATE),
        chosen_size=request.form.get("size", _DEFAULT_SIZE),
        is_template_invalid=is_template_invalid,
        is_reason_missing=is_reason_missing,
        reason=request.form.get("reason", ""),
        max_reason_length=MAX_REASON_LENGTH,
        ai_policy=context.settings.ai_policy,
        exportable=exports.count_exportable(PeopleFilter(), now=now),
        views=people_counts.count_views(now),
        messages=export_messages,
        is_running=any(exports.is_running(export) for export, _name in found),
    )
