"""The console's health page, its checks, and the guide for rotating keys; names only for those who see people."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.presentation import health_messages, provider_messages
from portal.presentation.health_messages import PLATFORMS
from portal.provider.errors import ProviderError
from portal.services import health_monitor, session_probe
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("health", __name__, url_prefix="/admin/health")


@blueprint.get("")
def show_health() -> str:
    """Show the checks, what is stuck, silence, and the calls to the provider."""
    context = get_context()
    page = health_monitor.get_health_page(context)
    return render_template(
        "admin/health.html",
        page=page,
        report=page.report,
        messages=health_messages,
        has_webhook_secret=bool(context.settings.webhook_secrets),
        limit_per_hour=context.settings.rate_limit * 60,
    )


@blueprint.post("/check")
def run_checks() -> Response:
    """Have the worker run every check."""
    health_monitor.request_checks()
    flash(_("The checks are running. This page shows the results in a moment."), "good")
    return redirect(url_for("health.show_health"), 303)


@blueprint.post("/test-session")
def create_test_session() -> Response:
    """Make a development session at the provider and delete it, which proves that it creates sessions for this key."""
    context = get_context()
    try:
        is_deleted = session_probe.create_test_session(get_current_person(), context=context)
    except ProviderError as error:
        flash(provider_messages.describe_error(error, context.clock()), "bad")
    else:
        message = _("The studio made a test session and deleted it: it creates sessions for this key.")
        left = _("The studio made a test session, but didn’t delete it. Delete it under Sessions in the account.")
        flash(message if is_deleted else left, "good" if is_deleted else "warn")
    return redirect(url_for("health.show_health"), 303)


@blueprint.post("/compare")
def request_comparison() -> Response:
    """Have every session compared with the provider."""
    health_monitor.request_full_sweep(actor=get_current_person(), now=get_context().clock())
    flash(_("Every session is being compared with the studio."), "good")
    secret = "key" if request.form.get("secret") == "key" else "webhook"
    return redirect(url_for("health.show_rotation", secret=secret), 303)


@blueprint.get("/rotate/<any(webhook, key):secret>")
def show_rotation(secret: str) -> str:
    """Guide through the rotation of the webhook secret or the API key, with the command of the platform."""
    context = get_context()
    platform = request.args.get("platform", "")
    return render_template(
        "admin/rotate.html",
        secret=secret,
        platform=platform if platform in PLATFORMS else PLATFORMS[0],
        platforms=PLATFORMS,
        messages=health_messages,
        studio=context.brand,
        secrets_active=len(context.settings.webhook_secrets),
        report=health_monitor.get_health_page(context).report,
    )
