"""A person's journey: my page, consent, starting the photo session, and the studio."""

from __future__ import annotations

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from portal.domain import framing
from portal.domain.consent import Policy, Purpose
from portal.domain.durations import DEFAULTS, Step
from portal.domain.errors import BadInput, ConsentMissing, PolicyChanged
from portal.domain.stages import Stage
from portal.models.link_reports import LinkReport
from portal.presentation import consent_texts, formatting, qr_code
from portal.services import consent, journey, link_reports, monitoring, shoots
from portal.services.link_reports import LinkReportInput, LinkSymptom
from portal.web.context import get_context
from portal.web.observability.request_id import get_request_id
from portal.web.pages import stage_page
from portal.web.pages.stage_page import StageView
from portal.web.security.access import get_current_person

blueprint = Blueprint("headshots", __name__)

_STUDIO_ENDPOINTS = frozenset({"headshots.start_shoot", "headshots.show_studio", "headshots.show_not_now"})
_CONSENT_ENDPOINTS = frozenset({"headshots.show_consent", "headshots.update_consent"})


@blueprint.before_request
def redirect_without_studio() -> AnyResponse | None:
    """Lead from the studio's pages to the page for own photos if the company uses no studio.

    People who agreed before that still read what they agreed to and can withdraw it.
    """
    if get_context().settings.has_studio:
        return None
    if request.endpoint in _STUDIO_ENDPOINTS or (
        request.endpoint in _CONSENT_ENDPOINTS
        and request.form.get("decision") != "withdraw"
        and (request.method == "POST" or journey.get_journey(get_current_person()).consent is None)
    ):
        return redirect(url_for("own_photo.show_own_photo"), 303)
    return None


@blueprint.get("/headshots")
def show_my_page() -> AnyResponse | str:
    """Show my page: the stage and the next step. Redirects to the page of the step where there is one."""
    person = get_current_person()
    current = journey.get_journey(person)
    if (endpoint := stage_page.find_step_endpoint(current)) is not None:
        return redirect(url_for(endpoint), 303)
    return render_template("headshots/mine.html", shown=stage_page.build_stage_view(person, current))


@blueprint.get("/headshots/status")
def show_status() -> AnyResponse:
    """Return the fragment of my page for live updates; 304 while nothing has changed."""
    shown = stage_page.build_stage_view(get_current_person())
    response = make_response(shown.fragment)
    response.set_etag(shown.etag)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    return response.make_conditional(request)


@blueprint.get("/headshots/consent")
def show_consent() -> str:
    """Show the policy and the form; after agreeing, the stored text and the way to withdraw."""
    return _consent_page(checked=[], missing=[])


@blueprint.post("/headshots/consent")
def update_consent() -> AnyResponse | tuple[str, int]:
    """Store consent and request the photo session."""
    if request.form.get("decision", "agree") != "agree":
        raise BadInput
    return _give_consent(request.form.getlist("purpose"))


def _give_consent(checked: list[str]) -> AnyResponse | tuple[str, int]:
    policy = _build_policy()
    if missing := policy.list_missing(checked):
        return _consent_page(checked=checked, missing=missing), 400
    portal = get_context()
    try:
        consent.store_consent(
            get_current_person(),
            policy,
            checked,
            now=portal.clock(),
            provider=portal.settings.provider,
            user_agent=request.user_agent.string[:300] or None,
            shown_sha256=request.form.get("text"),
        )
    except PolicyChanged:
        flash(_("The text changed while this page was open. Here’s the new one."), "warn")
        return _consent_page(checked=[], missing=[]), 409
    return start_shoot()


def _build_policy() -> Policy:
    """Build the policy from texts that are read now: what is agreed to may not be seconds old."""
    portal = get_context()
    settings, texts = portal.settings, portal.texts.refresh_texts()
    return consent_texts.build_policy(
        company=settings.brand_name, studio=portal.brand, periods=settings.retention, texts=texts
    )


