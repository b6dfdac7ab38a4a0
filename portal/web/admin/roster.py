"""The console's roster: who is expected, the earlier imports, and the form for a new list."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain import roster_file
from portal.domain.roster_filter import INVITABLE_STATES, STATES, RosterFilter
from portal.models import roster, roster_imports
from portal.models.roster_list import count_states, list_entries
from portal.presentation import roster_messages
from portal.services import roster_imports as imports
from portal.web.admin.people_names import list_names
from portal.web.context import get_context
from portal.web.csv_response import build_csv_response
from portal.web.paging import parse_after_id
from portal.web.security.access import get_current_person

blueprint = Blueprint("roster", __name__, url_prefix="/admin/roster")

PAGE = 50
_IMPORTS = 10
_MAX_SEARCH_LENGTH = 100


@blueprint.get("")
def show_roster() -> str:
    """List who is expected, by address; ``q``, ``team`` and ``state`` filter."""
    state = request.args.get("state")
    filters = {
        "q": _get_text("q"),
        "team": _get_text("team"),
        "state": state if state in STATES else None,
    }
    chosen = RosterFilter(filters["q"], filters["team"], filters["state"])
    found = list_entries(chosen, after=parse_after_id(), limit=PAGE)
    return render_template(
        "admin/roster.html",
        entries=found.entries,
        after=found.after,
        filters=filters,
        may_invite=not chosen.is_empty and (chosen.state is None or chosen.state in INVITABLE_STATES),
        counts=count_states(),
        teams=roster.list_teams(),
        imports=roster_imports.list_imports(_IMPORTS),
        messages=roster_messages,
    )


@blueprint.get("/import")
def show_new_import() -> str:
    """Show the form for a new list."""
    return _render_form()


@blueprint.post("/import")
def create_import() -> Response | tuple[str, int]:
    """Store a pasted or uploaded list and have it checked; what is wrong with it keeps what was pasted."""
    pasted, file = request.form.get("pasted", ""), request.files.get("file")
    uploaded = file.read(roster_file.MAX_BYTES + 1) if file is not None and file.filename else b""
    if file is not None:
        file.close()
    content = uploaded or pasted.encode()
    if len(content) > roster_file.MAX_BYTES:
        return _render_form(problem=_("This file is larger than 10 MB. Split it, or save only the first sheet.")), 413
    if not content.strip():
        return _render_form(problem=_("Paste at least one address, or choose a file.")), 400
    name = (file.filename or "") if uploaded and file is not None else ""
    now = get_context().clock()
    import_id = imports.create_import(content, name, actor_id=get_current_person().id, now=now)
    return redirect(url_for("roster_import.show_import", import_id=import_id), 303)


@blueprint.get("/template.csv")
def download_template() -> Response:
    """Return an empty list with the columns that are recognized."""
    return build_csv_response("roster", ("email", "name", "team", "employee number", "due"), ())


def _render_form(problem: str | None = None) -> str:
    found = roster_imports.list_imports(_IMPORTS)
    return render_template(
        "admin/roster_new_import.html",
        problem=problem,
        max_bytes=roster_file.MAX_BYTES,
        pasted=request.form.get("pasted", "") if problem and request.method == "POST" else "",
        imports=found,
        names=list_names({each.created_by for each in found}),
        messages=roster_messages,
        domains=sorted(get_context().settings.allowed_email_domains),
    )


def _get_text(name: str) -> str | None:
    return request.args.get(name, "").strip()[:_MAX_SEARCH_LENGTH].replace("\0", "") or None
