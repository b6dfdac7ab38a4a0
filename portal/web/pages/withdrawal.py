"""Withdrawal of consent: one page with one question."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.domain.erasure import ErasureScope
from portal.domain.errors import BadInput
from portal.services import journey, withdrawal
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("withdrawal", __name__)

_SCOPES = {str(scope): scope for scope in (ErasureScope.UNCHOSEN, ErasureScope.PICTURES)}


@blueprint.get("/headshots/withdraw")
def show_withdrawal() -> str:
    """Ask how much is deleted; without a chosen headshot there is one way only."""
    current = journey.get_journey(get_current_person())
    context = get_context()
    return render_template(
        "headshots/withdraw.html",
        journey=current,
        names={"company": context.settings.brand_name, "studio": context.brand.name},
    )


@blueprint.post("/headshots/withdraw")
def withdraw_consent() -> AnyResponse:
    """Withdraw, and show the state on my page; a second press changes nothing."""
    scope = _SCOPES.get(request.form.get("scope", ""))
    if scope is None:
        raise BadInput
    withdrawal.withdraw_consent(get_current_person(), scope, get_context())
    return redirect(url_for("headshots.show_my_page"), 303)
