"""What a campaign's mails and links lead to: switching its mails off, and joining by an open link."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.domain.errors import LinkClosed, NotFound
from portal.domain.mute_links import parse_mute_token
from portal.models import campaigns, roster
from portal.services import campaigns as service
from portal.services import roster_marks
from portal.web.context import get_context
from portal.web.security.access import get_current_person

blueprint = Blueprint("campaign", __name__)


@blueprint.get("/mute/<token>")
def show_mute(token: str) -> str:
    """Ask before switching the mails off: programs that check links open every address."""
    return _render_mute(token)


@blueprint.post("/mute/<token>")
def stop_mails(token: str) -> str:
    """Switch the mails off; also the one-click POST of mail programs (RFC 8058), which sends no session."""
    roster_marks.set_muted(_parse_token(token), is_muted=True, actor_id=None, now=get_context().clock())
    return _render_mute(token)


@blueprint.post("/mute/<token>/undo")
def restore_mails(token: str) -> str:
    """Switch the mails on again."""
    roster_marks.set_muted(_parse_token(token), is_muted=False, actor_id=None, now=get_context().clock())
    return _render_mute(token)


@blueprint.get("/join/<code>")
def show_join(code: str) -> str | Response:
    """Show what the open link leads to; a person who has joined is redirected to their page."""
    person, found = get_current_person(), campaigns.find_by_link_code(code)
    if found is None:
        raise LinkClosed
    entry = roster.find_by_person(person.id)
    if entry is not None and entry.campaign_id == found.id:
        return redirect(url_for("headshots.show_my_page"), 303)
    service.check_link(found, person, now=get_context().clock())
    return render_template("pages/join.html", found=found)


@blueprint.post("/join/<code>")
def join_campaign(code: str) -> Response:
    """Join the campaign of the link."""
    service.join_campaign(get_current_person(), code, now=get_context().clock())
    return redirect(url_for("headshots.show_my_page"), 303)


def _render_mute(token: str) -> str:
    entry = roster.find_entry(_parse_token(token))
    if entry is None:
        raise NotFound
    return render_template("pages/mute.html", is_muted=entry.muted_at is not None, token=token)


def _parse_token(token: str) -> UUID:
    entry_id = parse_mute_token(token, get_context().settings.secret_keys)
    if entry_id is None:
        raise NotFound
    return entry_id