def _consent_page(*, checked: list[str], missing: list[Purpose]) -> str:
    portal = get_context()
    current = journey.get_journey(get_current_person())
    return render_template(
        "headshots/consent.html",
        policy=_build_policy(),
        policy_names={"company": portal.settings.brand_name, "studio": portal.brand.name},
        consent=current.consent,
        withdrawn_at=current.withdrawn_at,
        agreed_before_at=None if current.consent else consent.find_agreed_before(current.person_id),
        has_choice=current.choice is not None,
        checked=checked,
        missing=missing,
    )


@blueprint.get("/headshots/not-now")
def show_not_now() -> str:
    """Show what remains possible without consent."""
    return render_template("headshots/not_now.html", own_photo_url=_find_own_photo_url())


def _find_own_photo_url() -> str | None:
    """Return the address of the page for a photo the person already has, None if own photos are switched off."""
    return None if get_context().settings.own_photos == "off" else url_for("own_photo.show_own_photo")


@blueprint.post("/headshots/start")
def start_shoot() -> AnyResponse:
    """Request the person's photo session and show the studio page, which waits for it."""
    portal = get_context()
    try:
        shoots.request_shoot(
            get_current_person(),
            provider=portal.settings.provider,
            development=portal.settings.development or get_current_person().is_tester,
            now=portal.clock(),
            renew_after_months=portal.settings.renew_after_months,
        )
    except ConsentMissing:
        return redirect(url_for("headshots.show_consent"), 303)
    return redirect(url_for("headshots.show_studio"), 303)


@blueprint.get("/headshots/studio")
def show_studio() -> AnyResponse:
    """Show the studio page, or the wait for the session; redirect to my page once the photos are taken."""
    person, portal = get_current_person(), get_context()
    current = journey.get_journey(person)
    if current.consent is None:
        return redirect(url_for("headshots.show_consent"), 303)
    # Read before the studio is opened, which is the person's response to a resolved report.
    report = link_reports.find_current_report(current)
    url = shoots.open_studio(person, portal)
    view = stage_page.build_stage_view(person)
    if view.key != "starting" and (url is None or view.journey.stage is not Stage.IN_STUDIO):
        return redirect(url_for("headshots.show_my_page"), 303)
    # The signed URL is a password: no cache may store it.
    return make_response(_studio_page(url, view, report), {"Cache-Control": "no-store"})


def _studio_page(url: str | None, view: StageView, report: LinkReport | None) -> str:
    portal = get_context()
    settings, now = portal.settings, portal.clock()
    phone_address = settings.public_url + "/start"
    shoot = view.journey.shoot
    usual = portal.expectations.get_expected(shoot, now)[Step.STUDIO] if shoot else DEFAULTS[Step.STUDIO]
    return render_template(
        "headshots/studio.html",
        url=url,
        shown=view,
        report=report,
        origins=settings.embed_origins,
        frame_sandbox=framing.SANDBOX if settings.frame_sandbox else None,
        frame_allow=framing.build_allow_attribute(settings.embed_origins),
        phone_address=phone_address,
        phone_code=qr_code.render_qr_code(phone_address),
        request_number=get_request_id(),
        usual_middle=formatting.format_duration(usual.middle),
        own_photo_url=_find_own_photo_url(),
        seems_down=monitoring.is_studio_down(now),
    )


@blueprint.post("/headshots/studio/dead-link")
def report_link() -> AnyResponse:
    """Store a report of a dead studio link."""
    portal = get_context()
    try:
        symptom = LinkSymptom(request.form.get("saw", LinkSymptom.OTHER))
    except ValueError:
        raise BadInput from None
    report = LinkReportInput(
        symptom=symptom, browser=request.user_agent.string[:200] or None, request_id=get_request_id()
    )
    if not link_reports.report_link(get_current_person(), report, portal):
        return redirect(url_for("headshots.show_my_page"), 303)
    flash(_("Thanks. Your admins know now, and nothing you gave the studio is lost."), "good")
    return redirect(url_for("headshots.show_studio"), 303)
