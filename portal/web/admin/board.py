"""The console's first page: what needs attention, the funnel, progress over time and by team."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from portal.models import campaigns
from portal.presentation import attention_messages, board_chart, list_messages
from portal.services import board
from portal.web.context import get_context

SHOWN_CAMPAIGNS = 3

blueprint = Blueprint("board", __name__, url_prefix="/admin")


@blueprint.get("/")
def show_board() -> str:
    """Show how far everyone is."""
    context = get_context()
    current = board.get_board(context.clock(), managed_teams=frozenset(context.settings.team_managers))
    return render_template(
        "admin/board.html",
        board=current,
        campaigns=campaigns.list_running(SHOWN_CAMPAIGNS),
        chart=board_chart.build_chart(current),
        messages=attention_messages,
        list_messages=list_messages,
        credits_url=url_for("provider_account.show_account"),
    )
