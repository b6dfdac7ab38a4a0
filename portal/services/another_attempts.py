"""Another photo session after a finished one: requested, granted by an admin, or due after a number of months."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from portal.db import transaction
from portal.domain.errors import NotAllowed, NotFound, NotReady
from portal.domain.renewal import is_renewal_due
from portal.models import attempt_requests, audit, people, photo_copies, shoots
from portal.models.attempt_requests import AttemptRequest
from portal.models.people import Person
from portal.models.shoots import Shoot
from portal.settings import Settings


@dataclass(frozen=True)
class AttemptState:
    """What a person can do about another session.

    Attributes:
        can_request: a finished session could be followed by another one, with an admin's leave.
        request: the open request, None without one.
        can_start: another session may be started now.
    """

    can_request: bool
    request: AttemptRequest | None
    can_start: bool


def get_attempt_state(person_id: UUID, *, settings: Settings, now: datetime) -> AttemptState:
    """Return whether the person may request, or start, another session."""
    shoot = shoots.find_open(person_id)
    request = attempt_requests.find_open(person_id)
    if shoot is None or shoot.copied_at is None or not settings.has_studio:
        return AttemptState(can_request=False, request=request, can_start=False)
    can_start = can_follow(shoot, renew_after_months=settings.renew_after_months, now=now)
    return AttemptState(can_request=request is None and not can_start, request=request, can_start=can_start)


def can_follow(shoot: Shoot, *, renew_after_months: int | None, now: datetime) -> bool:
    """Return whether another session may follow this one now.

    Photos that are still being copied hold it back: copying ends with the session they belong to.
    """
    if shoot.copied_at is None or photo_copies.list_pending(shoot.id):
        return False
    request = attempt_requests.find_open(shoot.person_id)
    is_granted = request is not None and request.granted_at is not None
    return is_granted or is_renewal_due(shoot.finished_at or shoot.copied_at, renew_after_months, now)


def close_finished(shoot: Shoot, *, now: datetime) -> None:
    """Close a finished shoot for the one that follows it, in the caller's transaction; its photos stay."""
    shoot.closed_at = now
    request = attempt_requests.find_open(shoot.person_id)
    if request is not None:
        request.used_at = now


def request_attempt(person: Person, *, settings: Settings, now: datetime) -> AttemptRequest:
    """Request another session; a second request changes nothing.

    Raises:
        NotAllowed: the company uses no studio.
        NotReady: there is no finished session that another could follow.
    """
    if not settings.has_studio:
        raise NotAllowed
    with transaction():
        people.lock_person(person.id)
        existing = attempt_requests.find_open(person.id)
        if existing is not None:
            return existing
        shoot = shoots.find_open(person.id)
        if shoot is None or shoot.copied_at is None:
            raise NotReady
        request = attempt_requests.create_request(person.id, now)
        audit.create_entry("attempt.requested", at=now, actor_id=person.id, subject_id=person.id)
        people.publish_version(person.id)
        return request


def allow_attempt(person_id: UUID, *, actor: Person, now: datetime) -> None:
    """Allow a person's request; granting twice changes nothing.

    Raises:
        NotFound: the person has no open request.
    """
    with transaction():
        people.lock_person(person_id)
        request = attempt_requests.find_open(person_id)
        if request is None:
            raise NotFound
        if request.granted_at is not None:
            return
        request.granted_at, request.granted_by = now, actor.id
        audit.create_entry("attempt.granted", at=now, actor_id=actor.id, subject_id=person_id)
        people.publish_version(person_id)
