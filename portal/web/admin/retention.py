"""The console's retention page: what will be deleted within a week, what was deleted, and the periods in force."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.domain.retention import RETENTION_RULES
from portal.presentation import retention_messages
from portal.services import retention_plan
from portal.web.context import get_context

blueprint = Blueprint("retention", __name__, url_prefix="/admin/retention")


@blueprint.get("")
def show_retention() -> str:
    """Show counts by class and day; no names."""
    context = get_context()
    periods, now = context.settings.retention, context.clock()
    return render_template(
        "admin/retention.html",
        planned=retention_plan.list_planned(periods, now=now),
        runs=retention_plan.list_runs(),
        overdue=list(retention_plan.iterate_overdue(periods, now=now)),
        rules=RETENTION_RULES,
        periods=periods,
        messages=retention_messages,
    )
