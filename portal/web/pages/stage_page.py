"""The page fragment of a person's stage with its ETag, for the first paint and for live updates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from markupsafe import Markup

from portal.domain.stages import ACTIVE, Stage
from portal.models.people import Person
from portal.presentation import formatting, stage_messages, waiting_room_messages
from portal.presentation.waiting_room_messages import Wait
from portal.services import credits, gallery, journey, link_reports, timeline, waiting_room
from portal.services.journey import Journey
from portal.web.context import portal_context
from portal.web.security.csrf import masked_token

# Placeholder for the CSRF token, which differs in every rendering and must not change the ETag. No text from
# the database can contain this character.
_TOKEN_PLACEHOLDER = "\x00"  # noqa: S105 - a placeholder, no secret
_PREVIEWS = 3


@dataclass(frozen=True)
class StageView:
    """One rendering of the fragment.

    Attributes:
        key: the stage; ``starting`` while the session is being created, ``withdrawn`` while the studio works on
            the photos of a person who has withdrawn consent.
        etag: changes exactly when the visible content changes.
        at: when it was rendered, UTC.
        wait: the place in the queue, while the session is being created.
        usual_range: how long the present step usually takes, as text.
        is_reported: the person has reported a dead link, and the report is open.
    """

    key: str
    title: str
    fragment: Markup
    etag: str
    journey: Journey
    rendered_at: datetime
    wait: Wait | None = None
    usual_range: str | None = None
    is_reported: bool = False


def build_stage_view(person: Person) -> StageView:
    """Render the fragment of this person's stage."""
    now = portal_context().clock()
    current = journey.load(person)
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
    etag = hashlib.sha256(text.encode()).hexdigest()[:32]
    text = text.replace(_TOKEN_PLACEHOLDER, masked_token())
    fragment = Markup(text)  # noqa: S704  # nosec B704  # a rendered template and a token of ours
    report = values["report"]
    is_reported = report is not None and report.done_at is None
    return StageView(key, title, fragment, etag, current, now, wait, values["usual_range"], is_reported)


def _wait(current: Journey, now: datetime) -> Wait | None:
    if current.shoot is None:
        return None
    portal = portal_context()
    line = waiting_room.get_queue_position(current.shoot, now=now, limit_per_minute=portal.settings.rate_limit)
    return waiting_room_messages.describe_wait(line)


def _is_short(current: Journey) -> bool:
    """Return whether the page shows before the start that no credit is left."""
    has_started = current.shoot is not None or current.stage is not Stage.CONSENT_GIVEN
    return not has_started and not portal_context().settings.development and credits.get_forecast().is_used_up


def _key(current: Journey) -> str:
    if current.is_starting:
        # Consent was withdrawn while the session was being created: creation stops, so the page asks again.
        return "starting" if current.consent else Stage.NOT_STARTED.value
    if current.has_withdrawn and current.stage in {Stage.PHOTOS_RECEIVED, Stage.IN_PROGRESS}:
        return "withdrawn"
    return current.stage.value


def _is_copying(current: Journey) -> bool:
    is_finished = current.shoot is not None and current.shoot.provider_status == ACTIVE
    return is_finished and current.expected > 0


def _timeline_values(current: Journey, now: datetime) -> dict[str, Any]:
    shown = timeline.tell(current, expectations=portal_context().expectations, now=now)
    usual = shown.usual if shown else None
    return {
        "timeline": shown,
        "report": link_reports.find_current_report(current),
        "usual_range": formatting.format_range(usual.low, usual.high) if usual else None,
        "usual_middle": formatting.format_duration(usual.middle) if usual else None,
    }


def _stage_values(person: Person, current: Journey) -> dict[str, Any]:
    photos = gallery.get_gallery(person).photos if current.stage is Stage.READY else []
    return {
        "previews": photos[:_PREVIEWS],
        "photo_count": len(photos),
        "is_copying": _is_copying(current),
        "is_short": _is_short(current),
        "sends_mail": portal_context().settings.mail_url is not None,
        "studio_name": portal_context().brand.name,
    }


def _title(current: Journey, key: str) -> str:
    if current.problem is not None:
        return stage_messages.get_problem_title(current.problem)
    return stage_messages.get_stage_title(key, is_copying=_is_copying(current))
