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
    """Ask how much is deleted: one way only without a chosen headshot, no question with nothing to withdraw."""
    person = get_current_person()
    current = journey.get_journey(person)
    context = get_context()
    return render_template(
        "headshots/withdraw.html",
        journey=current,
        can_withdraw=withdrawal.can_withdraw(person),
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
