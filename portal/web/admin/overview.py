"""The console's first page: progress, silence, what is stuck, and what the provider was asked."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.services import monitoring
from portal.web.context import get_context

blueprint = Blueprint("overview", __name__, url_prefix="/admin")


@blueprint.get("/")
def show_overview() -> str:
    """How everything stands right now."""
    portal = get_context()
    return render_template(
        "admin/overview.html",
        report=monitoring.get_health_report(portal.clock()),
        has_webhook_secret=bool(portal.settings.webhook_secrets),
        limit_per_hour=portal.settings.rate_limit * 60,
    )
