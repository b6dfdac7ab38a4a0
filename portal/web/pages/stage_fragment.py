"""The fragment that says where a person stands, with its fingerprint; pages and live updates both take it from here."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from portal.domain.stages import ACTIVE, Problem, Stage
from portal.models.people import Person
from portal.presentation import formatting, waiting_room_messages
from portal.presentation.waiting_room_messages import Wait
from portal.services import credits, gallery, journey, link_reports, timeline, waiting_room
from portal.services.journey import Journey
from portal.web.context import portal_context
from portal.web.pages.policy_texts import studio_name

# Stands where the form token will be: a fresh token would make every rendering look like news. No text
# from the database can hold this character.
_TOKEN_PLACE = "\x00"  # noqa: S105 - the very opposite of a secret
_PREVIEWS = 3


@dataclass(frozen=True)
class StageShown:
    """One rendering of the fragment.

    Attributes:
        key: the stage, or ``starting`` while the studio is being prepared, or ``withdrawn`` while it works on
            photos whose owner has withdrawn.
        etag: changes exactly when what the person sees changes.
        at: when it was rendered, UTC.
        wait: how long the studio takes, while it is being prepared.
        usual_range: how long the present step usually takes, in words.
        is_reported: the person has told us that their link is dead, and nobody has seen to it yet.
    """

    key: str
    title: str
    fragment: Markup
    etag: str
    journey: Journey
    at: datetime
    wait: Wait | None = None
    usual_range: str | None = None
    is_reported: bool = False


def show(person: Person) -> StageShown:
    """Render where this person stands."""
    now = portal_context().clock()
    standing = journey.load(person)
    key = _key(standing)
    title = _title(standing, key)
    wait = _wait(standing, now) if key == "starting" else None
    story = _story(standing, now)
    text = render_template(
        "partials/stage.html",
        journey=standing,
        stage_key=key,
        stage_title=title,
        csrf_token=lambda: _TOKEN_PLACE,
        wait=wait,
        **story,
        **_surroundings(person, standing),
    )
    etag = hashlib.sha256(text.encode()).hexdigest()[:32]
    text = text.replace(_TOKEN_PLACE, generate_csrf())
    fragment = Markup(text)  # noqa: S704  # nosec B704  # a rendered template and a token of ours
    report = story["report"]
    is_reported = report is not None and report.done_at is None
    return StageShown(key, title, fragment, etag, standing, now, wait, story["usual_range"], is_reported)


def _wait(standing: Journey, now: datetime) -> Wait | None:
    if standing.shoot is None:
        return None
    portal = portal_context()
    line = waiting_room.look(standing.shoot, now=now, limit_per_minute=portal.settings.rate_limit)
    return waiting_room_messages.describe(line)


def _is_short(standing: Journey) -> bool:
    """Whether somebody who has not started yet should know that no free session is."""
    has_started = standing.shoot is not None or standing.stage is not Stage.CONSENT_GIVEN
    return not has_started and not portal_context().settings.development and credits.forecast().is_used_up


def _key(standing: Journey) -> str:
    if standing.is_starting:
        # Whoever withdrew between the press and the answer is asked again, for nothing is being prepared.
        return "starting" if standing.consent else Stage.NOT_STARTED.value
    if standing.has_withdrawn and standing.stage in {Stage.PHOTOS_RECEIVED, Stage.IN_PROGRESS}:
        return "withdrawn"
    return standing.stage.value


def _is_copying(standing: Journey) -> bool:
    is_finished = standing.shoot is not None and standing.shoot.provider_status == ACTIVE
    return is_finished and standing.expected > 0


def _story(standing: Journey, now: datetime) -> dict[str, Any]:
    told = timeline.tell(standing, expectations=portal_context().expectations, now=now)
    usual = told.usual if told else None
    return {
        "timeline": told,
        "report": link_reports.report_of(standing),
        "usual_range": formatting.between(usual.low, usual.high) if usual else None,
        "usual_middle": formatting.length(usual.middle) if usual else None,
    }


def _surroundings(person: Person, standing: Journey) -> dict[str, Any]:
    photos = gallery.get_gallery(person).photos if standing.stage is Stage.READY else []
    return {
        "previews": photos[:_PREVIEWS],
        "photo_count": len(photos),
        "is_copying": _is_copying(standing),
        "is_short": _is_short(standing),
        "sends_mail": portal_context().settings.mail_url is not None,
        "studio_name": studio_name(),
    }


def _title(standing: Journey, key: str) -> str:
    if standing.problem is not None:
        problems: dict[Problem, str] = {
            Problem.LINK_LOST: _("Your link to the studio no longer works"),
            Problem.NO_CREDITS: _("There is no free session at the moment"),
            Problem.REFUSED: _("The studio could not start your session"),
            Problem.NO_PHOTOS: _("Your pictures have not arrived"),
            Problem.NOT_CHOSEN: _("Your pictures have been deleted"),
        }
        return problems[standing.problem]
    titles: dict[str, str] = {
        "not_started": _("Get your headshot"),
        "consent_given": _("Ready when you are"),
        "starting": _("Preparing your studio"),
        "in_studio": _("Take your photos"),
        "photos_received": _("Your photos have arrived"),
        "in_progress": _("Your headshots are almost here")
        if _is_copying(standing)
        else _("Your headshots are being made"),
        "withdrawn": _("You have withdrawn your agreement"),
        "ready": _("Your headshots are ready"),
        "chosen": _("This is your headshot"),
        "deleted": _("Your photo session has been deleted"),
    }
    return titles[key]
