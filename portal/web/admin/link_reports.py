"""The console's list of open link reports, and resolving them."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.models import link_reports
from portal.services import link_reports as report_service
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("link_reports", __name__, url_prefix="/admin/links")


@blueprint.get("")
def show_link_reports() -> str:
    """List the open reports, oldest first."""
    return render_template("admin/link_reports.html", reports=link_reports.list_open(), studio=get_context().brand)


@blueprint.post("/<uuid:report_id>/done")
def resolve_report(report_id: UUID) -> Response:
    """Resolve a report, which notifies the person; a refused session starts again."""
    report_service.resolve_report(
        report_id,
        actor_id=get_current_person().id,
        now=get_context().clock(),
        uses_variant=request.form.get("address") == "variant",
    )
    flash(_("Done. The person is asked to try again."), "good")
    return redirect(url_for("link_reports.show_link_reports"), 303)
