"""The page fragment of a person's stage with its ETag, for the first paint and for live updates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from markupsafe import Markup

from portal.domain import retention
from portal.domain.errors import NotReady
from portal.domain.estimates import Estimate, estimate_completion
from portal.domain.stages import ACTIVE, Stage
from portal.models.people import Person
from portal.models.photos import Photo
from portal.presentation import formatting, missing_photo_messages, stage_messages, waiting_room_messages
from portal.presentation.kit_messages import build_kit_rows
from portal.presentation.waiting_room_messages import Wait
from portal.services import (
    another_attempts,
    credits,
    erasure,
    gallery,
    journey,
    kits,
    link_reports,
    mirroring,
    photo_sessions,
    timeline,
    waiting_room,
)
from portal.services.gallery import find_chosen_photo
from portal.services.journey import Journey
from portal.services.timeline import Event, Timeline
from portal.web.context import get_context
from portal.web.security.csrf import get_masked_token

# Placeholder for the CSRF token, which differs in every rendering and must not change the ETag. No text from
# the database can contain this character.
_TOKEN_PLACEHOLDER = "\x00"  # noqa: S105 - a placeholder, no secret
_PREVIEWS = 3
# Where a company without a studio leads to the page for own photos instead.
_BEFORE_STUDIO = frozenset({"starting", Stage.NOT_STARTED, Stage.CONSENT_GIVEN, Stage.IN_STUDIO, Stage.DELETED})


@dataclass(frozen=True, kw_only=True)
class StageView:
    """One rendering of the fragment.

    Attributes:
        key: the stage; ``starting`` while the session is being created, ``withdrawn`` also while a headshot that
            was kept at the withdrawal stays in use.
        etag: changes exactly when the visible content changes.
        rendered_at: UTC.
        wait: the place in the queue, while the session is being created.
        is_restarted: the studio has sent the session back to its beginning.
        is_reported: the person has reported a dead link, and the report is open.
    """

    key: str
    title: str
    fragment: Markup
    etag: str
    journey: Journey
    rendered_at: datetime
    wait: Wait | None
    is_restarted: bool
    is_reported: bool


def find_step_endpoint(current: Journey) -> str | None:
    """Return the endpoint of the page for the person's step, None if my page shows the step itself."""
    key = _key(current)
    has_link = current.shoot is not None and current.shoot.signed_url is not None
    if not get_context().settings.has_studio and key in _BEFORE_STUDIO:
        return "own_photo.show_own_photo"
    if key == "starting" or (key == Stage.IN_STUDIO and current.consent is not None and has_link):
        return "headshots.show_studio"
    if key == Stage.NOT_STARTED and current.shoot is None:
        return "headshots.show_consent"
    return None


def build_stage_view(person: Person, current: Journey | None = None) -> StageView:
    """Render the fragment of this person's stage."""
    now = get_context().clock()
    current = current or journey.get_journey(person)
    key = _key(current)
    title = _title(current, key)
    wait = _wait(current, now) if key == "starting" else None
    values = _timeline_values(current, now)
    text = render_template(
        "partials/stage.html",
        journey=current,
        stage_key=key,
        stage_title=title,
        csrf_token=lambda: _TOKEN_PLACEHOLDER,
        wait=wait,
        **values,
        **_stage_values(person, current),
    )
    report = link_reports.find_current_report(current)
    return StageView(
        key=key,
        title=title,
        # The digest is taken without the token, which differs in every rendering.
        etag=hashlib.sha256(text.encode()).hexdigest()[:32],
        fragment=Markup(text.replace(_TOKEN_PLACEHOLDER, get_masked_token())),  # noqa: S704  # nosec B704  # our template
        journey=current,
        rendered_at=now,
        wait=wait,
        is_restarted=values["timeline"] is not None and values["timeline"].starts_over,
        is_reported=report is not None and report.done_at is None,
    )


def _wait(current: Journey, now: datetime) -> Wait | None:
    if current.shoot is None:
        return None
    portal = get_context()
    line = waiting_room.get_queue_position(current.shoot, now=now, limit_per_minute=portal.settings.rate_limit)
    return waiting_room_messages.describe_wait(line)


def _is_short(person: Person, current: Journey) -> bool:
    """Return whether the page shows before the start that no credit is left."""
    has_started = current.shoot is not None or current.stage is not Stage.CONSENT_GIVEN
    is_free = get_context().settings.development or person.is_tester
    return not has_started and not is_free and credits.get_forecast().is_used_up


