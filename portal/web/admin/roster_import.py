"""One import of the roster: its progress, its lines with their verdicts, and the decision about it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.errors import BadInput, NotFound
from portal.domain.retention import IMPORTED_LINES, LEAVERS_PHOTOS
from portal.domain.roster_columns import FIELDS
from portal.domain.roster_lines import SKIPPED, Verdict
from portal.models import campaigns, roster_absence, roster_deletion, roster_imports
from portal.models.roster_imports import RosterImport
from portal.presentation import retention_messages, roster_messages
from portal.presentation.csv_file import Cell
from portal.services import roster_imports as imports
from portal.services import roster_leaving
from portal.services.roster_imports import Confirmation
from portal.web.admin.form_version import parse_version
from portal.web.admin.people_names import list_names
from portal.web.context import get_context
from portal.web.csv_response import build_csv_response
from portal.web.security.access import get_current_person

blueprint = Blueprint("roster_import", __name__, url_prefix="/admin/roster/import")

PAGE = 50
_ABSENT = 500
_BATCH = 1000
_COLUMNS = 1000
# Largest line number that the database can hold.
_LARGEST = 2**31
VIEWS = {
    "all": tuple(Verdict),
    "new": (Verdict.NEW,),
    "changed": (Verdict.CHANGED, Verdict.LEAVING, Verdict.RETURNING),
    "known": (Verdict.KNOWN,),
    "skipped": SKIPPED,
    **{verdict.value: (verdict,) for verdict in SKIPPED},
}


@blueprint.get("/<uuid:import_id>")
def show_import(import_id: UUID) -> str:
    """Show an import: ``view`` chooses lines by verdict, ``after`` turns the page."""
    found = _get_import(import_id)
    default = "skipped" if sum(found.counts.get(verdict, 0) for verdict in SKIPPED) else "all"
    view = request.args.get("view", default)
    view = view if view in VIEWS else default
    after = min(max(request.args.get("after", 0, type=int), 0), _LARGEST)
    lines = roster_imports.list_lines(import_id, VIEWS[view], after=after, limit=PAGE + 1)
    return render_template(
        "admin/roster_import.html",
        found=found,
        view=view,
        lines=lines[:PAGE],
        after=lines[PAGE - 1].number if len(lines) > PAGE else None,
        view_counts={name: sum(found.counts.get(each, 0) for each in VIEWS[name]) for name in VIEWS},
        changes=roster_imports.count_changes(import_id) if found.state == "ready" else {},
        has_file=found.state in ("ready", "failed") and roster_deletion.has_file(import_id),
        absent=roster_leaving.get_absence(found) if found.state == "ready" else None,
        domains=get_context().settings.allowed_email_domains,
        names=list_names({found.created_by, found.confirmed_by}),
        **_build_choices(found),
    )


def _build_choices(found: RosterImport) -> dict[str, object]:
    settings = get_context().settings
    return {
        "messages": roster_messages,
        "fields": FIELDS,
        "skipped": [each.value for each in SKIPPED],
        "campaigns": [each for each in campaigns.list_campaigns() if each.state == "running"],
        "zone": settings.time_zone,
        "leavers_period": retention_messages.format_period(settings.retention[LEAVERS_PHOTOS]),
        "kept_until": found.created_at + settings.retention[IMPORTED_LINES],
        "tomorrow": datetime.now(settings.time_zone) + timedelta(days=1),
    }


@blueprint.get("/<uuid:import_id>/progress")
def show_progress(import_id: UUID) -> str:
    """Return the fragment with the progress, for the page that is open; it contains no names."""
    found = _get_import(import_id)
    zone = get_context().settings.time_zone
    return render_template("partials/roster_import_state.html", found=found, messages=roster_messages, zone=zone)


@blueprint.get("/<uuid:import_id>/absent")
def show_absent(import_id: UUID) -> str:
    """Show who is on the roster, or has signed in, and is not in the list."""
    found = _get_import(import_id)
    return render_template(
        "admin/roster_absent.html",
        found=found,
        entries=roster_absence.list_absent(found, _ABSENT),
        count=roster_absence.count_absent(found),
        messages=roster_messages,
    )


@blueprint.get("/<uuid:import_id>/lines.csv")
def download_lines(import_id: UUID) -> Response:
    """Return the lines of a view with their verdicts, to correct them and import them again."""
    _get_import(import_id)
    view = request.args.get("view", "skipped")
    verdicts = VIEWS.get(view, VIEWS["skipped"])
    return build_csv_response("lines", ("line", "verdict", "why", "as written"), _iterate_cells(import_id, verdicts))


def _iterate_cells(import_id: UUID, verdicts: tuple[Verdict, ...]) -> Iterator[list[Cell]]:
    domains = get_context().settings.allowed_email_domains
    after = 0
    while lines := roster_imports.list_lines(import_id, verdicts, after=after, limit=_BATCH):
        for line in lines:
            yield [line.number, line.verdict, roster_messages.get_reason(line, domains), line.text]
        after = lines[-1].number


@blueprint.post("/<uuid:import_id>/columns")
def choose_columns(import_id: UUID) -> AnyResponse:
    """Check the list again with the chosen columns."""
    given = {field: request.form.get(field, type=int) for field in FIELDS}
    columns = {field: index for field, index in given.items() if index is not None and 0 <= index < _COLUMNS}
    imports.choose_columns(import_id, columns, version=parse_version())
    return redirect(url_for("roster_import.show_import", import_id=import_id), 303)


@blueprint.post("/<uuid:import_id>/confirm")
def confirm_import(import_id: UUID) -> AnyResponse:
    """Apply the list, at once or at the chosen time."""
    decision = Confirmation(
        version=parse_version(),
        starts_at=_parse_start() if request.form.get("when") == "later" else None,
        marks_absent=request.form.get("absent") == "1",
        campaign_id=request.form.get("campaign", type=UUID),
        typed_count=request.form.get("absent_count", type=int),
    )
    try:
        imports.confirm_import(import_id, decision, actor_id=get_current_person().id, now=get_context().clock())
    except roster_leaving.AbsentCountNotTyped as error:
        flash(roster_messages.describe_untyped(error.count), "warn")
        return redirect(url_for("roster_import.show_import", import_id=import_id), 303)
    if decision.starts_at is not None:
        flash(_("Scheduled. You can change or cancel it until then."), "good")
    return redirect(url_for("roster_import.show_import", import_id=import_id), 303)


@blueprint.post("/<uuid:import_id>/discard")
def cancel_import(import_id: UUID) -> AnyResponse:
    """Discard the list."""
    actor_id = get_current_person().id
    imports.cancel_import(import_id, version=parse_version(), actor_id=actor_id, now=get_context().clock())
    flash(_("Discarded. Nothing on the roster changed."), "good")
    return redirect(url_for("roster.show_new_import"), 303)


def _get_import(import_id: UUID) -> RosterImport:
    found = roster_imports.find_import(import_id)
    if found is None:
        raise NotFound
    return found


def _parse_start() -> datetime:
    """Return the chosen time, given in the portal's time zone, as UTC."""
    try:
        local = datetime.fromisoformat(request.form.get("starts_at", ""))
    except ValueError:
        raise BadInput from None
    return local.replace(tzinfo=get_context().settings.time_zone).astimezone(UTC)
