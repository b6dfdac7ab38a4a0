"""A manager's reminder: an email to the people of one own team who have not chosen a headshot."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.domain.bulk_actions import ActionTarget, BulkAction
from portal.domain.errors import ChangedMeanwhile
from portal.models.people_list import PeopleFilter
from portal.presentation import selection_messages
from portal.services import people_list, people_selection
from portal.services.people_selection import SelectionPlan
from portal.web.admin.people_query import parse_selected
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("team_reminder", __name__, url_prefix="/team/remind")


@blueprint.get("")
def show_confirmation() -> str:
    """Show how many people are reminded, and how many are left out."""
    name = _get_team(request.args.get("name"))
    return _render(name, _build_plan(name))


@blueprint.post("")
def create_reminders() -> Response | tuple[str, int]:
    """Remind the people that were confirmed, unless they are others by now."""
    name = _get_team(request.form.get("name"))
    plan, context = _build_plan(name), get_context()
    try:
        if plan.included:
            people_selection.check_plan(plan, request.form.get("plan", ""))
    except ChangedMeanwhile:
        return _render(name, plan, has_changed=True), 409
    count = people_selection.apply_plan(
        plan, actor=get_current_person(), now=context.clock(), zone=context.settings.time_zone
    )
    flash(selection_messages.get_outcome(BulkAction.REMIND, count), "good" if count else "warn")
    return redirect(url_for("team.show_team", name=name), 303)


def _get_team(name: str | None) -> str | None:
    """Return the team if the manager manages it, their first one without a name."""
    found, _page = people_list.list_team(get_current_person(), name, now=get_context().clock())
    return found


def _build_plan(name: str | None) -> SelectionPlan:
    context = get_context()
    selected = parse_selected(request.values)
    return people_selection.build_plan(
        BulkAction.REMIND,
        PeopleFilter(team=name or "", ids=selected or None, is_active=True),
        ActionTarget(actor_id=get_current_person().id),
        now=context.clock(),
        zone=context.settings.time_zone,
    )


def _render(name: str | None, plan: SelectionPlan, *, has_changed: bool = False) -> str:
    return render_template(
        "team/remind.html",
        name=name,
        plan=plan,
        # People without a name have their address as the label, which is not for managers.
        names=[one.label for one in plan.included if "@" not in one.label],
        selected=parse_selected(request.values),
        has_changed=has_changed,
        words=selection_messages,
    )
