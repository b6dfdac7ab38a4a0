"""The console's health page: the machinery, without anyone's name for those who do not see people."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.services import monitoring
from portal.web.context import get_context

blueprint = Blueprint("health", __name__, url_prefix="/admin/health")


@blueprint.get("")
def show_health() -> str:
    """Show silence, what is stuck, and what the provider was asked."""
    context = get_context()
    return render_template(
        "admin/health.html",
        report=monitoring.get_health_report(context.clock()),
        has_webhook_secret=bool(context.settings.webhook_secrets),
        limit_per_hour=context.settings.rate_limit * 60,
    )
