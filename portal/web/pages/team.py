"""A manager's teams and the stage of each member; no pictures and no reasons for a delay."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from portal.presentation import list_messages
from portal.services import people_list
from portal.web.context import get_context
from portal.web.paging import parse_after_id
from portal.web.security.access import get_current_person

blueprint = Blueprint("team", __name__)


@blueprint.get("/team")
def show_team() -> str:
    """Show one of the manager's teams."""
    manager = get_current_person()
    name, page = people_list.list_team(
        manager, request.args.get("name"), now=get_context().clock(), after=parse_after_id()
    )
    return render_template(
        "team/show.html", teams=sorted(manager.manages), name=name, page=page, messages=list_messages
    )
