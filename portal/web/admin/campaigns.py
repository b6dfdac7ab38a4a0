"""The console's campaigns: the list, the form, exactly who is invited, starting, pausing and ending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.domain import reminder_plan
from portal.domain.audiences import Audience
from portal.domain.errors import NotFound
from portal.domain.reminder_plan import ReminderPlan
from portal.models import campaign_people, campaigns, roster
from portal.models.campaigns import Campaign
from portal.presentation.mail_templates import render_preview
from portal.presentation.plurals import format_plural as ngettext
from portal.services import campaigns as service
from portal.services.campaigns import CampaignForm
from portal.web.admin.campaign_form import build_values, parse_form, parse_roster_filter, parse_start
from portal.web.admin.form_version import parse_version
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("campaigns", __name__, url_prefix="/admin/campaigns")

PAGE = 100
PARTS = ("matching", "current", "other", "chosen", "unreachable", "remaining")


@blueprint.get("")
def show_campaigns() -> str:
    """List all campaigns with their counts, the newest first."""
    listed = campaigns.list_campaigns()
    return render_template(
        "admin/campaigns.html",
        campaigns=listed,
        counts=campaign_people.count_campaigns([each.id for each in listed]),
        expected=0 if listed else roster.count_entries(),
    )


@blueprint.get("/new")
def show_new_campaign() -> str:
    """Show the form of a new campaign, for the people of the address's roster filter; creating one sends nothing."""
    filtered = parse_roster_filter(request.args)
    return _render_form(None, build_values(None, get_context().settings.time_zone, filtered), {})


@blueprint.post("/new")
def create_campaign() -> Response | tuple[str, int]:
    """Create a draft."""
    form, problems = _parse_form()
    if problems:
        return _render_form(None, form, problems), 400
    campaign_id = service.create_campaign(form, actor_id=get_current_person().id, now=get_context().clock())
    flash(_("Created. Nothing is sent until you start it."), "good")
    return redirect(url_for("campaigns.show_campaign", campaign_id=campaign_id), 303)


@blueprint.get("/<uuid:campaign_id>")
def show_campaign(campaign_id: UUID) -> str:
    """Show a campaign: form, exact numbers, calendar of reminders, preview."""
    found = _get_campaign(campaign_id)
    return _render_form(found, build_values(found, get_context().settings.time_zone), {})


@blueprint.post("/<uuid:campaign_id>")
def update_campaign(campaign_id: UUID) -> Response | tuple[str, int]:
    """Store the form's values; they count for mails that are not sent yet."""
    found = _get_campaign(campaign_id)
    form, problems = _parse_form()
    if problems:
        return _render_form(found, form, problems), 400
    now, actor_id = get_context().clock(), get_current_person().id
    service.update_campaign(campaign_id, form, version=parse_version(), actor_id=actor_id, now=now)
    flash(_("Saved."), "good")
    return _back_to(campaign_id)


@blueprint.get("/<uuid:campaign_id>/people")
def show_people(campaign_id: UUID) -> str:
    """List exactly the people of one part of the count; ``after`` turns the page."""
    found = _get_campaign(campaign_id)
    part = request.args.get("part", "remaining")
    part = part if part in PARTS else "remaining"
    audience, after = Audience.from_json(found.audience), request.args.get("after", "").replace("\0", "") or None
    entries = campaign_people.list_audience(audience, campaign_id, after=after, limit=PAGE + 1, part=part)
    return render_template(
        "admin/campaign_people.html",
        found=found,
        part=part,
        entries=entries[:PAGE],
        after=entries[PAGE - 1].address if len(entries) > PAGE else None,
        counts=campaign_people.count_audience(audience, campaign_id),
    )


@blueprint.post("/<uuid:campaign_id>/start")
def start_campaign(campaign_id: UUID) -> Response:
    """Invite the people who match and are not invited yet."""
    count = service.start_campaign(
        campaign_id, version=parse_version(), actor_id=get_current_person().id, now=get_context().clock()
    )
    if _find_opening(_get_campaign(campaign_id)):
        message = ngettext("%(num)s invitation waits for morning.", "%(num)s invitations wait for morning.", count)
    else:
        message = ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", count)
    flash(message, "good")
    return _back_to(campaign_id)


