"""What each action on many people does. Each can be stopped anywhere and run again: done is done, the rest follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.db import transaction
from portal.domain import job_types
from portal.domain.bulk_actions import ActionTarget, Candidate
from portal.domain.errors import BadInput, ChangedMeanwhile
from portal.models import audit, campaign_people, campaigns, people, queue, roster_bulk
from portal.models.people import Person
from portal.models.roster_bulk import Changed
from portal.services import campaign_mails, sessions

# Rows of one transaction.
CHUNK = 500


def create_reminders(
    included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo
) -> int:
    """Create a reminder for each person, at most one a day; they are sent outside of quiet hours."""
    del target
    selected = [one.id for one in included]
    return campaign_mails.create_reminders(selected, actor=actor, now=now, today=now.astimezone(zone).date())


def add_to_campaign(
    included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo
) -> int:
    """Put people into a running campaign and have them invited; people who only signed in join the roster.

    Raises:
        BadInput: no campaign is chosen.
        ChangedMeanwhile: the campaign does not run any more.
    """
    del zone
    if target.campaign_id is None:
        raise BadInput
    invited = 0
    for chunk in _iterate_chunks(included):
        with transaction():
            found = campaigns.lock_campaign(target.campaign_id)
            if found is None or found.state != "running":
                raise ChangedMeanwhile
            for one in chunk:
                person = people.find_person(one.person_id) if one.entry_id is None and one.person_id else None
                if person is not None:
                    campaign_people.add_entry(person, source="manual", now=now)
            changed = campaign_people.add_people([one.id for one in chunk], target.campaign_id)
            _record_changes("campaign.person_added", changed, actor, now, str(target.campaign_id))
            queue.enqueue_job(job_types.RUN_CAMPAIGNS)
        invited += len(changed)
    return invited


def set_due_date(
    included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo
) -> int:
    """Set the due date, or leave it to the campaign."""
    del zone
    due_on = target.due_on
    after = due_on.isoformat() if due_on else None
    return _apply_change(
        included, "roster.due_set", actor, now, lambda ids: roster_bulk.update_due(ids, due_on, now), after=after
    )


def update_team(
    included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo
) -> int:
    """Set the roster's team.

    Raises:
        BadInput: no team is given.
    """
    del zone
    team = target.team
    if team is None:
        raise BadInput
    return _apply_change(included, "roster.team_set", actor, now, lambda ids: roster_bulk.update_team(ids, team, now))


def set_muted(included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo) -> int:
    """Switch campaign mails off."""
    del target, zone
    return _apply_change(
        included, "roster.muted", actor, now, lambda ids: roster_bulk.update_muted(ids, is_muted=True, now=now)
    )


def set_unmuted(
    included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo
) -> int:
    """Switch campaign mails on again."""
    del target, zone
    return _apply_change(
        included, "roster.unmuted", actor, now, lambda ids: roster_bulk.update_muted(ids, is_muted=False, now=now)
    )


def sign_out_people(
    included: Sequence[Candidate], target: ActionTarget, actor: Person, now: datetime, zone: ZoneInfo
) -> int:
    """End all sessions of these people."""
    del target, zone
    signed_out = [one.person_id for one in included if one.person_id is not None]
    return sum(sessions.end_sessions(person_id, actor=actor, now=now) > 0 for person_id in signed_out)


def _apply_change(
    included: Sequence[Candidate],
    action: str,
    actor: Person,
    now: datetime,
    update: Callable[[Sequence[UUID]], list[Changed]],
    *,
    after: str | None = None,
) -> int:
    count = 0
    for chunk in _iterate_chunks(included):
        with transaction():
            changed = update([one.entry_id for one in chunk if one.entry_id is not None])
            _record_changes(action, changed, actor, now, after)
        count += len(changed)
    return count


def _record_changes(
    action: str, changed: Sequence[Changed], actor: Person, now: datetime, after: str | None = None
) -> None:
    """Add an audit entry for each change; ``after`` is the new value where it is not private."""
    for entry_id, person_id in changed:
        audit.create_entry(action, at=now, actor_id=actor.id, subject_id=person_id, entry_id=str(entry_id), after=after)


def _iterate_chunks(included: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    for start in range(0, len(included), CHUNK):
        yield included[start : start + CHUNK]
