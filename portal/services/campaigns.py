"""Campaigns: creating, changing, starting, pausing and ending them, and joining one by its open link."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from portal.db import transaction
from portal.domain import job_types
from portal.domain.audiences import Audience
from portal.domain.email_address import get_domain
from portal.domain.errors import LinkClosed, NotFound
from portal.domain.reminder_plan import ReminderPlan
from portal.models import (
    audit,
    campaign_people,
    campaign_searches,
    campaigns,
    notifications,
    people,
    queue,
    roster,
    roster_joins,
)
from portal.models.campaigns import Campaign
from portal.models.people import Person
from portal.services.versions import advance_version

_CODE_BYTES = 9
# The kind of a test mail, see portal/services/due_notifications.py.
TEST = "invitation_test"


@dataclass(frozen=True, kw_only=True)
class CampaignForm:
    """What an admin decides about a campaign.

    Attributes:
        has_link: whether people may join by an open link.
        link_domains: address domains of those who may; empty for all who may sign in.
        link_cap: most people who join by the link; None for no limit.
    """

    name: str
    message: str
    due_on: date | None
    audience: Audience
    reminders: ReminderPlan
    has_link: bool
    link_domains: tuple[str, ...]
    link_cap: int | None
    link_expires_at: datetime | None


def create_campaign(form: CampaignForm, *, actor_id: UUID, now: datetime) -> UUID:
    """Create a campaign as a draft; nothing is sent."""
    found = Campaign(id=uuid4(), state="draft", created_at=now, created_by=actor_id, version=0)
    _fill(found, form)
    with transaction() as session:
        session.add(found)
        audit.create_entry("campaign.created", at=now, actor_id=actor_id, campaign_id=str(found.id))
    return found.id


def update_campaign(campaign_id: UUID, form: CampaignForm, *, version: int, actor_id: UUID, now: datetime) -> None:
    """Change a campaign; mails that are not sent yet have the new contents.

    Raises:
        NotFound: there is no such campaign.
        ChangedMeanwhile: another admin changed it first, or it has ended.
    """
    with transaction():
        found = _lock_campaign(campaign_id, version, ("draft", "running", "paused"))
        if Audience.from_json(found.audience).is_search_deleted and form.audience == Audience():
            # Something else was changed: the page continues to ask for people.
            form = replace(form, audience=Audience(is_search_deleted=True))
        _fill(found, form)
        audit.create_entry("campaign.changed", at=now, actor_id=actor_id, campaign_id=str(campaign_id))


def _fill(found: Campaign, form: CampaignForm) -> None:
    found.name, found.message, found.due_on = form.name, form.message, form.due_on
    found.audience, found.reminders = form.audience.to_json(), form.reminders.to_json()
    if form.has_link and found.link_code is None:
        found.link_code = secrets.token_urlsafe(_CODE_BYTES)
    if not form.has_link:
        found.link_code = None
    found.link_domains, found.link_cap = list(form.link_domains), form.link_cap
    found.link_expires_at = form.link_expires_at


def start_campaign(campaign_id: UUID, *, version: int, actor_id: UUID, now: datetime) -> int:
    """Put the people of the audience into a campaign and have them invited; return how many join it now.

    Also for a campaign that runs: it takes in who has come to match since.

    Raises:
        NotFound: there is no such campaign.
        ChangedMeanwhile: another admin changed it first, or it has ended.
    """
    with transaction():
        found = _lock_campaign(campaign_id, version, ("draft", "running", "paused"))
        return _start(found, actor_id, now)


def _start(found: Campaign, actor_id: UUID | None, now: datetime) -> int:
    audience = Audience.from_json(found.audience)
    campaign_people.add_people_of_groups(audience, now)
    count = campaign_people.add_audience(audience, found.id)
    found.state, found.paused_at, found.starts_at = "running", None, None
    found.started_at = found.started_at or now
    audit.create_entry("campaign.started", at=now, actor_id=actor_id, campaign_id=str(found.id), people=count)
    queue.start_job_now(job_types.RUN_CAMPAIGNS)
    return count


def schedule_start(campaign_id: UUID, starts_at: datetime, *, version: int, actor_id: UUID, now: datetime) -> None:
    """Have a draft started at a time, UTC; who matches then is invited.

    Raises:
        NotFound: there is no such campaign.
        ChangedMeanwhile: another admin changed it first, or it has started.
    """
    with transaction():
        found = _lock_campaign(campaign_id, version, ("draft",))
        found.starts_at = starts_at
        queue.enqueue_job(job_types.START_CAMPAIGN, at=starts_at, campaign_id=str(campaign_id), version=found.version)
        audit.create_entry(
            "campaign.scheduled",
            at=now,
            actor_id=actor_id,
            campaign_id=str(campaign_id),
            starts_at=starts_at.isoformat(),
        )


def cancel_start(campaign_id: UUID, *, version: int, actor_id: UUID, now: datetime) -> None:
    """Leave a scheduled draft a draft.

    Raises:
        NotFound: there is no such campaign.
        ChangedMeanwhile: another admin changed it first, or it has started.
    """
    with transaction():
        found = _lock_campaign(campaign_id, version, ("draft",))
        found.starts_at = None
        audit.create_entry("campaign.start_canceled", at=now, actor_id=actor_id, campaign_id=str(campaign_id))


def start_scheduled(campaign_id: UUID, *, now: datetime) -> None:
    """Start a draft whose time has come; one that was canceled, moved or started meanwhile stays as it is."""
    with transaction():
        found = campaigns.lock_campaign(campaign_id)
        if found is not None and found.state == "draft" and found.starts_at is not None and found.starts_at <= now:
            found.version += 1
            _start(found, None, now)


def send_test(campaign_id: UUID, *, actor_id: UUID, now: datetime) -> None:
    """Send the invitation as it is stored to the admin alone, at most once a minute.

    Raises:
        NotFound: there is no such campaign.
    """
    with transaction():
        if campaigns.find_campaign(campaign_id) is None:
            raise NotFound
        notification_id = notifications.create_notification(
            TEST, f"{campaign_id}:{now:%Y-%m-%dT%H:%M}", person_id=actor_id, shoot_id=None, now=now
        )
        if notification_id is not None:
            queue.enqueue_job(job_types.SEND_NOTIFICATION, notice_id=str(notification_id))
            audit.create_entry("campaign.test_sent", at=now, actor_id=actor_id, campaign_id=str(campaign_id))


def pause_campaign(campaign_id: UUID, *, version: int, actor_id: UUID, now: datetime) -> None:
    """Send no mail of a campaign until it is resumed; those that wait keep waiting."""
    with transaction():
        found = _lock_campaign(campaign_id, version, ("running",))
        found.state, found.paused_at = "paused", now
        audit.create_entry("campaign.paused", at=now, actor_id=actor_id, campaign_id=str(campaign_id))


def resume_campaign(campaign_id: UUID, *, version: int, actor_id: UUID, now: datetime) -> None:
    """Send the mails of a paused campaign again."""
    with transaction():
        found = _lock_campaign(campaign_id, version, ("paused",))
        found.state, found.paused_at = "running", None
        audit.create_entry("campaign.resumed", at=now, actor_id=actor_id, campaign_id=str(campaign_id))
        for notification_id in campaign_people.list_pending_mails(campaign_id):
            queue.start_job_now(job_types.SEND_NOTIFICATION, notice_id=str(notification_id))
        queue.start_job_now(job_types.RUN_CAMPAIGNS)


def end_campaign(campaign_id: UUID, *, version: int, actor_id: UUID, now: datetime) -> None:
    """End the mails of a campaign, also those that wait; photo sessions of its people continue."""
    with transaction():
        found = _lock_campaign(campaign_id, version, ("draft", "running", "paused"))
        found.state, found.ended_at, found.link_code, found.starts_at = "ended", now, None, None
        campaign_searches.delete_search(found)
        audit.create_entry("campaign.ended", at=now, actor_id=actor_id, campaign_id=str(campaign_id))


def _lock_campaign(campaign_id: UUID, version: int, states: tuple[str, ...]) -> Campaign:
    found = campaigns.lock_campaign(campaign_id)
    if found is None:
        raise NotFound
    advance_version(found, version, states)
    return found


def check_link(found: Campaign, person: Person, *, now: datetime) -> None:
    """Check that a person who has not joined may use the open link of a campaign.

    Raises:
        LinkClosed: the campaign is not running; the link has expired, is used up, or is not for this address.
    """
    if found.state != "running" or (found.link_expires_at is not None and found.link_expires_at <= now):
        raise LinkClosed
    if found.link_domains and get_domain(person.email) not in found.link_domains:
        raise LinkClosed
    if found.link_cap is not None and campaign_people.count_link_people(found.id) >= found.link_cap:
        raise LinkClosed


def join_by_link(person: Person, code: str, *, now: datetime) -> Campaign:
    """Put a person into the campaign of an open link, in the caller's transaction; twice changes nothing.

    Raises:
        LinkClosed: there is no such link, it has expired, is used up, or is not for this address.
    """
    found = campaigns.find_by_link_code(code)
    found = campaigns.lock_campaign(found.id) if found is not None else None
    if found is None or found.link_code != code or found.state != "running":
        raise LinkClosed
    entry = roster.find_by_person(person.id)
    if entry is not None and entry.campaign_id == found.id:
        return found
    check_link(found, person, now=now)
    if entry is None:
        roster_joins.add_entries([person], source="link", now=now)
        entry = roster.find_by_person(person.id)
    if entry is None or entry.left_at is not None:
        raise LinkClosed
    # They came by themselves: no invitation, but reminders.
    entry.campaign_id, entry.invited_at, entry.reminded_at, entry.reminders = found.id, now, None, 0
    audit.create_entry("campaign.joined", at=now, actor_id=person.id, subject_id=person.id, campaign_id=str(found.id))
    people.publish_version(person.id)
    return found


def join_campaign(person: Person, code: str, *, now: datetime) -> Campaign:
    """Put a person who is signed in into the campaign of an open link.

    Raises:
        LinkClosed: the link cannot be used.
    """
    with transaction():
        return join_by_link(person, code, now=now)
