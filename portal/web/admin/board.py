"""The console's first page: what needs attention, the funnel, progress over time and by team."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for

from portal.domain.funnel import STEPS, Step
from portal.models import campaigns
from portal.presentation import attention_messages, board_chart, list_messages
from portal.services import board
from portal.services.board import Board
from portal.web.context import get_context

SHOWN_CAMPAIGNS = 3

blueprint = Blueprint("board", __name__, url_prefix="/admin")


@blueprint.get("/")
def show_board() -> str:
    """Show how far everyone is."""
    context = get_context()
    current = board.get_board(context.clock(), managed_teams=frozenset(context.settings.team_managers))
    running = campaigns.list_running(SHOWN_CAMPAIGNS)
    return render_template(
        "admin/board.html",
        board=current,
        setup_step=None if running else _find_setup_step(current),
        campaigns=running,
        chart=board_chart.build_chart(current),
        messages=attention_messages,
        list_messages=list_messages,
        credits_url=url_for("provider_account.show_account"),
    )


def _find_setup_step(current: Board) -> str | None:
    """Return what an admin does next before the first campaign; None once there is one, or people take part anyway."""
    has_roster, has_campaign = campaigns.has_roster_and_campaign()
    takes_part = any(each.reached for each in current.funnel if STEPS.index(each.step) >= STEPS.index(Step.AGREED))
    if has_campaign or (takes_part and not has_roster):
        return None
    return "campaign" if has_roster else "import"