@blueprint.post("/<uuid:campaign_id>/schedule")
def schedule_start(campaign_id: UUID) -> Response | tuple[str, int]:
    """Have the campaign started at the chosen time."""
    found, now, zone = _get_campaign(campaign_id), get_context().clock(), get_context().settings.time_zone
    starts_at, problem = parse_start(request.form.get("starts_at", ""), zone=zone, now=now)
    if starts_at is None:
        return _render_form(found, build_values(found, zone), {"starts_at": problem or ""}), 400
    actor_id = get_current_person().id
    service.schedule_start(campaign_id, starts_at, version=parse_version(), actor_id=actor_id, now=now)
    flash(_("Scheduled. You can cancel it until then."), "good")
    return _back_to(campaign_id)


@blueprint.post("/<uuid:campaign_id>/unschedule")
def cancel_start(campaign_id: UUID) -> Response:
    """Leave the campaign a draft."""
    return _change(campaign_id, service.cancel_start, _("Canceled. Nothing is sent until you start it."))


@blueprint.post("/<uuid:campaign_id>/test")
def send_test(campaign_id: UUID) -> Response:
    """Send the stored invitation to the admin alone."""
    actor = get_current_person()
    service.send_test(campaign_id, actor_id=actor.id, now=get_context().clock())
    flash(_("A test is on its way to %(address)s.", address=actor.email), "good")
    return _back_to(campaign_id)


@blueprint.post("/<uuid:campaign_id>/pause")
def pause_campaign(campaign_id: UUID) -> Response:
    """Send no mails until it is resumed."""
    return _change(campaign_id, service.pause_campaign, _("Paused. Mails wait until you resume it."))


@blueprint.post("/<uuid:campaign_id>/resume")
def resume_campaign(campaign_id: UUID) -> Response:
    """Send the mails that wait."""
    return _change(campaign_id, service.resume_campaign, _("Running again."))


@blueprint.get("/<uuid:campaign_id>/end")
def show_end(campaign_id: UUID) -> str:
    """Ask for confirmation before ending."""
    found = _get_campaign(campaign_id)
    return render_template("admin/campaign_end.html", found=found, counts=campaign_people.count_campaign(campaign_id))


@blueprint.post("/<uuid:campaign_id>/end")
def end_campaign(campaign_id: UUID) -> Response:
    """End the mails of the campaign."""
    return _change(campaign_id, service.end_campaign, _("Ended. No more mails are sent; photo sessions continue."))


def _change(campaign_id: UUID, action: Callable[..., None], message: str) -> Response:
    action(campaign_id, version=parse_version(), actor_id=get_current_person().id, now=get_context().clock())
    flash(message, "good")
    return _back_to(campaign_id)


def _parse_form() -> tuple[CampaignForm, dict[str, str]]:
    zone = get_context().settings.time_zone
    return parse_form(request.form, zone=zone, today=get_context().clock().astimezone(zone).date())


def _render_form(found: Campaign | None, values: CampaignForm, problems: dict[str, str]) -> str:
    portal = get_context()
    zone = _get_zone()
    today = portal.clock().astimezone(zone).date()
    campaign_id = found.id if found is not None else uuid4()
    language = request.args.get("language") or get_current_person().locale
    return render_template(
        "admin/campaign.html",
        found=found,
        values=values,
        problems=problems,
        options=reminder_plan,
        teams=roster.list_teams(),
        groups=campaign_people.list_groups(),
        counts=campaign_people.count_audience(values.audience, campaign_id),
        progress=campaign_people.count_campaign(campaign_id),
        calendar=_build_calendar(values.reminders, found, values.due_on, today),
        preview=render_preview(
            portal.settings, get_current_person(), values, language=language, texts=portal.texts.get_texts()
        ),
        zone=zone,
        opening=_find_opening(found),
        starts_at=request.form.get("starts_at") or f"{today + timedelta(days=1)}T09:00",
        public_url=portal.settings.public_url,
        has_mail=portal.mailer is not None,
    )


def _build_calendar(plan: ReminderPlan, found: Campaign | None, due_on: date | None, today: date) -> list[date]:
    started = found.started_at.date() if found is not None and found.started_at else today
    return plan.list_calendar(started, due_on)


def _find_opening(found: Campaign | None) -> datetime | None:
    """Return until when a running campaign's mails wait for the end of the quiet hours; None if they are sent now."""
    if found is None or found.state != "running":
        return None
    opening = ReminderPlan.from_json(found.reminders).find_opening(get_context().clock(), _get_zone())
    return opening.astimezone(_get_zone()) if opening else None


def _get_zone() -> ZoneInfo:
    return get_context().settings.time_zone


def _get_campaign(campaign_id: UUID) -> Campaign:
    found = campaigns.find_campaign(campaign_id)
    if found is None:
        raise NotFound
    return found


def _back_to(campaign_id: UUID) -> Response:
    return redirect(url_for("campaigns.show_campaign", campaign_id=campaign_id), 303)
