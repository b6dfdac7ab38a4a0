"""A person's own journey: where they stand, agreeing, starting, and the studio; photos are looked at elsewhere."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.domain import framing
from portal.domain.consent import Purpose
from portal.domain.errors import BadInput, ConsentMissing
from portal.domain.stages import Stage
from portal.presentation import qr_code
from portal.services import consent, journey, link_reports, monitoring, shoots
from portal.services.link_reports import Saw, Sighting
from portal.web.context import portal_context
from portal.web.observability.request_id import get_request_id
from portal.web.pages import policy_texts, stage_fragment
from portal.web.security.access import get_current_person

blueprint = Blueprint("headshots", __name__)


@blueprint.get("/headshots")
def mine() -> str:
    """My page: the stage, spelled out, and the one thing to do next."""
    shown = stage_fragment.show(get_current_person())
    return render_template("headshots/mine.html", shown=shown)


@blueprint.get("/headshots/status")
def status() -> AnyResponse:
    """The fragment of my page, for open tabs; 304 without a body while nothing has changed."""
    shown = stage_fragment.show(get_current_person())
    response = make_response(shown.fragment)
    response.set_etag(shown.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    return response.make_conditional(request)


@blueprint.get("/headshots/consent")
def consent_form() -> str:
    """What happens with the photos, and the question; after agreeing, the text again and the way out."""
    return _consent_page(ticked=[], missing=[])


@blueprint.post("/headshots/consent")
def decide() -> AnyResponse | tuple[str, int]:
    """Record the person's yes, or take it back."""
    match request.form.get("decision", "agree"):
        case "agree":
            return _agree(request.form.getlist("purpose"))
        case "withdraw":
            consent.withdraw(get_current_person(), now=portal_context().clock())
            flash(_("You have withdrawn your agreement. No new pictures are taken from the studio."), "good")
            return redirect(url_for("headshots.mine"), 303)
    raise BadInput


def _agree(ticked: list[str]) -> AnyResponse | tuple[str, int]:
    policy = policy_texts.policy()
    if missing := policy.missing(ticked):
        return _consent_page(ticked=ticked, missing=missing), 400
    portal = portal_context()
    consent.give(
        get_current_person(),
        policy,
        ticked,
        now=portal.clock(),
        provider=portal.settings.provider,
        user_agent=request.user_agent.string[:300] or None,
    )
    return redirect(url_for("headshots.mine"), 303)


def _consent_page(*, ticked: list[str], missing: list[Purpose]) -> str:
    standing = journey.load(get_current_person()).consent
    return render_template(
        "headshots/consent.html", policy=policy_texts.policy(), consent=standing, ticked=ticked, missing=missing
    )


@blueprint.post("/headshots/start")
def start() -> AnyResponse:
    """Ask for the person's session; the page they land on waits for it."""
    portal = portal_context()
    try:
        shoots.request_shoot(
            get_current_person(),
            provider=portal.settings.provider,
            development=portal.settings.development,
            now=portal.clock(),
        )
    except ConsentMissing:
        return redirect(url_for("headshots.consent_form"), 303)
    return redirect(url_for("headshots.studio"), 303)


@blueprint.get("/headshots/studio")
def studio() -> AnyResponse:
    """The studio in a frame, or the wait for it; once the photos are taken, my page."""
    person, portal = get_current_person(), portal_context()
    if journey.load(person).consent is None:
        return redirect(url_for("headshots.consent_form"), 303)
    url = shoots.open_studio(person, secretbox=portal.secretbox, now=portal.clock(), outbox=portal.outbox)
    # After the link: opening the studio is itself something the fragment tells.
    shown = stage_fragment.show(person)
    if shown.key != "starting" and (url is None or shown.journey.stage is not Stage.IN_STUDIO):
        return redirect(url_for("headshots.mine"), 303)
    # The address of the session is a password: nothing between here and its owner may keep it.
    return make_response(_studio_page(url, shown), {"Cache-Control": "no-store"})


def _studio_page(url: str | None, shown: stage_fragment.StageShown) -> str:
    settings = portal_context().settings
    phone_address = settings.public_url + "/start"
    return render_template(
        "headshots/studio.html",
        url=url,
        shown=shown,
        studio_name=policy_texts.studio_name(),
        origins=settings.embed_origins,
        frame_sandbox=framing.SANDBOX if settings.frame_sandbox else None,
        frame_allow=framing.build_allow_attribute(settings.embed_origins),
        phone_address=phone_address,
        phone_code=qr_code.drawn(phone_address),
        request_number=get_request_id(),
        usual_range=shown.usual_range,
        is_reported=shown.is_reported,
        seems_down=monitoring.studio_seems_down(portal_context().clock()),
    )


@blueprint.post("/headshots/studio/dead-link")
def report_link() -> AnyResponse:
    """Take the person's word that their link no longer works: a task for an operator, and a next step."""
    portal = portal_context()
    try:
        saw = Saw(request.form.get("saw", Saw.OTHER))
    except ValueError:
        raise BadInput from None
    sighting = Sighting(saw=saw, browser=request.user_agent.string[:200] or None, request_id=get_request_id())
    if not link_reports.report_dead(get_current_person(), sighting, now=portal.clock(), outbox=portal.outbox):
        return redirect(url_for("headshots.mine"), 303)
    if portal.settings.support_email:
        step = _("If a new tab does not help either, write to %(address)s.", address=portal.settings.support_email)
    else:
        step = _("If a new tab does not help either, ask the colleague who sent you here.")
    flash(
        _("Thank you, it is on the list of those who run this portal now. Nothing you gave the studio is lost.")
        + " "
        + step,
        "warn",
    )
    return redirect(url_for("headshots.studio", _anchor="trouble"), 303)
