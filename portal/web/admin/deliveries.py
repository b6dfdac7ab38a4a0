"""The console's list of webhooks as they came, and the button that applies one again."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain import job_types
from portal.domain.errors import NotFound
from portal.domain.event_redaction import redact_event
from portal.domain.roles import Right
from portal.models import deliveries, monitoring, people, queue, shoots
from portal.models.deliveries import DeliveryFilter
from portal.presentation.plurals import format_plural as ngettext
from portal.services import deliveries as delivery_service
from portal.web.context import get_context
from portal.web.security.access import get_current_person
from portal.web.security.safe_redirect import parse_own_page

blueprint = Blueprint("deliveries", __name__, url_prefix="/admin/deliveries")

PAGE = 50
STATES = ("pending", "applied", "ignored", "dead")
EVENTS = ("model.created", "model.status.updated", "model.photos_ready", "model.favorite_selected", "model.deleted")
_MAX_SEARCH_LENGTH = 100
# More than this are a fault of the whole way, for `portal replay`.
_MAX_REPLAYED = 1000
_DIGITS = 19
# Largest value of the column; a larger one in a URL matches no delivery.
_LARGEST = 2**63 - 1


@blueprint.get("")
def show_deliveries() -> str:
    """List webhooks, the newest first; ``q``, ``event`` and ``state`` filter, ``before`` turns the page."""
    filters = _parse_filters()
    before = request.args.get("before", type=int)
    before = before if before is not None and 0 < before <= _LARGEST else None
    found = deliveries.list_newest(PAGE + 1, _build_filter(filters), before_id=before)
    return render_template(
        "admin/deliveries.html",
        deliveries=found[:PAGE],
        older_than=found[PAGE - 1].id if len(found) > PAGE else None,
        filters=filters,
        counts=monitoring.count_deliveries_by_state(),
        states=STATES,
        events=EVENTS,
    )


@blueprint.get(f"/<int(max={_LARGEST}):delivery_id>")
def show_delivery(delivery_id: int) -> str:
    """Show one webhook: headers and body without personal values, its attempts and what followed."""
    found = deliveries.find_by_id(delivery_id)
    if found is None:
        raise NotFound
    shoot = shoots.find_by_provider_id(found.model_id) if found.model_id else None
    sees_people = Right.SEE_PEOPLE in get_current_person().rights
    return render_template(
        "admin/delivery.html",
        delivery=found,
        body=redact_event(found.body) if found.body is not None else None,
        attempts=queue.list_attempts(job_types.APPLY_DELIVERY, delivery_id=delivery_id),
        person=people.find_person(shoot.person_id) if shoot is not None and sees_people else None,
        is_ours=shoot is not None,
    )


@blueprint.post("/replay")
def replay_deliveries() -> Response:
    """Apply the selected webhooks again, or all that the filter matches."""
    filters = _parse_filters()
    if request.form.get("all"):
        chosen = deliveries.list_ids(_build_filter(filters), _MAX_REPLAYED)
    else:
        chosen = [
            int(value) for value in request.form.getlist("selected") if value.isdecimal() and len(value) < _DIGITS
        ]
    actor = get_current_person().id
    queued = delivery_service.replay_deliveries(chosen, actor_id=actor, now=get_context().clock())
    flash(ngettext("%(num)s webhook is queued again.", "%(num)s webhooks are queued again.", queued), "good")
    return redirect(url_for("deliveries.show_deliveries", **filters), 303)


def _parse_filters() -> dict[str, Any]:
    """Return the valid filters of the address."""
    state, event = request.args.get("state"), request.args.get("event")
    text = request.args.get("q", "").strip()[:_MAX_SEARCH_LENGTH].replace("\0", "")
    given = {
        "q": text if text and Right.SEE_PEOPLE in get_current_person().rights else None,
        "model": request.args.get("model", "").strip()[:_MAX_SEARCH_LENGTH].replace("\0", "") or None,
        "state": state if state in STATES else None,
        "event": event if event in EVENTS else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _build_filter(filters: dict[str, Any]) -> DeliveryFilter:
    model_ids: tuple[str, ...] | None = (filters["model"],) if "model" in filters else None
    if "q" in filters:
        model_ids = delivery_service.find_model_ids(filters["q"])
    return DeliveryFilter(state=filters.get("state"), event=filters.get("event"), model_ids=model_ids)


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
