"""Actions on the selected people: the page with what will happen to whom, and doing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from portal.domain.access_reasons import MAX_REASON_LENGTH
from portal.domain.bulk_actions import ActionTarget, BulkAction
from portal.domain.errors import BadInput, ChangedMeanwhile, ReasonMissing
from portal.domain.export_names import DEFAULT_TEMPLATE
from portal.domain.kit_files import KIT_FILES
from portal.domain.text import normalize_line
from portal.models import campaigns
from portal.models.people_list import PeopleFilter
from portal.presentation import export_messages, selection_messages
from portal.services import exports, people_selection
from portal.services.exports import ExportRequest
from portal.services.people_selection import SelectionPlan
from portal.services.team_names import load_spellings
from portal.web.admin.people_query import PeopleQuery, parse_query, parse_selected
from portal.web.admin.people_views import list_teams
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("people_selection", __name__, url_prefix="/admin/people/selection")

MAX_TEAM_CHARS = 200
# So many names are shown for each reason to leave people out.
SHOWN_NAMES = 8
_DEFAULT_SIZE = "directory"


@dataclass(frozen=True)
class Selection:
    """What a request asks for.

    Attributes:
        is_ready: whether the action has all it needs; without that the page asks for it first.
        problem: what is wrong with the value that was given.
        is_from_person: whether it was started on the person's page, which is shown again afterwards.
    """

    action: BulkAction
    query: PeopleQuery
    ids: tuple[UUID, ...]
    is_everyone: bool
    target: ActionTarget
    is_ready: bool
    problem: str | None
    is_from_person: bool

    def build_filter(self) -> PeopleFilter:
        """Return which people are selected."""
        return self.query.build_filter() if self.is_everyone else PeopleFilter(ids=self.ids)

    @property
    def is_empty(self) -> bool:
        """Whether no person is selected."""
        return not self.is_everyone and not self.ids


@blueprint.get("")
def show_confirmation() -> str:
    """Show exactly what an action would do to whom, and ask for confirmation."""
    selection = parse_selection(request.args)
    return _render(selection, _build_plan(selection))


@blueprint.post("")
def apply_action() -> Response | tuple[str, int]:
    """Do what was confirmed, unless it would concern other people by now."""
    selection, actor = parse_selection(request.form), get_current_person()
    if selection.is_empty:
        raise BadInput
    plan = _build_plan(selection)
    if not selection.is_ready:
        return _render(selection, plan, has_changed=True), 409
    try:
        if plan.included:
            people_selection.check_plan(plan, request.form.get("plan", ""))
        if selection.action is BulkAction.EXPORT:
            return _create_export(selection, plan)
        context = get_context()
        count = people_selection.apply_plan(plan, actor=actor, now=context.clock(), zone=context.settings.time_zone)
    except ChangedMeanwhile:
        return _render(selection, _build_plan(selection), has_changed=True), 409
    flash(selection_messages.get_outcome(selection.action, count), "good" if count else "warn")
    return redirect(_get_origin(selection), 303)


def parse_selection(given: MultiDict[str, str]) -> Selection:
    """Return the selection and action of an address or a form.

    Raises:
        BadInput: there is no such action, or an id is none.
    """
    try:
        action = BulkAction(given.get("action", ""))
    except ValueError:
        raise BadInput from None
    target, is_ready, problem = _parse_target(action, given)
    is_everyone = given.get("all") == "1"
    ids = () if is_everyone else parse_selected(given)
    is_from_person = given.get("from") == "person" and len(ids) == 1
    return Selection(action, parse_query(given), ids, is_everyone, target, is_ready, problem, is_from_person)


def _parse_target(action: BulkAction, given: Mapping[str, str]) -> tuple[ActionTarget, bool, str | None]:
    """Return what the action needs, whether that is complete, and what is wrong with it."""
    actor_id = get_current_person().id
    if action is BulkAction.INVITE:
        running = [each.id for each in campaigns.list_campaigns() if each.state == "running"]
        chosen = next((each for each in running if str(each) == given.get("into")), None)
        campaign_id = chosen or (running[0] if len(running) == 1 else None)
        return ActionTarget(actor_id=actor_id, campaign_id=campaign_id), campaign_id is not None, None
    if action is BulkAction.DUE and "new_due" in given:
        due_on, problem = _parse_due(given["new_due"])
        return ActionTarget(actor_id=actor_id, due_on=due_on), problem is None, problem
    if action is BulkAction.TEAM and "new_team" in given:
        team = normalize_line(given["new_team"], MAX_TEAM_CHARS)
        team = team and load_spellings(get_context().settings).get_spelling(team)
        problem = None if team else _("Enter a team.")
        return ActionTarget(actor_id=actor_id, team=team), team is not None, problem
    is_ready = action not in {BulkAction.DUE, BulkAction.TEAM}
    return ActionTarget(actor_id=actor_id), is_ready, None


def _parse_due(text: str) -> tuple[date | None, str | None]:
    if not text.strip():
        return None, None
    try:
        due_on = date.fromisoformat(text.strip())
    except ValueError:
        return None, _("Write the date like 2026-12-11.")
    context = get_context()
    if due_on < context.clock().astimezone(context.settings.time_zone).date():
        return None, _("This day is over. Choose a later one.")
    return due_on, None


def _build_plan(selection: Selection) -> SelectionPlan:
    context = get_context()
    people_selection.check_right(selection.action, get_current_person())
    return people_selection.build_plan(
        selection.action,
        selection.build_filter(),
        selection.target,
        now=context.clock(),
        zone=context.settings.time_zone,
    )


def _create_export(selection: Selection, plan: SelectionPlan) -> Response | tuple[str, int]:
    """Have the headshots of the selection exported; the same form twice makes one export."""
    export_request = ExportRequest(
        kind=request.form.get("kind", ""),
        size_key=request.form.get("size", ""),
        template=DEFAULT_TEMPLATE,
        reason=request.form.get("reason", ""),
        ids=people_selection.list_included_ids(plan),
    )
    export_id = request.form.get("export_id", type=UUID)
    if not plan.included or export_id is None:
        raise BadInput
    try:
        exports.request_export(export_request, actor=get_current_person(), context=get_context(), export_id=export_id)
    except ReasonMissing:
        return _render(selection, plan, is_reason_missing=True), 400
    flash(_("The export is being made. You can leave this page; it is kept for 24 hours."), "good")
    return redirect(url_for("exports.show_exports"), 303)


def _render(
    selection: Selection, plan: SelectionPlan, *, has_changed: bool = False, is_reason_missing: bool = False
) -> str:
    return render_template(
        "admin/selection.html",
        selection=selection,
        origin=_get_origin(selection),
        plan=plan,
        has_changed=has_changed,
        words=selection_messages,
        shown_names=SHOWN_NAMES,
        most=people_selection.MAX_SELECTED,
        running=[each for each in campaigns.list_campaigns() if each.state == "running"],
        teams=list_teams(get_context().settings),
        export_id=uuid4(),
        is_reason_missing=is_reason_missing,
        reason=request.form.get("reason", ""),
        max_reason_length=MAX_REASON_LENGTH,
        sizes=KIT_FILES,
        default_size=_DEFAULT_SIZE,
        export_messages=export_messages,
    )


def _get_origin(selection: Selection) -> str:
    """Return the address of the page that the action was started on."""
    arguments: dict[str, Any] = selection.query.replace()
    if selection.is_from_person:
        return url_for("people.show_person", person_id=selection.ids[0], **arguments)
    return url_for("people.show_people", **arguments)
