"""The console's page of the provider's account: credits, teams, counts, key scopes, and usage of the API."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from portal.presentation import account_messages, credit_messages
from portal.presentation.csv_file import Cell
from portal.services import provider_account
from portal.web.context import get_context
from portal.web.csv_response import build_csv_response
from portal.web.security.access import get_current_person

blueprint = Blueprint("provider_account", __name__, url_prefix="/admin/account")

_COLUMNS = ("day", "method", "path", "status", "calls", "mean_ms", "p95_ms", "max_ms", "allowed_per_minute")


@blueprint.get("")
def show_account() -> str:
    """Show the last state of the account, and the calls of the last 30 days."""
    context = get_context()
    page = provider_account.get_account_page(context)
    return render_template(
        "admin/account.html",
        page=page,
        bars=account_messages.build_bars(page.days),
        curve=credit_messages.build_curve(page.balances, page.use),
        forecast=credit_messages.describe_forecast(page.use, context.clock().date()),
        alert_below=context.settings.credit_alert_below,
        messages=account_messages,
        studio=context.brand,
        limit=context.settings.rate_limit,
    )


@blueprint.get("/usage.csv")
def download_usage() -> Response:
    """Download the calls of the last 30 days by UTC day, endpoint and status."""
    name = f"usage-{get_context().clock():%Y-%m-%d}"
    return build_csv_response(name, _COLUMNS, _iterate_usage())


def _iterate_usage() -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each line; a call without a response has no status."""
    context = get_context()
    budget = provider_account.get_call_budget(context)
    for calls in provider_account.list_usage(context):
        milliseconds = (round(value) for value in (calls.mean_ms, calls.p95_ms, calls.max_ms))
        day = calls.day.isoformat()
        yield day, calls.method, calls.path, calls.status, calls.count, *milliseconds, budget


@blueprint.post("/read")
def request_reading() -> BaseResponse:
    """Have the worker read the account anew."""
    provider_account.request_reading()
    flash(_("The account is being read. Reload this page in a moment."), "good")
    return redirect(url_for("provider_account.show_account"), 303)


@blueprint.post("/teams")
def update_team() -> BaseResponse:
    """Have a team created, renamed or deleted at the provider."""
    provider_account.request_team_update(
        request.form.get("action", ""),
        team_id=request.form.get("team_id", "")[:100],
        name=request.form.get("name", ""),
        actor=get_current_person(),
        now=get_context().clock(),
    )
    flash(_("The studio’s teams are being changed. Reload this page in a moment."), "good")
    return redirect(url_for("provider_account.show_account"), 303)
