"""A manager's teams: totals, stages and a status CSV; without pictures, addresses and reasons for a delay."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request

from portal.domain.funnel import NOT_SIGNED_IN
from portal.domain.stages import Stage
from portal.models import people_list as rows
from portal.models.people_list import PeopleFilter
from portal.presentation import export_messages, list_messages
from portal.presentation.csv_file import Cell
from portal.services import people_list
from portal.web.context import get_context
from portal.web.csv_response import build_csv_response
from portal.web.paging import parse_after_id
from portal.web.security.access import get_current_person

blueprint = Blueprint("team", __name__)

_STAGES = (NOT_SIGNED_IN, *Stage)
_BATCH = 500


@blueprint.get("/team")
def show_team() -> str:
    """Show one of the manager's teams; ``stage`` filters."""
    manager, now = get_current_person(), get_context().clock()
    stage = request.args.get("stage")
    stage = stage if stage in _STAGES else None
    name, page = people_list.list_team(manager, request.args.get("name"), stage=stage, now=now, after=parse_after_id())
    return render_template(
        "team/show.html",
        teams=sorted(manager.manages),
        name=name,
        page=page,
        stage=stage,
        stages=_STAGES,
        totals=people_list.count_team(name, now=now),
        messages=list_messages,
    )


@blueprint.get("/team.csv")
def download_status() -> Response:
    """Download the stage of each member of one of the manager's teams, without addresses."""
    now = get_context().clock()
    name, _page = people_list.list_team(get_current_person(), request.args.get("name"), now=now)
    return build_csv_response("team", export_messages.list_team_columns(), _iterate_status(name))


def _iterate_status(name: str | None) -> Iterator[tuple[Cell, ...]]:
    if name is None:
        return
    now, after = get_context().clock(), None
    chosen = PeopleFilter(team=name, is_active=True)
    while found := rows.list_rows(chosen, now=now, limit=_BATCH, after=after):
        yield from (export_messages.build_status_row(row, has_address=False) for row in found)
        after = found[-1].listed.id
