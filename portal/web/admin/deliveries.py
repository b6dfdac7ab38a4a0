"""The console's list of webhooks as they came, and the button that applies one again."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain.errors import NotFound
from portal.models import deliveries
from portal.services import deliveries as delivery_service
from portal.services import monitoring
from portal.web.context import get_context
from portal.web.security.access import get_current_person
from portal.web.security.safe_redirect import parse_own_page

blueprint = Blueprint("deliveries", __name__, url_prefix="/admin/deliveries")

PAGE = 50
STATES = ("pending", "applied", "ignored", "dead")
# Largest value of the column; a larger one in a URL matches no delivery.
_LARGEST = 2**63 - 1


@blueprint.get("")
def show_deliveries() -> str:
    """Webhooks, the newest first; ``state`` filters, ``before`` turns the page."""
    state = request.args.get("state")
    state = state if state in STATES else None
    before = request.args.get("before", type=int)
    before = before if before is not None and 0 < before <= _LARGEST else None
    found = deliveries.list_newest(PAGE + 1, before_id=before, state=state)
    return render_template(
        "admin/deliveries.html",
        deliveries=found[:PAGE],
        older_than=found[PAGE - 1].id if len(found) > PAGE else None,
        state=state,
        states=STATES,
        report=monitoring.get_health_report(get_context().clock()),
    )


@blueprint.post(f"/<int(max={_LARGEST}):delivery_id>/replay")
def replay_delivery(delivery_id: int) -> Response:
    """Apply one webhook again, by the provider's present state."""
    actor = get_current_person().id
    if not delivery_service.replay_delivery(delivery_id, actor_id=actor, now=get_context().clock()):
        raise NotFound
    flash(_("Webhook %(number)s is queued again.", number=delivery_id), "good")
    # Return to the filtered list, to continue with the next failed delivery.
    previous_page = parse_own_page(request.referrer, get_context().settings.public_url)
    return redirect(previous_page or url_for("deliveries.show_deliveries"), 303)