def _key(current: Journey) -> str:
    if current.is_withdrawn:
        return Stage.WITHDRAWN.value
    if current.is_starting:
        # Consent was withdrawn while the session was being created: creation stops; the page shows the consent form.
        return "starting" if current.consent else Stage.NOT_STARTED.value
    return current.stage.value


def _is_copying(current: Journey) -> bool:
    is_finished = current.shoot is not None and current.shoot.provider_status == ACTIVE
    return is_finished and current.expected > 0


def _timeline_values(current: Journey, now: datetime) -> dict[str, Any]:
    shown = timeline.build_timeline(current, expectations=get_context().expectations, now=now)
    usual = shown.usual if shown else None
    return {
        "timeline": shown,
        "estimate": _estimate(current, shown, now),
        "usual_range": formatting.format_range(usual.low, usual.high) if usual else None,
    }


def _estimate(current: Journey, shown: Timeline | None, now: datetime) -> Estimate | None:
    if shown is None or shown.step is None or current.shoot is None:
        return None
    since = shown.since or current.shoot.requested_at
    received = [each.at for each in shown.passed if each.event is Event.RECEIVED]
    return estimate_completion(
        shown.step,
        started_at=received[-1] if received else since,
        since=since,
        usual=get_context().expectations.get_expected(current.shoot, now),
        now=now,
    )


def _stage_values(person: Person, current: Journey) -> dict[str, Any]:
    settings = get_context().settings
    # An own photo does not wait to be chosen from what AI made.
    photos = [one for one in _list_photos(person) if not one.is_own] if current.stage is Stage.READY else []
    return {
        "previews": photos[:_PREVIEWS],
        "photo_count": len(photos),
        "is_copying": _is_copying(current),
        "is_short": _is_short(person, current),
        "sends_mail": settings.mail_url is not None,
        "offers_own_photo": settings.own_photos != "off",
        "viewer_email": person.email,
        "next_step": settings.next_step,
        "unchosen_days": settings.retention[retention.UNCHOSEN_PHOTOS].days,
        **_session_values(person, current),
        "receipt": erasure.find_latest_receipt(person.id) if current.is_withdrawn else None,
        **_missing_values(current),
        **_kit_values(person, current, get_context().clock()),
    }


def _list_photos(person: Person) -> list[Photo]:
    try:
        return gallery.get_gallery(person).photos
    except NotReady:
        # The provider lists other photos than it did, and none of those is here yet.
        return []


def _session_values(person: Person, current: Journey) -> dict[str, Any]:
    """Return what the page shows of all photos, other sessions, and the headshot in use meanwhile."""
    context = get_context()
    now, is_shown = context.clock(), current.stage in {Stage.READY, Stage.CHOSEN}
    is_replaced = current.choice is not None and current.stage is not Stage.CHOSEN
    attempt = another_attempts.get_attempt_state(person.id, settings=context.settings, now=now)
    return {
        "attempt": attempt,
        "photo_archive": photo_sessions.find_photo_archive(person, now) if is_shown else None,
        "earlier_sessions": photo_sessions.list_earlier(person, get_context().settings.retention) if is_shown else [],
        "current_photo": find_chosen_photo(person) if is_replaced else None,
    }


def _missing_values(current: Journey) -> dict[str, Any]:
    if current.shoot is None or current.stage not in {Stage.READY, Stage.CHOSEN, Stage.PROBLEM}:
        return {"missing": None, "missing_reasons": []}
    missing = mirroring.get_missing(current.shoot.id)
    return {"missing": missing, "missing_reasons": missing_photo_messages.list_reasons(missing.refused)}


def _kit_values(person: Person, current: Journey, now: datetime) -> dict[str, Any]:
    if current.stage is not Stage.CHOSEN:
        return {}
    settings = get_context().settings
    detail = kits.get_kit_detail(person, settings, now=now)
    is_own = detail.photo is not None and detail.photo.is_own
    return {
        "photo": detail.photo,
        "kit": detail.kit,
        "kit_rows": build_kit_rows(detail.files, detail.offered, settings.ai_policy, is_own=is_own),
        "kit_total": len(detail.offered),
        "archive": detail.archive,
    }


def _title(current: Journey, key: str) -> str:
    if current.problem is not None:
        return stage_messages.get_problem_title(current.problem)
    return stage_messages.get_stage_title(key, is_copying=_is_copying(current))
