"""What each action on many people does. Each can be stopped anywhere and run again: done is done, the rest follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from portal.db import transaction
from portal.domain import job_types
from portal.domain.bulk_actions import ActionTarget, Candidate
from portal.domain.errors import BadInput, ChangedMeanwhile
from portal.models import audit, campaign_people, campaigns, people, queue, roster_bulk, roster_joins
from portal.models.people import Person
from portal.models.roster_bulk import Changed
from portal.services import campaign_mails, roster_deletion, sessions

# Rows of one transaction.
CHUNK = 500


@dataclass(frozen=True)
class BulkChange:
    """One change of many people.

    Attributes:
        included: the people it applies to.
        zone: the company's time zone, for what happens once a day.
    """

    included: Sequence[Candidate]
    target: ActionTarget
    actor: Person
    now: datetime
    zone: ZoneInfo


def create_reminders(change: BulkChange) -> int:
    """Create a reminder for each person, at most one a day; they are sent outside of quiet hours."""
    selected = [one.id for one in change.included]
    return campaign_mails.create_reminders(
        selected, actor=change.actor, now=change.now, today=change.now.astimezone(change.zone).date()
    )


def add_to_campaign(change: BulkChange) -> int:
    """Put people into a running campaign and have them invited; people who only signed in join the roster.

    Raises:
        BadInput: no campaign is chosen.
        ChangedMeanwhile: the campaign does not run any more.
    """
    campaign_id = change.target.campaign_id
    if campaign_id is None:
        raise BadInput
    invited = 0
    for chunk in _iterate_chunks(change.included):
        with transaction():
            found = campaigns.lock_campaign(campaign_id)
            if found is None or found.state != "running":
                raise ChangedMeanwhile
            for one in chunk:
                person = people.find_person(one.person_id) if one.entry_id is None and one.person_id else None
                if person is not None:
                    roster_joins.add_entries([person], source="manual", now=change.now)
            changed = campaign_people.add_people([one.id for one in chunk], campaign_id)
            _record_changes(change, "campaign.person_added", changed, after=str(campaign_id))
            queue.start_job_now(job_types.RUN_CAMPAIGNS)
        invited += len(changed)
    return invited


def set_due_date(change: BulkChange) -> int:
    """Set the due date, or leave it to the campaign."""
    due_on = change.target.due_on
    after = due_on.isoformat() if due_on else None
    return _apply_change(
        change, "roster.due_set", lambda ids: roster_bulk.update_due(ids, due_on, change.now), after=after
    )


def update_team(change: BulkChange) -> int:
    """Set the roster's team.

    Raises:
        BadInput: no team is given.
    """
    team = change.target.team
    if team is None:
        raise BadInput
    return _apply_change(change, "roster.team_set", lambda ids: roster_bulk.update_team(ids, team, change.now))


def set_muted(change: BulkChange) -> int:
    """Switch campaign mails off."""
    return _apply_change(
        change, "roster.muted", lambda ids: roster_bulk.update_muted(ids, is_muted=True, now=change.now)
    )


def set_unmuted(change: BulkChange) -> int:
    """Switch campaign mails on again."""
    return _apply_change(
        change, "roster.unmuted", lambda ids: roster_bulk.update_muted(ids, is_muted=False, now=change.now)
    )


def sign_out_people(change: BulkChange) -> int:
    """End all sessions of these people."""
    signed_out = [one.person_id for one in change.included if one.person_id is not None]
    return sum(sessions.end_sessions(person_id, actor=change.actor, now=change.now) > 0 for person_id in signed_out)


def delete_from_roster(change: BulkChange) -> int:
    """Delete people from the roster who never signed in, with everything about them."""
    count = 0
    for chunk in _iterate_chunks(change.included):
        with transaction():
            ids = [one.entry_id for one in chunk if one.entry_id is not None]
            count += roster_deletion.delete_entries(ids, actor_id=change.actor.id, now=change.now)
    return count


def _apply_change(
    change: BulkChange, action: str, update: Callable[[Sequence[UUID]], list[Changed]], *, after: str | None = None
) -> int:
    count = 0
    for chunk in _iterate_chunks(change.included):
        with transaction():
            changed = update([one.entry_id for one in chunk if one.entry_id is not None])
            _record_changes(change, action, changed, after=after)
        count += len(changed)
    return count


def _record_changes(change: BulkChange, action: str, changed: Sequence[Changed], *, after: str | None = None) -> None:
    """Add an audit entry for each change; ``after`` is the new value where it is not private."""
    for entry_id, person_id in changed:
        audit.create_entry(
            action, at=change.now, actor_id=change.actor.id, subject_id=person_id, entry_id=str(entry_id), after=after
        )


def _iterate_chunks(included: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
    for start in range(0, len(included), CHUNK):
        yield included[start : start + CHUNK]
